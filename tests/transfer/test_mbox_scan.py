"""Where letters begin and end in mbox files of all kinds."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.transfer import mbox_scan
from pyeonji.transfer.mbox_scan import NotAnMbox, Scanner, from_date, from_line

A = b"From a@b.test Thu Jan  1 10:00:00 2026\n"
ONE, TWO = b"Subject: one\n\nfirst\n", b"Subject: two\n\nsecond\n"
BIG = b"Subject: big\n\n" + b"line of text\n" * 300

FILES = {
    "two letters": (A + ONE + b"\n" + A + TWO + b"\n", [ONE, TWO]),
    "no empty line at the end": (A + ONE + b"\n" + A + TWO, [ONE, TWO]),
    "no line end at the end": (A + ONE + b"\n" + A + TWO[:-1], [ONE, TWO[:-1]]),
    "cr lf": ((A + ONE + b"\n" + A + TWO + b"\n").replace(b"\n", b"\r\n"),
              [ONE.replace(b"\n", b"\r\n"), TWO.replace(b"\n", b"\r\n")]),
    "empty lines before": (b"\n\n" + A + ONE + b"\n", [ONE]),
    "empty lines inside": (A + ONE + b"\n\n\nmore\n\n" + A + TWO + b"\n", [ONE + b"\n\n\nmore\n", TWO]),
    "an empty letter": (A + b"\n" + A + ONE + b"\n", [b"\n", ONE]),
    "no octet at all": (A + A + ONE + b"\n", [b"", ONE]),
    "only the line": (A, [b""]),
    "a sentence that begins so": (A + ONE + b"\nFrom now on we meet\nat ten.\n\n" + A + TWO + b"\n",
                                  [ONE + b"\nFrom now on we meet\nat ten.\n", TWO]),
    "a sentence that begins so, at the end": (A + ONE + b"\nFrom now on", [ONE + b"\nFrom now on"]),
    "not behind an empty line": (A + ONE + A + b"x\n\n" + A + TWO + b"\n", [ONE + A + b"x\n", TWO]),
    "not behind an empty line, but a letter": (A + ONE + A + TWO + b"\n", [ONE, TWO]),
    "without a date": (b"From a@b\n" + ONE + b"\nFrom c@d\n" + TWO + b"\n", [ONE, TWO]),
    "thunderbird": (b"From - Thu Jan 01 10:00:00 2026\n" + ONE + b"\n", [ONE]),
    "google takeout": (b"From 17@xxx Thu Jan 01 10:00:00 +0000 2026\n" + ONE + b"\n", [ONE]),
    "content-length, and from inside": (
        A + b"Subject: x\nContent-Length: %d\n\n" % len(b"one\n\n" + A + TWO) + b"one\n\n" + A + TWO + b"\n" + A + ONE,
        [b"Subject: x\nContent-Length: %d\n\n" % len(b"one\n\n" + A + TWO) + b"one\n\n" + A + TWO, ONE],
    ),
    "content-length that lies": (A + b"Subject: x\nContent-Length: 3\n\nfirst\n\n" + A + TWO,
                                 [b"Subject: x\nContent-Length: 3\n\nfirst\n", TWO]),
    "content-length beyond the end": (A + b"Subject: x\nContent-Length: 9999\n\nfirst\n\n" + A + TWO,
                                      [b"Subject: x\nContent-Length: 9999\n\nfirst\n", TWO]),
    "content-length of no body": (A + b"Content-Length: 0\n\n\n" + A + TWO, [b"Content-Length: 0\n\n", TWO]),
    "content-length into the middle of a line": (A + b"Content-Length: 3\n\n>>>From here\n\n" + A + TWO,
                                                 [b"Content-Length: 3\n\n>>>From here\n", TWO]),
    "content-length in a body": (A + ONE + b"Content-Length: 1\n\n" + A + TWO,
                                 [ONE + b"Content-Length: 1\n", TWO]),
    "no header end": (A + b"Subject: x\n", [b"Subject: x\n"]),
    "large": (A + BIG + b"\n" + A + BIG + b"\n" + A + ONE, [BIG, BIG, ONE]),
}  # fmt: skip


def letters(octets):
    scanner, found = Scanner(io.BytesIO(octets)), []
    while scanner.next() is not None:
        pieces = []
        scanner.take(pieces.append)
        found.append(b"".join(pieces))
    return found


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("name", FILES)
def test_letters_begin_and_end_where_they_do(monkeypatch, name, block):
    monkeypatch.setattr(mbox_scan, "BLOCK", block)
    octets, found = FILES[name]
    assert letters(octets) == found


@pytest.mark.parametrize("octets", [b"Subject: x\n\nhello\n", b"\x00\x01", b"From", b"\n\n<html>"])
def test_what_is_no_mbox_says_so(octets):
    with pytest.raises(NotAnMbox):
        letters(octets)


def test_an_empty_file_has_no_letters():
    assert letters(b"") == letters(b"\n\r\n\n") == []


DATES = {
    b"From a@b.test Thu Jan  1 10:00:00 2026": 1767261600,
    b"From a@b.test Thu Jan 01 10:00 2026": 1767261600,
    b"From - Thu Jan  1 10:00:00 2026": 1767261600,
    b"From 17@xxx Thu Jan 01 19:00:00 +0900 2026": 1767261600,
    b"From a@b Thu Jan  1 19:00:00 2026 +0900": 1767261600,
    b"From a@b Thu Jan  1 19:00:00 KST 2026": 1767261600,
    b"From a@b Thu, 1 Jan 2026 19:00:00 +0900": 1767261600,
    b"From a b c@d Thu Jan  1 10:00:00 2026": 1767261600,
    b"From now on": None,
    b"From Monday to Friday at 10:00": None,
    b"From Mon to Fri": None,
    b"From a@b Thu Foo  1 10:00:00 2026": None,
}


@pytest.mark.parametrize("line", DATES)
def test_the_date_of_a_from_line(line):
    assert from_date(line) == (None if DATES[line] is None else DATES[line] * 1_000_000)


@given(st.integers(0, 4_000_000_000))
def test_a_date_that_we_write_we_read(second):
    assert from_date(from_line(second * 1_000_000).rstrip(b"\n")) == second * 1_000_000


pieces = st.lists(
    st.sampled_from([A, b"From ", b"\n", b"\r\n", b"x\n", b"Subject: y\n", b"Content-Length: 5\n", b">From z\n", b"x"])
)


@given(pieces.map(b"".join), st.integers(1, 40))
def test_how_a_file_was_read_does_not_matter(octets, block):
    whole = letters(A + octets)
    before = mbox_scan.BLOCK
    mbox_scan.BLOCK = block
    try:
        assert letters(A + octets) == whole
    finally:
        mbox_scan.BLOCK = before
