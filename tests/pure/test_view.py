"""Who sees what: the matrix, with a hidden recipient who must never show."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.journeys import AFTER, DEFERRED, FAILED, INBOUND, NOON, NUMBER, TOLD, Row
from pyeonji.journey import event as e
from pyeonji.journey.junk import marks
from pyeonji.journey.story import session_story, story
from pyeonji.journey.tell import story_text, to_json
from pyeonji.journey.view import Viewer, masked, redact

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
WHOLE = story(NUMBER, [INBOUND, DEFERRED, FAILED, TOLD, AFTER], trace=TRACE)
HEADER = ("younghee@1ban.test", "Minsu@School.example")  # To and Cc; secret@1ban.test is a Bcc
ADMIN = Viewer("admin")
OPENED = Viewer("admin", opened=True)
WRITER = Viewer("writer")
APP = Viewer("app")
READER = Viewer("recipient", "younghee@1ban.test")
HIDDEN = Viewer("recipient", "secret@1ban.test")
PUBLIC = Viewer("public")


def shown(viewer):
    """Everything that leaves us, in all forms."""
    found = redact(WHOLE, viewer, HEADER)
    texts = [json.dumps(to_json(found), ensure_ascii=False)]
    texts += [story_text(found, lang, now=NOON) for lang in ("ko", "en")]
    return "\n".join([*texts, story_text(found, "en", now=NOON, raw=True)])


ALL = {ADMIN, OPENED}
EVERYBODY = (ADMIN, OPENED, WRITER, APP, READER, HIDDEN, PUBLIC)
OWNERS = ALL | {WRITER, APP}
READERS = {READER, HIDDEN}


@pytest.mark.parametrize(
    ("what", "text", "who"),
    [
        ("the trace of an app", TRACE, OWNERS),
        # other recipients, and those whom nobody may know of
        ("the hidden recipient", "secret@1ban.test", OWNERS | {HIDDEN}),
        ("a refused recipient", "nobody@1ban.test", OWNERS),
        ("a named recipient", "younghee@1ban.test", OWNERS | READERS),
        ("another named recipient", "minsu@school.example", OWNERS | READERS),
        ("a masked address", "m***@school.example", {PUBLIC}),
        # content
        ("the subject", "안녕", (OWNERS | READERS) - {ADMIN}),
        # the network address of who wrote it
        ("the writer's network address", "192.0.2.7", OWNERS),
        # lines of the dialogue
        ("the hop to the far server", "EHLO mx.1ban.test", OWNERS),
        ("the hop into our server", "EHLO laptop.test", OWNERS | READERS),
        ("the words of the far server", "User unknown", OWNERS),
        ("the host of the far server", "mx.school.example", OWNERS | {PUBLIC}),
        ("who had logged in", "PLAIN", OWNERS | READERS),  # AUTH is a line of that hop
        ("the login", "chulsoo@1ban.test PLAIN", OWNERS),
        # what a reader does with it
        ("which mailbox a reader's letter is in", "Junk", ALL | {HIDDEN}),
        ("what a reader does with it", "Archive", ALL | {READER}),
    ],
)
def test_who_sees(what, text, who):
    assert {viewer for viewer in EVERYBODY if text in shown(viewer)} == who, what


def test_who_may_do_what():
    assert ADMIN.acts == {"retry", "cancel", "hold", "release", "again"}
    assert (WRITER.acts, APP.acts) == ({"retry", "cancel", "again"}, {"retry", "cancel"})
    assert READER.acts == HIDDEN.acts == PUBLIC.acts == frozenset(), "whoever has no mailbox in it"
    assert Viewer("recipient", "info@1ban.test", "younghee@1ban.test").acts == {"inbox", "allow"}
    assert Viewer("admin", "lee@1ban.test", "lee@1ban.test").acts == ADMIN.acts | {"inbox", "allow"}


@pytest.mark.parametrize(
    "event",
    [
        e.Connected(NOON, "in", "smtp", "[2001:db8::7]:5000"),
        e.Decided(NOON, "introduced", "198.51.100.1", "2001:db8::7"),
        e.Decided(NOON, "dnsbl", "zen.example", "listed: 2001:db8::7 is bad"),
        e.Line(NOON, "in", False, "EHLO [IPv6:2001:db8::7]"),
        e.Refused(NOON, "550 5.7.1 2001:DB8::7 is listed", "listed"),
    ],
)
def test_a_reader_never_learns_from_which_network_it_was_written(event):
    opened = e.Connected(NOON, "in", "smtp", "[2001:db8::7]:5000")
    introduced = e.Decided(NOON, "introduced", "198.51.100.1", "2001:db8::7")
    whole = story(NUMBER, [Row(11, NUMBER, (opened, introduced, event, *INBOUND.events[1:]))])
    assert "2001:db8::7" in json.dumps(to_json(whole)).casefold()
    for viewer in READER, HIDDEN, PUBLIC:
        found = redact(whole, viewer, HEADER)
        leaked = (json.dumps(to_json(found)) + story_text(found, "en", now=NOON)).casefold()
        assert "2001:db8::7" not in leaked and "198.51.100.1" not in leaked


IPV6 = "2001:db8::7"


def judged_story(*more):
    opened = e.Connected(NOON, "in", "smtp", f"[{IPV6}]:5000")
    listed = e.Decided(NOON, "dnsbl", "zen.example", f"listed: 127.0.0.2, +3, see https://zen.example/{IPV6}")
    score = e.Decided(NOON, "dnsbl score", "3", "junk")
    return story(NUMBER, [Row(11, NUMBER, (opened, listed, score, *more, *INBOUND.events[1:]))])


def test_a_reader_learns_which_list_gave_how_many_points_without_its_words():
    """They have the address of whoever wrote; the list and its points are why it lies among junk."""
    whole = judged_story()
    assert [(mark.step.value, mark.points, mark.decides) for mark in marks(whole.steps)] == [
        ("zen.example", "+3", False),
        ("3", "=3", True),
    ]
    assert IPV6 in json.dumps(to_json(redact(whole, WRITER)))
    for viewer in READER, HIDDEN:
        found = redact(whole, viewer, HEADER)
        assert marks(found.steps)[0].points == "+3" and len(marks(found.steps)) == 2
        assert IPV6 not in json.dumps(to_json(found)) + story_text(found, "en", now=NOON)


def test_whom_a_reader_welcomes_is_told_to_nobody_but_him():
    welcome = e.Decided(NOON, "allowed", "CANARY@shop.test", "inbox", 2)  # younghee is the first, the hidden one is not
    whole = judged_story(welcome)
    (n,) = [one.n for one in whole.recipients if one.address == "secret@1ban.test"]
    assert n == 2
    found = {viewer: "CANARY" in json.dumps(to_json(redact(whole, viewer, HEADER))) for viewer in EVERYBODY}
    assert {viewer for viewer, told in found.items() if told} == ALL | {HIDDEN}


def said(text, direction="in"):
    return e.Line(NOON, direction, False, text)


@pytest.mark.parametrize("viewer", EVERYBODY)
def test_whom_other_letters_of_the_same_connection_were_for_is_not_seen_by_way_of_this_one(viewer):
    """One was refused before it, and one after it; the control is its own refused recipient."""
    before = (
        said("MAIL FROM:<canary@other.test>"), said("250 ok", "out"), e.TlsStarted(NOON, "TLSv1.3", "X"),
        e.Decided(NOON, "spf", "canary.test", "fail"), e.Refused(NOON, "550 5.7.23 canary", "spf"), said("RSET"),
    )  # fmt: skip
    behind = (
        said("250 queued", "out"), said("MAIL FROM:<canary@other.test>"), said("250 ok", "out"),
        said("RCPT TO:<canary@1ban.test>"), e.Decided(NOON, "spf", "canary.test", "fail"), said("550 canary", "out"),
        e.Refused(NOON, "550 5.1.1 canary", "nobody", "canary@1ban.test"),
        said("RCPT TO:<canary@1ban.test>"), said("QUIT"), e.Closed(NOON, "they left"),
    )  # fmt: skip
    opened = e.Connected(NOON, "in", "smtp", "192.0.2.7:5000")
    own = tuple(one for one in INBOUND.events[1:] if not isinstance(one, e.TlsStarted))
    typed = (said("RCPT TO:<canary@1ban.test>"), said("503 5.5.1 MAIL first", "out"))
    row = Row(11, NUMBER, (opened, said("EHLO relay.test"), *typed, *before, *own))
    whole = story(NUMBER, [row, Row(11, 0, behind)])
    found = json.dumps(to_json(redact(whole, viewer, HEADER)))
    assert "canary" not in found and "tlsstarted" in found
    assert ("EHLO relay.test" in found) is (viewer != PUBLIC) and ("they left" in found) is (viewer != PUBLIC)
    assert ("nobody@1ban.test" in found) is (viewer in OWNERS)


def test_what_the_connection_did_not_bring_is_seen_in_a_story_of_its_own():
    """An administrator loses nothing: and of the letter that was taken there is nothing in it."""
    opened = e.Connected(NOON, "in", "smtp", "192.0.2.7:5000")
    no = e.Refused(NOON, "550 5.1.1 No such mailbox here", "nobody", "canary@1ban.test")
    vain = (said("MAIL FROM:<x@other.test>"), said("RCPT TO:<canary@1ban.test>"), no, said("RSET"))
    rows = [Row(11, NUMBER, (opened, *vain, *INBOUND.events[1:])), Row(11, 0, (said("QUIT"), e.Closed(NOON)))]
    found = session_story(rows)
    assert [one.address for one in found.recipients] == ["canary@1ban.test"]
    told = json.dumps(to_json(found))
    assert "RCPT TO:<canary@1ban.test>" in told and "younghee@1ban.test" not in told and "QUIT" in told
    plain = session_story([INBOUND, *rows[1:]])
    assert plain.recipients == () and "younghee@1ban.test" not in json.dumps(to_json(plain))


@pytest.mark.parametrize(
    ("rule", "value", "outcome", "points", "decides"),
    [
        ("dnsbl", "zen.example", "listed: 127.0.0.2, 127.0.0.4, +12, words", "+12", False),
        ("dnswl", "good.example", "listed: 127.0.0.2, -2", "-2", False),
        ("trust", "shop.test", "junk", "", True),
        ("dmarc", "shop.test", "fail: nothing", "", False),
        ("trust", "shop.test", "unheard", "", True),
        ("repeats", "shop.test", "junk", "", True),
        ("milter", "inet:1@h", "said: quarantine: score +9", "", True),
    ],
)
def test_every_rule_that_puts_it_among_junk_is_named(rule, value, outcome, points, decides):
    row = Row(0, NUMBER, (e.Decided(NOON, rule, value, outcome), e.Decided(NOON, "trust", "x", "junk")))
    (first, *_) = marks(story(NUMBER, [row]).steps)
    assert (first.step.rule, first.points, first.decides) == (rule, points, decides)


@pytest.mark.parametrize(("rule", "outcome"), [("dnsbl score", "taken"), ("dmarc", "fail"), ("trust", "forwarded"),
                                               ("milter", "said: added X-Spam")])  # fmt: skip
def test_what_did_not_put_it_among_junk_is_no_reason(rule, outcome):
    assert marks(story(NUMBER, [Row(0, NUMBER, (e.Decided(NOON, rule, "x", outcome),))]).steps) == ()


@pytest.mark.parametrize(("mailbox", "decides"), [("Junk", True), ("INBOX", False)])
def test_that_a_letter_names_no_author_put_it_there_only_when_it_lies_there(mailbox, decides):
    """Which of it a setting says, and not the line of the journey."""
    unclear = e.Decided(NOON, "author", "", "unclear: 2 From fields")
    filed = e.Filed(NOON, 1, "younghee@1ban.test", "younghee@1ban.test", mailbox, 3)
    assert bool(marks(story(NUMBER, [Row(0, NUMBER, (unclear, filed))]).steps)) is decides


def test_who_gets_it_by_another_address_sees_the_own_mailbox():
    row = Row(0, NUMBER, (e.Accepted(NOON, "smtp", 1, "a@b.test", "<1@b>", "s", "a"),
                          e.Filed(NOON, 1, "info@1ban.test", "younghee@1ban.test", "Work", 3),
                          e.Moved(NOON, "younghee@1ban.test", "Kept", 4)))  # fmt: skip
    found = redact(story(NUMBER, [row]), Viewer("recipient", "info@1ban.test", "younghee@1ban.test"))
    assert [step.event for step in found.steps] == ["accepted", "filed", "moved"]
    assert "Kept" in json.dumps(to_json(found))


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
