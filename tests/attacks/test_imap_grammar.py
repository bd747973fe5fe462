"""Commands as long as they may be, made to cost time: none costs more than a moment, however it is cut."""

import time

import pytest

from pyeonji.proto.imap.session import LIMITS, Session

MOMENT_S = 2.0  # seconds of work; the slowest needs a tenth of it on a busy machine
LINE = LIMITS.line - 100
HOSTILE = {
    "a set of scattered UIDs": b"UID FETCH " + b",".join(b"%d" % (n * 2 + 1) for n in range(10_000)) + b" FLAGS",
    "a set of stars": b"UID FETCH " + b"1:*," * (LINE // 4) + b"1 FLAGS",
    "field names": b"UID FETCH 1 (" + b" ".join([b"BODY[HEADER.FIELDS (%b)]" % b" ".join([b"a"] * 200)] * 100) + b")",
    "escapes": b"SEARCH " + b" ".join([b'TEXT "' + b'\\"' * 12 + b'"'] * 1_900),
    "one long escape": b'SEARCH TEXT "' + b'\\"' * (LINE // 2) + b'"',
    "a string without end": b'SEARCH TEXT "' + b'\\"' * (LINE // 2),
    "braces between quotes": b"SEARCH " + b'"{3}' * (LINE // 4) + b"{3}",
    "nested keys": b"SEARCH " + b"(NOT OR " * (LINE // 8),
    "patterns": b'LIST "" (' + b" ".join([b"*%" * 400] * 32) + b")",
    "ampersands": b'LIST "" ' + b"&" * LINE,
    "shifts": b'LIST "" "' + b"&AGEAYg-" * (LINE // 8) + b'"',
    "keywords": b"UID STORE 1 +FLAGS (" + b" ".join(b"kw%d" % n for n in range(8_000)) + b")",
    "entries": b"GETMETADATA INBOX (" + b" ".join([b"/shared/" + b"a/" * 100 + b"b"] * 300) + b")",
    "groups": b"NOTIFY SET" + b" (mailboxes (a b c) (MessageNew MessageExpunge))" * (LINE // 48),
    "known sets": b"SELECT INBOX (QRESYNC (1 1 " + b",".join(b"%d" % (n * 2 + 1) for n in range(10_000)) + b"))",
    "many literals": b"SEARCH" + b"".join(b" TEXT {1000+}\r\n" + b"x" * 1000 for _ in range(99)),
    "pieces by URL": b"APPEND x CATENATE (" + b" ".join(b"URL {300+}\r\n" + b"y" * 300 for _ in range(99)) + b")",
}


def carried_out(octets, size):
    session = Session(LIMITS)
    session.log_in()
    began = time.process_time()
    session.feed(b"s SELECT INBOX\r\n")
    session.next_event()
    session.answer("OK", "Open")
    for at in range(0, len(octets), size):
        session.feed(octets[at : at + size])
        session.next_event()
    return time.process_time() - began


@pytest.mark.parametrize("size", [1 << 20, 997])
@pytest.mark.parametrize("what", HOSTILE)
def test_no_command_costs_more_than_a_moment(what, size):
    assert carried_out(b"a " + HOSTILE[what] + b"\r\n", size) < MOMENT_S


def test_octets_that_come_one_by_one_are_not_looked_at_again():
    assert carried_out(b"a SEARCH TEXT " + b"x" * 60_000, 1) < MOMENT_S
