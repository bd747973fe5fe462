"""Conversations with the IMAP machine alone (RFC 3501 §6, RFC 7888, RFC 2177, RFC 4959)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.imap.command import COMMANDS, State
from pyeonji.proto.imap.command.append import Append
from pyeonji.proto.imap.command.authenticate import Authenticate
from pyeonji.proto.imap.command.login import Login
from pyeonji.proto.imap.command.replace import Replace
from pyeonji.proto.imap.command.select import Select
from pyeonji.proto.imap.enabled import NOTHING, Enabled
from pyeonji.proto.imap.flags import NONE, Flags
from pyeonji.proto.imap.session import (
    LIMITS,
    AppendEnd,
    AuthResponse,
    BadCommand,
    Catenate,
    Command,
    Continue,
    Done,
    Limits,
    LiteralPart,
    NewLiteral,
    NewMessage,
    Session,
)
from pyeonji.proto.imap.shown import MAX_TAG

SMALL = Limits(
    before_login=100, line=200, literal=50, literals=9, command=300, message=1000, append=1500, messages=3, pieces=4,
    bad_commands=3,
)  # fmt: skip


def start(limits: Limits = LIMITS, *, inside: bool = True) -> Session:
    session = Session(limits)
    if inside:
        session.log_in()
    return session


def said(session: Session, octets: bytes):
    session.feed(octets)
    return session.next_event()


def test_a_session_goes_through_the_states_of_rfc_3501():
    session = start(inside=False)
    assert session.state is State.NOT_AUTHENTICATED
    assert said(session, b"a1 login kim secret\r\n").args == Login("kim", "secret")
    assert session.answer("OK", "Welcome") == b"a1 OK Welcome\r\n"
    assert session.state is State.AUTHENTICATED
    assert said(session, b"a2 select inbox\r\n").args == Select("INBOX")
    assert session.answer("OK", "Open", "READ-WRITE") == b"a2 OK [READ-WRITE] Open\r\n"
    assert session.state is State.SELECTED
    said(session, b"a3 SELECT nowhere\r\n")
    session.answer("NO", "No such mailbox")
    assert session.state is State.AUTHENTICATED
    said(session, b"a4 LOGOUT\r\n")
    session.answer("OK", "Bye")
    assert session.state is State.LOGOUT
    assert said(session, b"a5 NOOP\r\n") is None


def test_pipelined_commands_wait_for_their_answers():
    session = start()
    first = said(session, b"1 NOOP\r\n2 CAPABILITY\r\n")
    assert (first.tag, first.name) == ("1", "NOOP")
    assert session.next_event() is None
    session.answer("OK", "Done")
    assert session.next_event().name == "CAPABILITY"


@pytest.mark.parametrize(
    ("octets", "response"),
    [
        (b"x\r\n", b"x BAD One space expected\r\n"),
        (b"x WHAT\r\n", b"x BAD Unknown command\r\n"),
        (b"x FETCH 1 FLAGS\r\n", b"x BAD Not now: authenticated\r\n"),
        (b"x LOGIN a b\r\n", b"x BAD Not now: authenticated\r\n"),
        (b"x NOOP now\r\n", b"x BAD End of command expected\r\n"),
        (b"x SELECT\r\n", b"x BAD One space expected\r\n"),
        (b"x NOOP\n", b"x BAD Lines end with CR LF\r\n"),
        (b"\r\n", b"* BAD Tag expected\r\n"),
        (b"+ NOOP\r\n", b"* BAD Tag expected\r\n"),
        (b"\xff\x00\r\n", b"* BAD Tag expected\r\n"),
        (b"x APPEND INBOX\r\n", b"x BAD Literal expected\r\n"),
        (b"x UID NOOP\r\n", b"x BAD Unknown command\r\n"),
        (b'x SELECT "a{3}\r\n', b"x BAD String expected\r\n"),
    ],
)
def test_what_makes_no_sense_is_answered_and_forgotten(octets, response):
    session = start()
    event = said(session, octets)
    assert isinstance(event, BadCommand)
    assert (event.response, event.close) == (response, False)
    assert said(session, b"y NOOP\r\n").name == "NOOP"


def test_a_literal_is_asked_for_and_taken_in():
    session = start(inside=False)
    assert said(session, b"a LOGIN {3}\r\n") == Continue(b"+ Ready\r\n", "a LOGIN ***")
    assert isinstance(said(session, b"kim {6}\r\n"), Continue)
    event = said(session, b"se ret\r\n")
    assert event.args == Login("kim", "se ret")
    assert event.line == "a LOGIN kim ***"


def test_a_literal_with_plus_needs_no_asking():
    assert said(start(inside=False), b"a LOGIN {3+}\r\nkim {4+}\r\n{1}\n\r\n").args == Login("kim", "{1}\n")


def test_a_tag_may_have_every_character_that_there_is_for_it():
    """RFC 9051 §9, tag: ASTRING-CHAR without "+"; each of them once, and what nobody would call a tag any more."""
    tag = bytes(octet for octet in range(0x21, 0x7F) if octet not in b'"%()*+\\{')
    assert said(start(), tag + b" NOOP\r\n").tag == tag.decode()
    assert said(start(), b"a" * (MAX_TAG + 1) + b" NOOP\r\n").response == b"* BAD Tag too long\r\n"


@pytest.mark.parametrize(
    ("octets", "response", "close"),
    [
        (b"a SELECT {51}\r\n", b"a NO [TOOBIG] Literal too large\r\n", False),
        (b"a SELECT {51+}\r\n", b"a NO [TOOBIG] Literal too large\r\n* BYE Literal too large\r\n", True),
        (b"a APPEND INBOX {1001}\r\n", b"a NO [TOOBIG] Literal too large\r\n", False),
        (b"a APPEND INBOX {99999999999999999999+}\r\n",
         b"a NO [TOOBIG] Literal too large\r\n* BYE Literal too large\r\n", True),
        (b"a SELECT " + b"x" * 201, b"a BAD Line too long\r\n* BYE Line too long\r\n", True),
        (b"a BOGUS {5}\r\n", b"a BAD Unknown command\r\n", False),
        (b"a APPEND INBOX nonsense {5}\r\n", b"a BAD Literal expected\r\n", False),
    ],
)  # fmt: skip
def test_nothing_grows_without_end(octets, response, close):
    session = start(SMALL)
    event = said(session, octets)
    assert (event.response, event.close) == (response, close)
    assert (said(session, b"y NOOP\r\n") is None) is close


def test_many_literals_in_one_command_are_too_many():
    session = start(SMALL)
    said(session, b"a LIST (")
    events = [said(session, b"{40+}\r\n" + b"x" * 40 + b" ") for _ in range(10)]
    assert any(isinstance(event, BadCommand) and event.close for event in events)


def test_many_empty_literals_are_too_many():
    events = [said(start(SMALL), b"a LIST" + b" {0+}\r\n" * count + b"\r\n") for count in (9, 10)]
    assert [event.close for event in events] == [False, True]


def test_before_login_a_command_may_not_be_long():
    session = start(SMALL, inside=False)
    assert said(session, b"a LOGIN " + b"x" * 120).close
    session = start(SMALL, inside=False)
    assert said(session, b"a LOGIN {40}\r\n").response == b"+ Ready\r\n"
    assert said(session, b"x" * 40 + b" {46}\r\n").response == b"a NO [TOOBIG] Literal too large\r\n"


def test_who_only_talks_nonsense_is_sent_away():
    session = start(SMALL, inside=False)
    events = [said(session, b"GET / HTTP/1.1\r\n") for _ in range(4)]
    assert [event.close for event in events] == [False, False, False, True]
    assert events[-1].response.endswith(b"* BYE Too many bad commands\r\n")


def test_who_is_logged_in_and_tries_what_we_do_not_know_stays():
    session = start(SMALL)
    for _ in range(10):
        assert not said(session, b"a XLIST\r\n").close
        said(session, b"b NOOP\r\n")
        session.answer("OK", "Done")
    assert [said(session, b"GET /\r\n").close for _ in range(4)] == [False, False, False, True]


# ── APPEND ──────────────────────────────────────────────────────────────────────────────────────────────────


def arriving(session: Session, octets: bytes):
    """Goes on with whatever comes, up to what owes an answer that is no "go on"; all events of the command."""
    session.feed(octets)
    events = []
    while (event := session.next_event()) is not None:
        events.append(event)
        if isinstance(event, NewLiteral) or (isinstance(event, Command) and event.name in ("APPEND", "UID REPLACE")):
            session.proceed()
    return events


def test_a_message_comes_in_parts():
    session = start()
    event = said(session, b'A003 APPEND saved-messages (\\Seen) "17-Jul-1996 02:44:25 -0700" {10}\r\n')
    assert event.args == Append("saved-messages")
    assert session.next_event() is None
    assert session.proceed() == b""
    assert session.next_event() == NewMessage(Flags(1), 837596665000000)
    assert session.next_event() == NewLiteral(10)
    assert session.next_event() is None
    assert session.proceed() == b"+ Ready\r\n"
    assert said(session, b"12345") == LiteralPart(b"12345")
    assert session.next_event() is None
    assert said(session, b"67\r\n0\r\nb NOOP\r\n") == LiteralPart(b"67\r\n0")
    assert session.next_event() == AppendEnd()
    assert session.next_event() is None
    assert session.answer("OK", "Kept", "APPENDUID 1 2") == b"A003 OK [APPENDUID 1 2] Kept\r\n"
    assert session.next_event().name == "NOOP"


def test_several_messages_come_in_one_command():
    octets = b'a APPEND INBOX {1+}\r\nx (\\Seen) " 7-Feb-1994 22:43:04 -0800" ~{2+}\r\n\x00y UTF8 (~{0+}\r\n)\r\n'
    _, *events = arriving(start(), octets)
    assert events == [
        NewMessage(NONE, None), NewLiteral(1), LiteralPart(b"x"),
        NewMessage(Flags(1), 760689784000000), NewLiteral(2, True, ' (\\\\Seen) " 7-Feb-1994 22:43:04 -0800" ~{2}'),
        LiteralPart(b"\x00y"),
        NewMessage(NONE, None), NewLiteral(0, True, " UTF8 (~{0}"), AppendEnd(),
    ]  # fmt: skip


def test_a_message_is_put_together():
    octets = (
        b'A003 APPEND Drafts (\\Draft) CATENATE (URL "/Drafts;UIDVALIDITY=1/;UID=20/;section=HEADER" TEXT {3+}\r\n'
        b"abc URL {5+}\r\n/;UID TEXT ~{1+}\r\n\x00 UTF8 (~{2+}\r\nde) URL x) {1+}\r\nz\r\n"
    )
    _, *events = arriving(start(), octets)
    assert [event for event in events if not isinstance(event, NewLiteral)] == [
        NewMessage(Flags(16), None), Catenate("/Drafts;UIDVALIDITY=1/;UID=20/;section=HEADER"), LiteralPart(b"abc"),
        Catenate("/;UID"), LiteralPart(b"\x00"), LiteralPart(b"de"), Catenate("x"),
        NewMessage(NONE, None), LiteralPart(b"z"), AppendEnd(),
    ]  # fmt: skip
    assert [event.binary for event in events if isinstance(event, NewLiteral)] == [False, True, True, False]


def test_a_message_of_urls_alone_needs_no_literal():
    _, *events = arriving(start(), b"a APPEND INBOX CATENATE (URL a URL b)\r\n")
    assert events == [NewMessage(NONE, None), Catenate("a"), Catenate("b"), AppendEnd()]


def test_a_message_instead_of_another():
    session = start()
    session.enabled = Enabled(uidonly=True)
    said(session, b"s SELECT INBOX\r\n")
    session.answer("OK", "Open")
    assert said(session, b"a REPLACE 4 Drafts {3}\r\n").response == b"a BAD [UIDREQUIRED] UID required\r\n"
    first, *events = arriving(session, b"a UID REPLACE 2000 Drafts {1+}\r\nx\r\n")
    assert first.args == Replace(2000, "Drafts", True)
    assert events == [NewMessage(NONE, None), NewLiteral(1), LiteralPart(b"x"), AppendEnd()]
    session.answer("OK", "Done")
    assert arriving(session, b"b UID REPLACE * x {1+}\r\nx {1+}\r\ny\r\n")[-1].because == "end of command expected"


def test_a_refused_message_that_waits_never_comes():
    session = start()
    said(session, b"a APPEND nowhere {10}\r\n")
    assert session.answer("NO", "No such mailbox", "TRYCREATE") == b"a NO [TRYCREATE] No such mailbox\r\n"
    assert said(session, b"b NOOP\r\n").name == "NOOP"


@pytest.mark.parametrize("events", range(4))  # refused at once, at the message, at its literal, while it comes
@pytest.mark.parametrize(
    "octets",
    [b"{0+}\r\n\r\n", b"{8+}\r\nb NOOP\r\n\r\n", b"{8+}\r\nb NOOP\r\n (\\Seen) {8+}\r\nb NOOP\r\n {0+}\r\n\r\n",
     b"CATENATE (URL a TEXT {8+}\r\nb NOOP\r\n URL b TEXT {8+}\r\nb NOOP\r\n)\r\n",
     b"{8+}\r\nb NOOP\r\n {5}\r\n"],
)  # fmt: skip
def test_refused_messages_that_come_all_the_same_are_thrown_away(octets, events):
    session = start()
    session.feed(b"a APPEND nowhere " + octets + b"c NOOP\r\n")
    event = session.next_event()
    for _ in range(events):
        if isinstance(event, Command | NewLiteral):
            session.proceed()
        event = session.next_event()
    assert session.answer("NO", "No such mailbox") == b"a NO No such mailbox\r\n"
    assert session.next_event().tag == "c"


def test_a_message_can_be_refused_while_it_comes():
    session = start()
    assert len(arriving(session, b"a APPEND INBOX {8}\r\n")) == 3
    assert said(session, b"b NO") == LiteralPart(b"b NO")
    assert session.answer("NO", "Full", "OVERQUOTA") == b"a NO [OVERQUOTA] Full\r\n"
    assert said(session, b"OP\r\n\r\nc NOOP\r\n").tag == "c"


def test_a_second_message_can_be_refused_before_it_comes():
    session = start()
    arriving(session, b"a APPEND INBOX {1}\r\n")
    session.feed(b"x {35403}\r\n")
    assert [type(session.next_event()) for _ in range(3)] == [LiteralPart, NewMessage, NewLiteral]
    session.answer("NO", "Full", "OVERQUOTA")
    assert said(session, b"c NOOP\r\n").tag == "c"


def test_a_mailbox_name_can_be_a_literal_before_the_message():
    session = start()
    assert isinstance(said(session, b"a APPEND {5}\r\n"), Continue)
    assert said(session, b"INBOX {3+}\r\nabc\r\n").args == Append("INBOX")
    assert arriving(session, b"") == []
    assert session.proceed() == b""
    assert arriving(session, b"")[2:] == [LiteralPart(b"abc"), AppendEnd()]


@pytest.mark.parametrize(
    ("octets", "because"),
    [
        (b"INBOX {3+}\r\nabc more\r\n", "literal expected"),
        (b"INBOX {3+}\r\nabc (\\Unknown) {9+}\r\nb NOOP\r\nx\r\n", "unknown system flag"),
        (b"INBOX {3+}\r\nabc{2+}\r\nxx\r\n", "literal not expected"),
        (b"INBOX CATENATE (TEXT {3+}\r\nabc\r\n", "one space expected"),
        (b"INBOX CATENATE (TEXT abc)\r\n", "literal expected"),
        (b"INBOX CATENATE (FOO {1+}\r\nx)\r\n", "URL, TEXT or UTF8 expected"),
        (b"INBOX CATENATE () {1+}\r\nx\r\n", "URL, TEXT or UTF8 expected"),
        (b"INBOX UTF8 ({1+}\r\nx)\r\n", '" (~" expected'),
        (b"INBOX UTF8 (~{1+}\r\nx\r\n", '")" expected'),
        (b"INBOX {1+}\r\nx {1+}\r\nx {1+}\r\nx {1+}\r\nx\r\n", "too many messages"),
        (b"INBOX CATENATE (URL a URL a URL a URL a URL a)\r\n", "too many pieces"),
        (b"INBOX CATENATE (TEXT {999+}\r\n" + b"x" * 999 + b" TEXT {2+}\r\nxx)\r\n", "literal too large"),
        (b"INBOX {999+}\r\n" + b"x" * 999 + b" {900+}\r\n" + b"x" * 900 + b"\r\n", "literal too large"),
        (b"nowhere (\\Foo) {60+}\r\n" + b"x" * 60 + b"\r\n", "unknown system flag"),
    ],
)  # fmt: skip
def test_what_spoils_an_append_spoils_nothing_else(octets, because):
    session = start(SMALL)
    events = arriving(session, b"a APPEND " + octets + b"b NOOP\r\n")
    bad = [event for event in events if isinstance(event, BadCommand)]
    assert [(event.tag, event.because, event.close) for event in bad] == [("a", because, False)]
    assert events[-1].tag == "b"


# ── AUTHENTICATE, IDLE, STARTTLS ────────────────────────────────────────────────────────────────────────────


def test_authenticate_is_a_conversation():
    session = start(inside=False)
    event = said(session, b"a authenticate scram-sha-256 bixjPQ==\r\n")
    assert event.args == Authenticate("SCRAM-SHA-256", b"n,c=")
    assert event.line == "a AUTHENTICATE SCRAM-SHA-256 ***"
    assert session.challenge(b"r=1") == b"+ cj0x\r\n"
    assert said(session, b"Yz0x\r\n") == AuthResponse(b"c=1", "*** (4 octets)")
    assert session.challenge(b"") == b"+ \r\n"
    assert said(session, b"\r\n").octets == b""
    session.answer("OK", "Welcome")
    assert session.state is State.AUTHENTICATED


def test_authenticate_can_be_given_up():
    session = start(inside=False)
    assert said(session, b"a AUTHENTICATE PLAIN\r\n").args == Authenticate("PLAIN", None)
    session.challenge(b"")
    assert said(session, b"*\r\n") == AuthResponse(None, "*")
    session.answer("BAD", "Given up")
    said(session, b"b AUTHENTICATE PLAIN =\r\n")
    session.challenge(b"")
    assert said(session, b"!!\r\n").response == b"b BAD Response is not base64\r\n"
    assert session.state is State.NOT_AUTHENTICATED


def test_idle_ends_with_done():
    session = start()
    said(session, b"a IDLE\r\n")
    assert session.idle() == b"+ idling\r\n"
    assert session.next_event() is None
    assert said(session, b"DO") is None
    assert said(session, b"ne\r\n") == Done()
    assert session.answer("OK", "Done") == b"a OK Done\r\n"


def test_another_command_during_idle_ends_it_badly():
    session = start()
    said(session, b"a IDLE\r\n")
    session.idle()
    assert said(session, b"b NOOP\r\n").response == b"a BAD DONE expected\r\n"
    assert said(session, b"c NOOP\r\n").name == "NOOP"


def test_octets_behind_starttls_close_the_connection():
    event = said(start(inside=False), b"a STARTTLS\r\nb LOGIN a b\r\n")
    assert event.close
    assert event.response.startswith(b"a BAD Octets behind STARTTLS\r\n* BYE")


def test_tls_starts_once_and_everything_is_forgotten():
    session = start(inside=False)
    said(session, b"a STARTTLS\r\n")
    session.answer("OK", "Begin")
    session.feed(b"b LOGIN evil in\r\n")
    assert session.next_event() is None
    session.tls_started()
    assert session.next_event() is None
    assert said(session, b"c STARTTLS\r\n").response == b"c BAD Already encrypted\r\n"


def test_the_stream_is_compressed_once_and_nothing_comes_with_it():
    session = start()
    assert said(session, b"a COMPRESS DEFLATE\r\nb NOOP\r\n").response.startswith(
        b"a BAD Octets behind COMPRESS\r\n* BYE"
    )
    session = start()
    said(session, b"a COMPRESS DEFLATE\r\n")
    session.answer("OK", "Compressed")
    session.feed(b"b NOOP\r\n")
    assert session.next_event() is None  # not before the stream is switched; and then it is forgotten
    session.compression_switched()
    assert session.next_event() is None
    assert said(session, b"c COMPRESS DEFLATE\r\n").because == "already compressed"


def test_what_belongs_to_a_login_is_forgotten_with_it():
    session = start()
    session.enabled = Enabled(rev2=True, uidonly=True)
    said(session, b"a SELECT INBOX\r\n")
    session.answer("OK", "Open")
    session.feed(b"b UNAUTHENTICATE\r\nc LOGIN kim secret\r\n")
    assert session.next_event().name == "UNAUTHENTICATE"
    session.answer("OK", "Done")
    assert (session.state, session.enabled) == (State.NOT_AUTHENTICATED, NOTHING)
    assert session.next_event().args == Login("kim", "secret")  # RFC 8437 §3: it may be said at once


def test_the_compression_ends_with_the_login():
    session = start()
    said(session, b"a COMPRESS DEFLATE\r\n")
    session.answer("OK", "Compressed")
    session.compression_switched()
    assert said(session, b"b UNAUTHENTICATE\r\n").name == "UNAUTHENTICATE"
    session.answer("OK", "Done")
    assert session.next_event() is None
    session.compression_switched()
    assert not session.compressed
    assert said(session, b"c NOOP\r\n").name == "NOOP"


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"a LOGIN kim secret\r\n", "a LOGIN kim ***"),
        (b'a LOGIN "kim" {6+}\r\nsecret\r\n', "a LOGIN kim ***"),
        (b'a LOGIN kim "secret\r\n', "a LOGIN ***"),
        (b"LOGIN kim secret\r\n", "*** (16 octets)"),
        (b"a LOGIN kim secret extra\r\n", "a LOGIN ***"),
        (b"secret\r\n", "*** (6 octets)"),
        (b"a AUTHENTICATE PLAIN AGtpbQBzZWNyZXQ=\r\n", "a AUTHENTICATE PLAIN ***"),
        (b"a AUTHENTICATE PLAIN\r\n", "a AUTHENTICATE PLAIN"),
        (b"a NOOP\r\n", "a NOOP"),
    ],
)
def test_secrets_do_not_reach_the_journey(octets, line):
    event = said(start(inside=False), octets)
    assert event.line == line
    assert isinstance(event, BadCommand) or "secret" not in repr(event)


def test_a_login_at_the_wrong_time_is_no_less_secret():
    session = start()
    for octets in (b"a LOGIN kim secret\r\n", b"LOGIN kim secret\r\n", b"a authenticate plain AHNlY3JldA==\r\n"):
        assert said(session, octets).line.endswith(("***", "*** (16 octets)"))
    session = start(inside=False)
    assert said(session, b"a LOGIN kim secret {3}\r\n").line == "a LOGIN ***"


def test_every_command_has_a_state_in_which_it_may_be_said():
    assert all(grammar.allowed for grammar in COMMANDS.values())


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────

PIECES = st.sampled_from([
    b"a NOOP\r\n", b"b SELECT INBOX\r\n", b"c LOGIN {3}\r\n", b"kim {1+}\r\n", b"x\r\n", b"d APPEND INBOX {5+}\r\n",
    b"12345", b"\r", b"\n", b"e IDLE\r\n", b"DONE\r\n", b"f AUTHENTICATE PLAIN\r\n", b"*\r\n", b"AGEAYg==\r\n",
    b"g FETCH 1:* (FLAGS BODY[1.MIME]<0.5>)\r\n", b'"', b"\\", b"{", b"}", b"(" * 40, b"x" * 150, b"\x00\xff",
    b"{3}\r\n", b"\r\n", b"h SEARCH OR NOT (SEEN) TEXT {2+}\r\n", b"i STARTTLS\r\n", b"{20+}\r\n",
    b"j UID SEARCH 1,3:* ", b"k APPEND INBOX CATENATE (URL a TEXT {5+}\r\n", b" URL {3+}\r\nabc", b")\r\n",
    b" (\\Seen) ~{3+}\r\n", b" UTF8 (~{2+}\r\nxy)",
])  # fmt: skip


def talk(pieces, *, inside, refuses=()):
    """What a simple owner hears and says: the same for the same octets, however they were cut."""
    session = start(SMALL, inside=inside)
    out = []
    for piece in pieces:
        session.feed(piece)
        while (event := session.next_event()) is not None:
            match event:
                case Command(name="APPEND") | NewMessage() | NewLiteral() | Catenate() if type(event) in refuses:
                    out += [event, session.answer("NO", "Not today")]
                case Command(name="APPEND") | NewLiteral():
                    out += [event, session.proceed()]
                case Command(name="IDLE"):
                    out += [event, session.idle()]
                case Command(name="AUTHENTICATE"):
                    out += [event, session.challenge(b"?")]
                case Command(name="STARTTLS"):
                    out += [event, session.answer("NO", "Not today")]
                case Command() | AuthResponse() | Done() | AppendEnd():
                    out += [event, session.answer("OK", "Done")]
                case LiteralPart() if out and isinstance(out[-1], LiteralPart):
                    out[-1] = LiteralPart(out[-1].octets + event.octets)
                case _:
                    out.append(event)
    return out, session.state


def cut(data, cuts):
    at, out = 0, []
    for size in cuts:
        out.append(data[at : at + size])
        at += size
    return [*out, data[at:]]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PIECES, max_size=12).map(b"".join), st.lists(st.integers(1, 60), max_size=30), st.booleans(),
    st.sets(st.sampled_from([Command, NewMessage, NewLiteral, Catenate]), max_size=2),
)  # fmt: skip
def test_it_does_not_matter_how_the_octets_were_cut(data, cuts, inside, refuses):
    data = data.replace(b"STARTTLS", b"LSUB")  # there the cut does matter: what came with it is an attack
    assert talk(cut(data, cuts), inside=inside, refuses=refuses) == talk([data], inside=inside, refuses=refuses)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=12))
def test_any_octets_are_an_event_or_a_bad_command(pieces):
    for inside in (True, False):
        events, _ = talk(pieces, inside=inside)
        for event in events:
            if isinstance(event, BadCommand):
                assert event.response.endswith(b"\r\n")
                assert event.line.isascii()
