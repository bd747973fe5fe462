"""POP3, the machine: what may be said when, and what is never read as a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.content import Stuffing, Top, header_size, is_international
from pyeonji.proto.pop3.content import stuffed as stuffed_whole
from pyeonji.proto.pop3.session import Command, Response, Session, State, Wrong


def events(octets, state=State.AUTHORIZATION, pieces=None):
    session = Session()
    session.state = state
    found = []
    for piece in pieces if pieces is not None else [octets]:
        session.feed(piece)
        while (event := session.next_event()) is not None:
            found.append(event)
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"STAT\r\n", Command("STAT", "STAT")),
        (b"stat\r\n", Command("STAT", "STAT")),
        (b"LIST\r\n", Command("LIST", "LIST")),
        (b"LIST 2\r\n", Command("LIST", "LIST 2", number=2)),
        (b"TOP 1 10\r\n", Command("TOP", "TOP 1 10", number=1, lines=10)),
        (b"TOP 1 0\n", Command("TOP", "TOP 1 0", number=1)),
        (b"RETR\r\n", Wrong("RETR", answer.BAD_ARGUMENT)),
        (b"RETR 0\r\n", Wrong("RETR 0", answer.NO_SUCH_MESSAGE)),
        (b"RETR -1\r\n", Wrong("RETR -1", answer.BAD_ARGUMENT)),
        (b"RETR 9223372036854775808\r\n", Wrong("RETR 9223372036854775808", answer.BAD_ARGUMENT)),
        (b"DELE x\r\n", Wrong("DELE x", answer.BAD_ARGUMENT)),
        (b"NOOP x\r\n", Wrong("NOOP x", answer.BAD_ARGUMENT)),
        (b"USER kim\r\n", Wrong("USER kim", answer.NOT_NOW)),
        (b"XYZZY\r\n", Wrong("(5 octets)", answer.UNKNOWN)),
        (b"RETR " + b"1" * 300 + b"\r\n", Wrong("RETR (too long)", answer.TOO_LONG, close=True)),
    ],
)
def test_a_line_in_the_transaction_state(line, expected):
    assert events(line, State.TRANSACTION) == [expected]


def test_a_password_is_not_kept_in_the_journey():
    (event,) = events(b"PASS open sesame\r\n")
    assert event.text == "open sesame"
    assert "sesame" not in event.line


def test_an_auth_response_is_not_kept_in_the_journey():
    (event,) = events(b"AUTH PLAIN AGtpbQBzZWNyZXQ=\r\n")
    assert event.initial == b"AGtpbQBzZWNyZXQ="
    assert event.line == "AUTH PLAIN (16 octets)"


def test_a_star_gives_up_the_exchange():
    session = Session()
    session.expects_response = True
    session.feed(b"*\r\n")
    assert session.next_event() == Response(None, "*")


def test_nothing_behind_stls_is_ever_a_command():
    found = events(b"STLS\r\nUSER mallory\r\nPASS x\r\n")
    assert found == [Wrong("STLS", answer.OCTETS_BEHIND_STLS, close=True)]


def test_too_many_errors_close_the_connection():
    found = events(b"WHAT\r\n" * 30)
    assert len(found) == 20
    assert found[-1].close


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n..b\r\n.\r\n", b"..a\r\n...b\r\n..\r\n.\r\n"),
    ],
)
def test_dots_are_doubled_on_the_wire(content, wire):
    assert stuffed([content]) == b"".join(stuffed_whole(content)) == wire


def stuffed(pieces):
    stuffing = Stuffing()
    return b"".join([stuffing.feed(piece) for piece in pieces]) + stuffing.end()


def unstuffed(wire):
    """What a client makes of it: lines up to the dot."""
    lines = wire.split(b"\r\n")
    assert lines[-2:] == [b".", b""] and b"." not in lines[:-2]
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])


def topped(pieces, lines):
    top = Top(lines)
    return b"".join([top.feed(piece) for piece in pieces]) + top.end()


@pytest.mark.parametrize(
    ("content", "count", "end"),
    [
        (b"A: b\r\n\r\none\r\ntwo\r\n", 0, 8),
        (b"A: b\r\n\r\none\r\ntwo\r\n", 1, 13),
        (b"A: b\r\n\r\none\r\ntwo", 2, 16),
        (b"A: b\r\n\r\none\r\ntwo\r\n", 4_000_000_000, 18),
        (b"\r\none\r\n\r\ntwo\r\n", 0, 2),
        (b"\r\n", 5, 2),
        (b"A: b\r\n", 0, 6),
        (b"A: b\r", 0, 5),
        (b"", 3, 0),
    ],
)
def test_where_the_top_ends(content, count, end):
    assert topped([content], count) == content[:end]


words = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"..", b"A: b\r\n", b"\r\n\r\n"]), max_size=12)


@given(words, st.lists(st.integers(1, 7)), st.integers(0, 4))
def test_how_a_letter_was_cut_into_pieces_does_not_matter(parts, cuts, lines):
    content = b"".join(parts)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(content[at : at + cut])
        at += cut
    pieces.append(content[at:])
    assert stuffed(pieces) == stuffed([content]) == b"".join(stuffed_whole(content))
    assert topped(pieces, lines) == topped([content], lines)


@given(words, st.integers(0, 4))
def test_the_top_is_the_header_and_so_many_lines(parts, lines):
    content = b"".join(parts)
    head = header_size(content)
    rest = content[head:].split(b"\r\n")
    body = b"\r\n".join(rest) if lines >= len(rest) else b"".join(line + b"\r\n" for line in rest[:lines])
    assert topped([content], lines) == content[:head] + body


@given(st.lists(st.sampled_from([b"a", b".", b"..", b"", b"b."]), max_size=9))
def test_a_client_reads_the_lines_of_the_letter(lines):
    content = b"".join(line + b"\r\n" for line in lines)
    assert unstuffed(stuffed([content])) == content


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Subject: hello", False),
        ("Subject: 안녕".encode(), True),
        ("Subject: 안녕".encode()[:-1], True),  # cut inside a character
        ("Subject: 안녕".encode("euc-kr"), False),
        (b"Subject: \xff\xfe " + "안녕".encode(), False),
    ],
)
def test_which_header_needs_utf8(head, expected):
    assert is_international(head) == expected


@given(st.lists(st.sampled_from([b"USER a\r\n", b"PASS b\r\n", b"CAPA\r\n", b"\r", b"\n", b"x" * 300, b"AUTH"])),
       st.lists(st.integers(1, 40)))  # fmt: skip
def test_how_the_stream_was_cut_does_not_matter(parts, cuts):
    octets = b"".join(parts)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(octets[at : at + cut])
        at += cut
    pieces.append(octets[at:])
    assert events(octets, pieces=pieces) == events(octets)


@given(st.binary(max_size=2000))
def test_any_octets_are_an_event_or_our_refusal(octets):
    events(octets)
