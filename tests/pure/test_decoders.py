"""Transfer encodings undone in pieces: the same octets wherever they are cut, exact on what is broken, linear."""

import base64
import binascii
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyeonji.message.codecs import decode, decode_base64
from pyeonji.message.decoders import HELD, decoder

ENCODINGS = ("7bit", "base64", "quoted-printable", "x-uuencode")
WORDS = st.lists(
    st.sampled_from([
        b"aGVsbG8=", b"aGVs", b"QQ==", b"Q", b"=", b"==", b"=41", b"=4", b"=\r\n", b"=\n", b"=zz", b" ", b"\t", b"\r\n",
        b"\n", b"\r", b"begin 644 x\n", b"#86)C\n", b"`\n", b"end\n", b"-- \r\nfooter!\r\n", b"\xed\x8e\xb8", b"\0",
    ]),
    max_size=30,
).map(b"".join)  # fmt: skip


def in_pieces(octets, encoding, sizes):
    made, at, found = decoder(encoding), 0, []
    for size in sizes:
        found.append(made.feed(octets[at : at + size]))
        at += size
    return b"".join([*found, made.feed(octets[at:]), made.end()])


@given(WORDS, st.sampled_from(ENCODINGS), st.lists(st.integers(0, 9), max_size=30))
@example(b"aGVsbG8=\r\naQ==\r\n", "base64", [8, 3])
def test_where_it_is_cut_makes_no_difference(octets, encoding, sizes):
    assert in_pieces(octets, encoding, sizes) == decode(octets, encoding)


@given(WORDS)
def test_the_short_way_of_base64_is_the_same(octets):
    assert decode_base64(octets) == decode(octets, "base64")


@given(st.binary(max_size=300), st.lists(st.integers(0, 50), max_size=10))
def test_what_is_sound_comes_back(octets, sizes):
    lines = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    assert in_pieces(lines, "base64", sizes) == octets
    quoted = binascii.b2a_qp(octets, quotetabs=True, istext=False)
    assert in_pieces(quoted, "quoted-printable", sizes) == octets


ROWS = [
    ("quoted-printable", b"a=\t \r\nb", b"ab"),
    ("quoted-printable", b"a= b", b"a= b"),
    ("quoted-printable", b"a=4", b"a=4"),
    ("quoted-printable", b"a \t\r\nb \nc ", b"a\r\nb\nc "),
    ("quoted-printable", b"=E9=e9=G0=\n", b"\xe9\xe9=G0"),
    ("quoted-printable", b"=00", b"\0"),
    ("base64", b"QUJ\0D", b"ABC"),
    ("base64", b"QUJD\r\n=\r\nQUJD", b"ABCABC"),
    ("base64", b"QUI=QUI=", b"ABAB"),
    ("base64", b"QUI=\r\n____\r\nabcd", b"AB"),
    ("base64", b"QUI=\r\nabc", b"AB"),
    ("base64", b"====", b""),
    ("base64", b"Q", b""),
    ("x-uuencode", b"hello\r\nbegin 644 x\r\n#86)C\r\n`\r\nend\r\n#86)C\r\n", b"abc"),
    ("x-uuencode", b"#86)C\n", b"abc"),
    ("x-uuencode", b"begin 644 x\n\xff\xff\n#86)C", b"abc"),
    ("x-uuencode", b"begin 644 x\nx\nM86)C\n\n#86)C\n", b"abc"),
]


@pytest.mark.parametrize(("encoding", "octets", "expected"), ROWS)
def test_what_is_broken_is_read_in_one_way(encoding, octets, expected):
    assert decode(octets, encoding) == expected
    assert in_pieces(octets, encoding, [1] * len(octets)) == expected


@pytest.mark.parametrize("encoding", ["x-unknown", "", "uuencode;x"])
def test_an_encoding_nobody_knows_has_no_decoder(encoding):
    assert decoder(encoding) is None
    assert decode(b"=41", encoding) == b"=41"


def test_base64_goes_on_behind_padding_for_as_long_as_it_is_base64():
    line = b"QUI=\r\n"
    many = line * (HELD // 3)
    assert decode(many, "base64") == b"AB" * (HELD // 3)
    assert in_pieces(many, "base64", [1_000] * 200) == b"AB" * (HELD // 3)
    assert decode(many + b"!" + many, "base64") == b"AB" * (HELD // 3)
    assert decode(line + b"!" + many, "base64") == b"AB"


HOSTILE = {
    "padding without end": ("base64", b"="),
    "padding again and again": ("base64", b"QQ=="),
    "junk": ("base64", b"!"),
    "a line without end": ("quoted-printable", b"x"),
    "escapes in a line without end": ("quoted-printable", b"=41"),
    "white space without end": ("quoted-printable", b" "),
    "padded lines": ("quoted-printable", b"x \r\n"),
    "equal signs": ("quoted-printable", b"="),
    "no begin": ("x-uuencode", b"x\n"),
    "begin without end": ("x-uuencode", b"begin 644 "),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_as_much_takes_twice_as_long_and_no_memory(name):
    encoding, word = HOSTILE[name]
    sizes = (40_000, 80_000, 160_000)
    best = dict.fromkeys(sizes, 9.0)
    for _ in range(8):  # by turns, and again: the machine may be busy with something else for a while
        for count in sizes:
            best[count] = min(best[count], time_of(encoding, word * count))
        if all(best[2 * count] <= 2.5 * best[count] + 0.02 for count in sizes[:2]):
            break
    else:
        pytest.fail(f"seconds by size: {best}")
    assert peak_of(encoding, word, pieces=24) < 1.5 * peak_of(encoding, word, pieces=6)


def time_of(encoding, octets):
    made, began = decoder(encoding), time.process_time()
    for start in range(0, len(octets), 1 << 16):
        made.feed(octets[start : start + (1 << 16)])
    made.end()
    return time.process_time() - began


def peak_of(encoding, word, *, pieces):
    made, piece = decoder(encoding), word * ((1 << 16) // len(word))
    tracemalloc.start()
    for _ in range(pieces):
        made.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
