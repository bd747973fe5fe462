"""What is whispered to somebody who types SMTP for the first time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.catalog.say import TABLES
from pyeonji.lab.coach import MISTAKES, Coach

BEFORE = {
    "hello": (),
    "mail": (("EHLO a.test", "250 a"),),
    "rcpt": (("EHLO a.test", "250 a"), ("MAIL FROM:<>", "250 2.1.0 Ok")),
    "data": (("EHLO a.test", "250 a"), ("MAIL FROM:<>", "250 Ok"), ("RCPT TO:<a@b>", "250 Ok")),
    "content": (("EHLO a.test", "250 a"), ("MAIL FROM:<>", "250 Ok"), ("RCPT TO:<a@b>", "250 Ok"), ("DATA", "354 go")),
}
# step, line, hint
TYPED = [
    ("hello", "EHLO a.test", ""),
    ("hello", "ehlo a.test", ""),
    ("hello", " EHLO a.test", "space_first"),
    ("hello", "HELLO a.test", "hello_spelling"),
    ("hello", "HI", "hello_spelling"),
    ("hello", "HELO", "hello_name"),
    ("hello", "EHLO  ", "hello_name"),
    ("hello", "MAIL FROM:<a@b>", "order"),
    ("hello", "DATA", "order"),
    ("hello", "", "empty"),
    ("hello", "STARTTLS", "not_here"),
    ("hello", "AUTH PLAIN", "not_here"),
    ("hello", "EHL a", "near"),
    ("hello", "abracadabra", "unknown"),
    ("hello", "보내기", "not_ascii"),
    ("mail", "MAIL FROM:<a@b>", ""),
    ("mail", "MAIL TO:<a@b>", "mail_from"),
    ("mail", "MAIL <a@b>", "mail_from"),
    ("mail", "MAIL FROM a@b", "colon"),
    ("mail", "MAIL FROM <a@b>", "colon"),
    ("mail", "MAIL FROM: <a@b>", "colon_space"),
    ("mail", "MAIL FROM : <a@b>", "colon_space"),
    ("mail", "MAIL FROM:a@b", "brackets"),
    ("mail", "MAIL FROM:<a@b", "bracket_open"),
    ("mail", "FROM: a@b", "header_outside"),
    ("mail", "RCPT TO:<a@b>", "order"),
    ("rcpt", "RCPT FROM:<a@b>", "rcpt_to"),
    ("rcpt", "MAIL FROM:<a@b>", "mail_twice"),
    ("rcpt", "DATA", "order"),
    ("data", "RCPT TO:<c@d>", ""),
    ("data", "DATA", ""),
    ("data", ".", "dot_outside"),
    ("content", "Subject: x", ""),
    ("content", "just text", "no_header"),
    ("content", "", "blank"),
    ("content", ".", "no_blank"),
    ("content", "QUIT", "still_content"),
]


def coach_at(step):
    coach = Coach()
    for line, reply in BEFORE[step]:
        assert coach.typed(line) == []
        coach.heard(reply)
    assert coach.step == step
    return coach


@pytest.mark.parametrize(("step", "line", "hint"), TYPED)
def test_a_line_gets_the_hint_that_fits(step, line, hint):
    assert [one.key for one in coach_at(step).typed(line)] == ([hint] if hint else [])


def test_every_mistake_of_the_table_is_tried():
    assert {key for key, _ in MISTAKES} <= {hint for _, _, hint in TYPED}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_hint_has_a_sentence(language):
    keys = {f"lab.hint.{hint}" for _, _, hint in TYPED if hint}
    keys |= {f"lab.hint.{coach_at(step).next().key}" for step in BEFORE} | {
        "lab.hint.next_done",
        "lab.hint.next_content",
    }
    assert keys <= set(TABLES[language])


def test_after_the_dot_another_letter_may_begin():
    coach = coach_at("content")
    for line in ("Subject: x", "", "text"):
        coach.typed(line)
        coach.heard("")
    coach.typed(".")
    coach.heard("250 2.0.0 Ok: queued as 1")
    assert coach.step == "done"
    assert coach.typed("MAIL FROM:<a@b>") == []
    coach.heard("250 Ok")
    assert coach.step == "rcpt"


def test_a_refused_line_leads_nowhere():
    coach = coach_at("rcpt")
    coach.typed("RCPT TO:<nobody@b>")
    coach.heard("550 5.1.1 no")
    assert coach.step == "rcpt"


def test_after_goodbye_there_is_nothing_more_to_type():
    coach = coach_at("mail")
    coach.typed("QUIT")
    coach.heard("221 2.0.0 Bye")
    assert (coach.step, coach.next()) == ("over", None)
    assert [coach.typed(line) for line in ("MAIL FROM:<a@b>", "", "HELLO")] == [[], [], []]


LINES = st.one_of(st.text(max_size=30), st.sampled_from([line for _, line, _ in TYPED]))
CODES = st.sampled_from(
    ["", "220 a", "250 Ok", "250-a", "354 go", "221 Bye", "421 4.3.2 no", "500 5.5.1 what", "550 5.1.1 no"]
)


@given(st.lists(st.tuples(LINES, CODES), max_size=20))
def test_whatever_is_typed_and_answered_there_is_a_sentence_for_it(talk):
    coach = Coach()
    for line, code in talk:
        hints = [*coach.typed(line), coach.next()]
        assert {f"lab.hint.{hint.key}" for hint in hints if hint is not None} <= set(TABLES["ko"])
        coach.heard(code)
    assert (coach.next() is None) == (coach.step == "over")
