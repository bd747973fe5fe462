"""Conversations with the IMAP machine alone (RFC 3501 §6, RFC 7888, RFC 2177, RFC 4959)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.imap.command import COMMANDS, State
from pyeonji.proto.imap.command.append import Append
from pyeonji.proto.imap.command.authenticate import Authenticate
from pyeonji.proto.imap.command.login import Login
from pyeonji.proto.imap.command.select import Select
from pyeonji.proto.imap.session import (
    LIMITS,
    AuthResponse,
    BadCommand,
    Command,
    Continue,
    Done,
    Limits,
    LiteralEnd,
    LiteralPart,
    Session,
)

SMALL = Limits(before_login=100, line=200, literal=50, literals=9, command=300, message=1000, bad_commands=3)


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


@pytest.mark.parametrize(
    ("octets", "response", "close"),
    [
        (b"a SELECT {51}\r\n", b"a NO [TOOBIG] Literal too large\r\n", False),
        (b"a SELECT {51+}\r\n", b"a BAD [TOOBIG] Literal too large\r\n* BYE [TOOBIG] Literal too large\r\n", True),
        (b"a APPEND INBOX {1001}\r\n", b"a NO [TOOBIG] Literal too large\r\n", False),
        (b"a APPEND INBOX {99999999999999999999+}\r\n",
         b"a BAD [TOOBIG] Literal too large\r\n* BYE [TOOBIG] Literal too large\r\n", True),
        (b"a SELECT " + b"x" * 201, b"a BAD Line too long\r\n* BYE Line too long\r\n", True),
        (b"a BOGUS {5}\r\n", b"a BAD Unknown command\r\n", False),
        (b"a APPEND INBOX nonsense {5}\r\n", b"a BAD End of command expected\r\n", False),
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


# ── APPEND ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_comes_in_parts():
    session = start()
    event = said(session, b'A003 APPEND saved-messages (\\Seen) "17-Jul-1996 02:44:25 -0700" {10}\r\n')
    assert event.args == Append("saved-messages", event.args.flags, 837596665000000, 10)
    assert event.args.flags.mask == 1
    assert session.proceed() == b"+ Ready\r\n"
    assert said(session, b"12345") == LiteralPart(b"12345")
    assert session.next_event() is None
    assert said(session, b"67\r\n0\r\nb NOOP\r\n") == LiteralPart(b"67\r\n0")
    assert session.next_event() == LiteralEnd()
    assert session.next_event() is None
    assert session.answer("OK", "Kept", "APPENDUID 1 2") == b"A003 OK [APPENDUID 1 2] Kept\r\n"
    assert session.next_event().name == "NOOP"


def test_a_refused_message_that_waits_never_comes():
    session = start()
    said(session, b"a APPEND nowhere {10}\r\n")
    assert session.answer("NO", "No such mailbox", "TRYCREATE") == b"a NO [TRYCREATE] No such mailbox\r\n"
    assert said(session, b"b NOOP\r\n").name == "NOOP"


@pytest.mark.parametrize("size", [0, 8])
def test_a_refused_message_that_comes_all_the_same_is_thrown_away(size):
    session = start()
    said(session, b"a APPEND nowhere {%d+}\r\n" % size + b"b NOOP\r\n"[:size] + b"\r\nc NOOP\r\n")
    session.answer("NO", "No such mailbox")
    assert session.next_event().tag == "c"


def test_a_message_can_be_refused_while_it_comes():
    session = start()
    said(session, b"a APPEND INBOX {8}\r\n")
    session.proceed()
    assert said(session, b"b NO") == LiteralPart(b"b NO")
    assert session.answer("NO", "Full", "OVERQUOTA") == b"a NO [OVERQUOTA] Full\r\n"
    assert said(session, b"OP\r\n\r\nc NOOP\r\n").tag == "c"


def test_a_mailbox_name_can_be_a_literal_before_the_message():
    session = start()
    assert isinstance(said(session, b"a APPEND {5}\r\n"), Continue)
    assert said(session, b"INBOX {3+}\r\nabc\r\n").args == Append("INBOX", size=3)
    assert session.proceed() == b""
    assert [session.next_event(), session.next_event()] == [LiteralPart(b"abc"), LiteralEnd()]


def test_something_behind_the_message_spoils_the_command():
    session = start()
    said(session, b"a APPEND INBOX {3+}\r\nabc more\r\nb NOOP\r\n")
    session.proceed()
    assert session.next_event() == LiteralPart(b"abc")
    assert session.next_event().response == b"a BAD End of command expected\r\n"
    assert session.next_event().tag == "b"


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
    b"j UID SEARCH 1,3:* ",
])  # fmt: skip


def talk(pieces, *, inside):
    """What a simple owner hears and says: the same for the same octets, however they were cut."""
    session = start(SMALL, inside=inside)
    out = []
    for piece in pieces:
        session.feed(piece)
        while (event := session.next_event()) is not None:
            match event:
                case Command(name="APPEND"):
                    out += [event, session.proceed()]
                case Command(name="IDLE"):
                    out += [event, session.idle()]
                case Command(name="AUTHENTICATE"):
                    out += [event, session.challenge(b"?")]
                case Command(name="STARTTLS"):
                    out += [event, session.answer("NO", "Not today")]
                case Command() | AuthResponse() | Done() | LiteralEnd():
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
@given(st.lists(PIECES, max_size=12).map(b"".join), st.lists(st.integers(1, 60), max_size=30), st.booleans())
def test_it_does_not_matter_how_the_octets_were_cut(data, cuts, inside):
    data = data.replace(b"STARTTLS", b"LSUB")  # there the cut does matter: what came with it is an attack
    assert talk(cut(data, cuts), inside=inside) == talk([data], inside=inside)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=12))
def test_any_octets_are_an_event_or_a_bad_command(pieces):
    for inside in (True, False):
        events, _ = talk(pieces, inside=inside)
        for event in events:
            if isinstance(event, BadCommand):
                assert event.response.endswith(b"\r\n")
                assert event.line.isascii()
