"""A letter's story: what is true now, the steps that led there, and how both are told."""

import json
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.journeys import (
    AFTER,
    DEFERRED,
    DELAYED,
    FAILED,
    HANDED_OVER,
    INBOUND,
    NOON,
    NUMBER,
    SECOND,
    SENT_BACK,
    TOLD,
    Row,
    dialogue,
)
from pyeonji.catalog.say import LANGUAGES, known
from pyeonji.journey import event as e
from pyeonji.journey.steps import KINDS
from pyeonji.journey.story import FINAL, session_story, story
from pyeonji.journey.tell import story_text, to_json, what_to_do, whisper
from pyeonji.journey.view import Viewer, redact

WAY = [INBOUND, DEFERRED, FAILED, TOLD]


def of(*rows):
    return story(NUMBER, rows)


def far(found):
    return next(one for one in found.recipients if one.address == "minsu@school.example")


# ── what is true now ──


@pytest.mark.parametrize(
    ("rows", "state", "certainty", "cause", "actor", "final"),
    [
        ([INBOUND], "queued", "", "", "nobody", False),
        ([INBOUND, DEFERRED], "deferred", "", "server.greylisted", "nobody", False),
        ([INBOUND, DEFERRED, FAILED], "failed", "", "addr.no_such_user", "writer", True),
        ([INBOUND, DEFERRED, FAILED, TOLD], "failed", "", "addr.no_such_user", "writer", True),
        ([INBOUND, DEFERRED, HANDED_OVER], "delivered", "handed_over", "", "nobody", True),
        ([INBOUND, DEFERRED, HANDED_OVER, TOLD], "bounced", "", "", "writer", True),
        ([INBOUND, DEFERRED, HANDED_OVER, SENT_BACK], "bounced", "", "addr.no_such_user", "writer", True),
        ([INBOUND, DEFERRED, HANDED_OVER, DELAYED], "delivered", "handed_over", "", "nobody", True),
    ],
)
def test_the_far_recipient(rows, state, certainty, cause, actor, final):
    one = far(of(*rows))
    assert (one.state, one.certainty, one.cause, one.actor, one.final) == (state, certainty, cause, actor, final)


def test_a_letter_for_somebody_here_is_in_the_mailbox_at_once():
    first = of(INBOUND).recipients[0]
    assert (first.address, first.state, first.certainty, first.final) == (
        "younghee@1ban.test", "delivered", "in_mailbox", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (e.Attempted(NOON, 3, 1, "mx", "203.0.113.9"), "sending"),
        (e.Held(NOON, 3, "too many"), "held"),
        (e.Cancelled(NOON, 3, "by kim"), "cancelled"),
        (e.Decided(NOON, "suppressed", "minsu@school.example", "bounced before", 3), "suppressed"),
        (e.LeaseExpired(NOON, 3, 1), "queued"),
    ],
)
def test_each_event_leads_to_its_state(event, state):
    assert far(of(INBOUND, Row(0, NUMBER, (event,)))).state == state


def test_a_released_letter_waits_again():
    held, released = e.Held(NOON, 3, "too many"), e.Released(NOON, 3, "by kim")
    assert far(of(INBOUND, Row(0, NUMBER, (held, released)))).state == "queued"


def test_what_comes_after_the_end_changes_nothing():
    again = Row(0, NUMBER, (e.Attempted(NOON, 3, 9, "mx", "203.0.113.9"), e.Deferred(NOON, 3, "450 x", "", NOON)))
    assert far(of(INBOUND, DEFERRED, FAILED, again)).state == "failed"


def test_a_deferred_recipient_has_a_next_attempt_and_a_deadline():
    one = far(of(INBOUND, DEFERRED))
    assert (one.next_attempt_at, one.gives_up_at, one.attempts) == (NOON + 180 * SECOND, NOON + 432_000 * SECOND, 1)
    assert (one.reply.code, one.reply.enhanced, one.reply.from_host, one.reply.phase) == (
        450, "4.7.1", "mx.school.example", "rcpt",
    )  # fmt: skip


def test_an_expired_letter_says_the_last_reason():
    expired = e.Failed(NOON, 3, "450 4.7.1 Greylisted", "queue.expired", "mx.school.example", "rcpt")
    one = far(of(INBOUND, Row(0, NUMBER, (expired,))))
    assert one.cause == "queue.expired"
    assert "조금 뒤에 다시 오라고" in story_text(of(INBOUND, Row(0, NUMBER, (expired,))), "ko", now=NOON)


@dataclass(frozen=True)
class Now:
    n: int
    address: str
    state: str
    due_us: int
    deadline_us: int
    attempts: int


def test_the_queue_knows_better_when_the_next_attempt_is():
    found = story(NUMBER, [INBOUND, DEFERRED], [Now(3, "minsu@school.example", "waiting", NOON + 1, NOON + 2, 1)])
    assert (far(found).next_attempt_at, far(found).gives_up_at) == (NOON + 1, NOON + 2)


REFUSED_DIALOGUE = """
S: 220 mx
C: HELO a
S: 250 mx
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@1ban.test>
S: 550 5.1.1 No such mailbox here
"""


def test_refused_mail_has_a_story_too():
    connected = e.Connected(NOON, "in", "smtp", "192.0.2.1:9")
    no = e.Refused(NOON, "550 5.1.1 No such mailbox here", "nobody", "x@1ban.test")
    refused = Row(5, 0, (connected, *dialogue(NOON, REFUSED_DIALOGUE), no, e.Closed(NOON)))
    found = session_story([refused, INBOUND])
    assert [(one.address, one.state, one.cause) for one in found.recipients] == [
        ("x@1ban.test", "failed", "addr.no_such_user")
    ]
    assert found.reverse_path == "a@b.example"
    assert "mx does not know x@1ban.test." in story_text(found, "en", now=NOON)  # the name in our own greeting


def test_people_read_addresses_in_their_own_letters_and_programs_as_they_are_kept():
    kept = "철수@xn--bj0bj06e.example"
    filed = Row(5, 7, (e.Filed(NOON, 1, kept, kept, "INBOX", 3),))
    found = story(7, [filed])
    text = story_text(found, "ko", now=NOON)
    assert "✓ 철수@한글.example" in text and "xn--" not in text
    assert to_json(found)["recipients"][0]["address"] == kept


def test_a_writer_that_is_refused_is_no_recipient():
    no = e.Refused(NOON, "550 5.7.1 No", e.OF_THE_WRITER, "a@b.example")
    dialogue_lines = dialogue(NOON, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b.example>\nS: 550 5.7.1 No\n")
    found = session_story([Row(5, 0, (e.Connected(NOON, "in", "smtp", "192.0.2.1:9"), *dialogue_lines, no))])
    assert (found.reverse_path, found.recipients) == ("a@b.example", ())


# ── how it went ──


def test_every_step_is_of_a_known_kind():
    assert {step.kind for step in of(*WAY, AFTER).steps} <= set(KINDS)


def test_every_event_has_a_sentence_in_both_languages():
    for step in of(*WAY, AFTER).steps:
        assert step.kind == "line" or known(step.key), step
        assert all(whisper(step, lang) or step.kind == "line" for lang in LANGUAGES)


def keys(rows):
    return [(step.text[:12], step.key) for step in of(*rows).steps if step.event == "line" and step.key]


def test_each_line_has_its_sentence_also_when_commands_come_in_bulk():
    assert keys([INBOUND]) == [
        ("220 mx.1ban.", "line.greeting"),
        ("EHLO laptop.", "line.ehlo"),
        ("250 SMTPUTF8", "line.hello_ok"),
        ("STARTTLS", "line.starttls"),
        ("220 2.0.0 Re", "line.starttls_ok"),
        ("AUTH PLAIN (", "line.auth"),
        ("235 2.7.0 Au", "line.auth_ok"),
        ("MAIL FROM:<c", "line.mail"),
        ("RCPT TO:<you", "line.rcpt"),
        ("RCPT TO:<sec", "line.rcpt"),
        ("RCPT TO:<min", "line.rcpt"),
        ("RCPT TO:<nob", "line.rcpt"),
        ("DATA", "line.data"),
        ("250 2.1.0 Ok", "line.mail_ok"),
        ("250 2.1.5 Ok", "line.rcpt_ok"),
        ("250 2.1.5 Ok", "line.rcpt_ok"),
        ("250 2.1.5 Ok", "line.rcpt_ok"),
        ("550 5.1.1 No", "cause.addr.no_such_user"),
        ("354 End data", "line.data_ok"),
        ("250 2.0.0 Ok", "line.taken"),
        ("QUIT", "line.quit"),
        ("221 2.0.0 By", "line.bye"),
    ]


def test_a_reply_is_about_the_recipient_whose_command_it_answers():
    about = [step.address for step in of(INBOUND).steps if step.text.startswith("250 2.1.5")]
    assert about == ["younghee@1ban.test", "secret@1ban.test", "minsu@school.example"]


def test_lmtp_answers_for_each_recipient():
    row = Row(1, NUMBER, (e.Connected(NOON, "in", "lmtp", "unix"), *dialogue(NOON, """
S: 220 mx LMTP
C: LHLO a
S: 250 mx
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<a@b.example>
S: 250 2.1.5 Ok
C: RCPT TO:<c@b.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 go
S: 250 2.0.0 Ok: queued as K7M32QXD9TAB
S: 552 5.2.2 Mailbox is full
""")))  # fmt: skip
    steps = [(step.key, step.address) for step in of(row).steps if step.event == "line"]
    assert ("line.mail_null", "") in steps
    assert steps[-2:] == [("line.taken", "a@b.example"), ("cause.mbox.full", "c@b.example")]


def test_a_client_that_talks_like_a_server_is_not_believed():
    row = Row(
        1, NUMBER, (e.Connected(NOON, "in", "smtp", "x"), *dialogue(NOON, "S: 220 mx\nC: 250 Ok: queued as AAAA11"))
    )
    assert [step.key for step in of(row).steps if step.event == "line"] == ["line.greeting", "line.other"]


def test_another_protocol_is_shown_without_whispers():
    row = Row(1, 0, (e.Connected(NOON, "in", "pop3", "x"), *dialogue(NOON, "S: +OK ready\nC: QUIT\nS: +OK bye")))
    assert [step.key for step in session_story([row]).steps if step.event == "line"] == ["", "", ""]


# ── how it is told ──


def test_json_has_what_programs_ask_for():
    found = json.loads(json.dumps(to_json(of(INBOUND, DEFERRED))))
    assert (found["id"], found["display_id"], found["message_id"]) == (
        "K7M32QXD9TAB",
        "K7M3-2QXD-9TAB",
        "<1@1ban.test>",
    )
    third = found["recipients"][2]
    assert third["state"] == "deferred"
    assert third["next_attempt_at"] == "2026-11-23T12:03:00.000Z"
    assert third["explanation"]["en"] == "mx.school.example asks servers it has not seen before to come back later."
    line = next(step for step in found["steps"] if step["text"].startswith("MAIL FROM"))
    assert (line["kind"], line["dir"], line["enc"], line["explain"]["key"]) == ("line", "in", True, "line.mail")


def test_a_delayed_letter_is_told_in_english():
    text = story_text(of(INBOUND, DEFERRED), "en", now=NOON + 120 * SECOND)
    assert "⟳ minsu@school.example  Will try again" in text
    assert (
        "Their words     450 4.7.1 <minsu@school.example>: Recipient address rejected: Greylisted   (mx.school.example)"
        in text
    )
    assert "Who must act    Nobody" in text
    assert "Next            12:03:00 (in 1 min 0 s)".replace(" 0 s", "") in text


def test_a_letter_is_told_in_korean_line_by_line():
    text = story_text(of(INBOUND, DEFERRED), "ko", now=NOON)
    assert " 🔒← MAIL FROM:<chulsoo@1ban.test> SIZE=512\n      봉투의 보내는 사람: chulsoo@1ban.test" in text
    assert "할 수 있는 일: 크기 제한 말하기, 한글 그대로 받기, 잠그고 말하기(TLS), 한글 주소" in text
    assert "12:03:00 (3분 뒤)" in text


def test_the_raw_text_is_what_crossed_the_wire():
    lines = story_text(of(INBOUND, DEFERRED), "ko", now=NOON, raw=True).splitlines()
    assert " -> 220 mx.1ban.test ESMTP pyeonji" in lines
    assert "<~  DATA" in lines
    assert "<-* 450 4.7.1 <minsu@school.example>: Recipient address rejected: Greylisted" in lines


# ── whatever comes ──

TEXT = st.text(max_size=40)
LINES = ["RCPT TO:<a@b>", "250 ok", "354 go", "334 x", "550 5.1.1 no", "250-x", "BDAT 1 LAST", "LHLO x", "AUTH", "DATA"]
WAYS = st.sampled_from(["in", "out"])
AT, WHO, WHEN = st.just(NOON), st.integers(0, 3), st.integers(0, 2**62)
EVENTS = st.one_of(
    st.builds(e.Line, AT, WAYS, st.booleans(), st.one_of(TEXT, st.sampled_from(LINES))),
    st.builds(e.Queued, AT, st.integers(1, 3), TEXT, WHEN, WHEN),
    st.builds(e.Deferred, AT, WHO, TEXT, TEXT, WHEN),
    st.builds(e.Failed, AT, WHO, TEXT, TEXT),
    st.builds(e.Delivered, AT, WHO, TEXT, TEXT),
    st.builds(e.Bounced, AT, WHO, st.integers(0, 2**59), TEXT),
    st.builds(e.Attempted, AT, WHO, st.integers(0, 9), TEXT, TEXT),
    st.builds(e.Connected, AT, WAYS, st.sampled_from(["smtp", "imap", "relay"]), TEXT, TEXT),
    st.builds(e.Decided, AT, TEXT, TEXT, TEXT, WHO),
    st.builds(e.Refused, AT, TEXT, TEXT, TEXT),
)
SOME = st.lists(EVENTS, max_size=6).map(tuple)
ROWS = st.lists(st.builds(Row, st.integers(0, 2), st.sampled_from([0, NUMBER]), SOME), max_size=5)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_any_events_make_a_story_that_can_be_told(rows):
    for found in (of(*rows), session_story(rows)):
        json.dumps(to_json(found))
        for lang in LANGUAGES:
            story_text(found, lang, now=NOON)
        story_text(found, "ko", now=NOON, raw=True)


@settings(max_examples=50, deadline=None)
@given(ROWS, ROWS)
def test_a_final_state_stays(before, after):
    ended = {one.n: one.state for one in of(*before).recipients if one.final}
    now = {one.n: one.state for one in of(*before, *after).recipients}
    for n, state in ended.items():
        assert now[n] == state or (state, now[n]) == ("delivered", "bounced")
    assert all(state in FINAL for n, state in now.items() if n in ended)


def test_an_event_of_a_later_version_is_shown_by_its_name():
    class Teleported(e.Event, frozen=True):
        step = "decide"
        where: str

    stored = e.pack((e.Closed(NOON), Teleported(NOON, "Mars")))
    steps = of(replace(INBOUND, events=e.unpack(stored))).steps
    assert [step.at for step in steps] == [NOON, NOON]
    assert whisper(steps[1], "en") == "This version does not know what this is: teleported"
    assert "Mars" not in story_text(of(replace(INBOUND, events=e.unpack(stored))), "en", now=NOON)


@pytest.mark.parametrize("octets", [b"", b"\xc0", b"\x93\x01\x02\x03", b"\x91\x91\xa1x", b"\xff" * 9])
def test_octets_that_are_no_events_are_said_to_be_none(octets):
    with pytest.raises(ValueError):
        e.unpack(octets)


def test_abilities_are_found_on_one_line_or_on_many():
    many = dialogue(NOON, "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-SIZE 1\nS: 250 DSN")
    one = dialogue(NOON, "S: 220 mx\nC: EHLO a\nS: 250 mx PIPELINING SIZE 1 DSN")
    for lines in (many, one):
        row = Row(1, NUMBER, (e.Connected(NOON, "in", "smtp", "x"), *lines))
        assert whisper(of(row).steps[-1], "en") == "What it can do: saying its size limit, delivery notices"


def test_a_connection_that_another_letter_opened_is_told_where_this_letter_comes_to_it():
    at = NOON + 60 * SECOND
    before = NOON - SECOND
    hello = dialogue(before, "S: 220 mx\nC: EHLO a\nS: 250 mx", client="out")
    connected = e.Connected(before, "out", "relay", "203.0.113.9:25", "mx.school.example")
    theirs = e.Attempted(before, 1, 7, "mx.school.example", "203.0.113.9")
    opened = Row(21, NUMBER - 1, (connected, theirs, *hello))
    lines = dialogue(at, "C: MAIL FROM:<>\nS: 250 Ok", client="out")
    reused = Row(21, NUMBER, (e.Attempted(at, 3, 1, "mx.school.example", "203.0.113.9"), *lines))
    found = of(opened, INBOUND, reused)
    told = [step.event for step in found.steps]
    assert told.index("accepted") < told.index("attempted")
    assert told.count("attempted") == 1
    assert [step.key for step in found.steps][-5:] == [
        "line.ehlo", "line.hello_ok", "event.attempted", "line.mail_null", "line.mail_ok",
    ]  # fmt: skip
    assert found.recipients[0].state == "delivered"
    assert far(found).attempts == 1


def test_who_must_mend_the_dns_is_told_of_which_domain_it_is():
    refused = Row(0, NUMBER, (e.Failed(NOON, 3, "550 5.7.23 SPF check failed", "spf.fail", "mx.x.example", "rcpt"),))
    one = far(of(INBOUND, refused))
    assert one.actor == "dns_owner" and what_to_do(one, "en").endswith("pyeonji check 1ban.test")
    assert "1ban.test" not in what_to_do(
        redact(of(INBOUND, refused), Viewer("public"), [one.address]).recipients[0], "en"
    )
