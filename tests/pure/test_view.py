"""Who sees what: the matrix, with a hidden recipient who must never show."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.journeys import AFTER, DEFERRED, FAILED, INBOUND, NOON, NUMBER, TOLD, Row
from pyeonji.journey import event as e
from pyeonji.journey.story import story
from pyeonji.journey.tell import story_text, to_json
from pyeonji.journey.view import Viewer, masked, redact

WHOLE = story(NUMBER, [INBOUND, DEFERRED, FAILED, TOLD, AFTER])
HEADER = ("younghee@1ban.test", "Minsu@School.example")  # To and Cc; secret@1ban.test is a Bcc
ADMIN = Viewer("admin")
WRITER = Viewer("writer")
READER = Viewer("recipient", "younghee@1ban.test")
HIDDEN = Viewer("recipient", "secret@1ban.test")
PUBLIC = Viewer("public")


def shown(viewer):
    """Everything that leaves us, in all forms."""
    found = redact(WHOLE, viewer, HEADER)
    texts = [json.dumps(to_json(found), ensure_ascii=False)]
    texts += [story_text(found, lang, now=NOON) for lang in ("ko", "en")]
    return "\n".join([*texts, story_text(found, "en", now=NOON, raw=True)])


@pytest.mark.parametrize(
    ("what", "text", "who"),
    [
        ("the hidden recipient", "secret@1ban.test", {ADMIN, WRITER, HIDDEN}),
        ("a refused recipient", "nobody@1ban.test", {ADMIN, WRITER}),
        ("a named recipient", "younghee@1ban.test", {ADMIN, WRITER, READER, HIDDEN}),
        ("another named recipient", "minsu@school.example", {ADMIN, WRITER, READER, HIDDEN}),
        ("the subject", "안녕", {ADMIN, WRITER, READER, HIDDEN}),
        ("the writer's network address", "192.0.2.7", {ADMIN, WRITER}),
        ("the hop to the far server", "EHLO mx.1ban.test", {ADMIN, WRITER}),
        ("the hop into our server", "EHLO laptop.test", {ADMIN, WRITER, READER, HIDDEN}),
        ("which mailbox a reader's letter is in", "Junk", {ADMIN, HIDDEN}),
        ("what a reader does with it", "Archive", {ADMIN, READER}),
        ("the words of the far server", "User unknown", {ADMIN, WRITER}),
        ("the host of the far server", "mx.school.example", {ADMIN, WRITER, PUBLIC}),
        ("a masked address", "m***@school.example", {PUBLIC}),
    ],
)
def test_who_sees(what, text, who):
    assert {viewer for viewer in (ADMIN, WRITER, READER, HIDDEN, PUBLIC) if text in shown(viewer)} == who, what


def test_a_reader_cannot_count_the_hidden_ones():
    found = redact(WHOLE, READER, HEADER)
    assert [one.n for one in found.recipients] == [1, 2]
    assert (
        sum("RCPT TO" in step.text for step in found.steps)
        == sum("250 2.1.5" in step.text for step in found.steps)
        == 2
    )


def test_a_hidden_recipient_sees_oneself_and_the_header_only():
    assert [one.address for one in redact(WHOLE, HIDDEN, HEADER).recipients] == [
        "younghee@1ban.test",
        "secret@1ban.test",
        "minsu@school.example",
    ]


def test_a_reader_does_not_learn_why_another_did_not_get_it():
    other = redact(WHOLE, READER, HEADER).recipients[1]
    assert (other.reply, other.cause) == (None, "")


def test_a_hidden_address_in_somebody_elses_words_hides_the_words():
    row = Row(
        0, NUMBER, (e.Decided(NOON, "one copy", "Secret@1ban.test", "1"), e.Decided(NOON, "junk", "3.1", "inbox"))
    )
    found = redact(story(NUMBER, [INBOUND, row]), READER, HEADER)
    assert [step.rule for step in found.steps if step.event == "decided" and not step.recipient] == ["junk"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("minsu@school.example", "m***@school.example"),
        ("김@학교.example", "김***@학교.example"),
        ("", ""),
        ("x", "***"),
    ],
)
def test_an_address_is_masked(address, expected):
    assert masked(address) == expected


LINES = ["RCPT TO:<secret@1ban.test>", "RCPT TO:<younghee@1ban.test>", "250 2.1.5 <SECRET@1ban.test> ok", "LHLO x",
         "550 5.1.1 secret@1ban.test", "RSET", "250 ok", "DATA", "354 go", "MAIL FROM:<>"]  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["in", "out"]), st.booleans())
def test_no_dialogue_shows_a_hidden_recipient(lines, direction, greeted):
    events = tuple(e.Line(NOON, direction if line[:1] > "9" else "out", False, line) for line in lines)
    start = (e.Connected(NOON, "in", "lmtp", "x"),) if greeted else ()
    rows = [Row(4, NUMBER, (*start, *events, e.Filed(NOON, 1, "secret@1ban.test", "secret@1ban.test", "INBOX", 1),
                            e.Filed(NOON, 2, "younghee@1ban.test", "younghee@1ban.test", "INBOX", 1)))]  # fmt: skip
    found = redact(story(NUMBER, rows), READER, HEADER)
    assert "secret" not in (json.dumps(to_json(found)) + story_text(found, "en", now=NOON)).lower()
