"""Line ends and quoting: what is taken is the same however it was read, and what is written can be read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.transfer.lines import Crlf, Lines, native, quoted, unquoted

octets = st.lists(
    st.sampled_from([b"\r\n", b"\n", b"\r", b"a", b"From ", b">From ", b">>From x", b"\n\n", b"Subject: x\n"])
).map(b"".join)


def fed(machine, pieces):
    return b"".join([machine.feed(piece) for piece in pieces]) + machine.end()


def cut(content, cuts):
    pieces, at = [], 0
    for size in cuts:
        pieces.append(content[at : at + size])
        at += size
    return [*pieces, content[at:]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\r\nb\nc", b"a\r\nb\r\nc"),
        (b"a\r\r\nb\n", b"a\r\r\nb\r\n"),
        (b"a\rb\n", b"a\rb\r\n"),
        (b"a\r", b"a\r"),
        (b"", b""),
    ],
)
def test_every_line_ends_in_cr_lf(before, after):
    assert fed(Crlf(), [before]) == after


@given(octets, st.lists(st.integers(1, 5)))
def test_how_octets_were_cut_does_not_matter(content, cuts):
    pieces = cut(content, cuts)
    assert fed(Crlf(), pieces) == fed(Crlf(), [content])
    for edit in (quoted, unquoted):
        for most in (24, 1 << 20):
            assert fed(Lines(edit, most), pieces) == fed(Lines(edit), [content])


@given(octets)
def test_a_letter_in_a_file_of_its_own_comes_back_as_it_was(content):
    crlf = fed(Crlf(), [content])
    assert fed(Crlf(), [native(crlf)]) == crlf


@given(octets)
def test_what_was_quoted_comes_back_and_no_line_looks_like_a_letters_beginning(content):
    assert unquoted(quoted(content)) == content
    assert not any(line.startswith(b"From ") for line in quoted(content).split(b"\n"))


def test_a_line_without_end_is_not_held_for_ever():
    lines = Lines(quoted, most=10)
    assert lines.feed(b"From " + b"x" * 20) == b">From " + b"x" * 20
    assert lines.feed(b"From within a line\nFrom its beginning\n") == b"From within a line\n>From its beginning\n"
