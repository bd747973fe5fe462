"""The MIME tree of broken, nested and hostile letters, read at once and in pieces (M01, M02, M06)."""

import gc
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.message.mime import DEFAULT_LIMITS, MAX_DELIMITER, Limits, Scanner, scan

MIXED = b"Content-Type: multipart/mixed; boundary=%b\r\n"


def shape(part):
    """Everything that is known of a tree."""
    return (
        part.type, part.subtype, part.header_start, part.body_start, part.body_end, part.lines, part.truncated,
        [field.name for field in part.header], [shape(child) for child in part.children],
    )  # fmt: skip


def in_pieces(octets, sizes, limits=DEFAULT_LIMITS):
    scanner, at = Scanner(limits), 0
    for size in sizes:
        scanner.feed(octets[at : at + size])
        at += size
    scanner.feed(octets[at:])
    return scanner.end()


WORDS = st.sampled_from([
    b"--a", b"--a--", b"--b", b"--ab", b"--b--", b"--", b"-", b"\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ",
    b"text", b"X: y\r\n", b"From x\n", MIXED % b"a", MIXED % b"ab", b"Content-Type: multipart/digest; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Transfer-Encoding: base64\r\n", b"x" * MAX_DELIMITER, b" " * 90,
])  # fmt: skip
LETTERS = st.builds(
    lambda boundary, words: MIXED % boundary + b"\r\n" + b"".join(words),
    st.sampled_from([b"a", b"b"]),
    st.lists(WORDS, max_size=30),
)


@settings(max_examples=400)
@given(LETTERS, st.lists(st.integers(0, 40), max_size=40))
def test_where_a_letter_is_cut_makes_no_difference(octets, sizes):
    assert shape(in_pieces(octets, sizes)) == shape(scan(octets))


@settings(max_examples=200)
@given(LETTERS)
def test_parts_lie_inside_each_other_one_behind_the_other(octets):
    for part in scan(octets).walk():
        assert part.header_start <= part.body_start <= part.body_end <= len(octets)
        assert part.lines == octets.count(b"\n", part.body_start, part.body_end)
        at = part.body_start
        for child in part.children:
            assert at <= child.header_start and child.body_end <= part.body_end
            at = child.body_end


def outline(octets):
    """Types and bodies of the leaves."""
    return [(f"{part.type}/{part.subtype}", part.body) for part in scan(octets).walk() if not part.children]


BROKEN = {
    "no boundary": (b"Content-Type: multipart/mixed\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
                    [("text/plain", b"--a\r\n\r\nx\r\n--a--\r\n")]),
    "an empty boundary": (b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
                          [("text/plain", b"--\r\n\r\nx\r\n----\r\n")]),
    "a boundary that never comes": (MIXED % b"a" + b"\r\n--b\r\n\r\nx\r\n", [("text/plain", b"--b\r\n\r\nx\r\n")]),
    "no last delimiter": (MIXED % b"a" + b"\r\n--a\r\n\r\nx\r\n", [("text/plain", b"x\r\n")]),
    "the last delimiter without a line end": (MIXED % b"a" + b"\r\n--a\r\n\r\nx\r\n--a--", [("text/plain", b"x")]),
    "preamble and epilogue": (MIXED % b"a" + b"\r\npre\r\n--a\r\n\r\nx\r\n--a--\r\nepi\r\n--a\r\n\r\ny\r\n",
                              [("text/plain", b"x")]),
    "a boundary that begins like another": (
        MIXED % b"ab" + b"\r\n--ab\r\n" + MIXED % b"a" + b"\r\n--a\r\n\r\nx\r\n--abc\r\n--a--\r\n"
        b"--ab\r\n\r\ny\r\n--ab--",
        [("text/plain", b"x\r\n--abc"), ("text/plain", b"y")]),
    "a boundary that ends like a last delimiter": (
        MIXED % b'"b--"' + b"\r\n--b--\r\n" + MIXED % b"b" + b"\r\n--b\r\n\r\nx\r\n--b--\r\n\r\ny\r\n--b----\r\n",
        [("text/plain", b"x"), ("text/plain", b"y")]),
    "the same boundary inside": (
        MIXED % b"a" + b"\r\n--a\r\n" + MIXED % b"a" + b"\r\n--a\r\n\r\nx\r\n--a--\r\n\r\n--a--\r\n",
        [("text/plain", b""), ("text/plain", b"x")]),
    "the outer delimiter inside the inner part": (
        MIXED % b"a" + b"\r\n--a\r\n" + MIXED % b"b" + b"\r\n--b\r\n\r\nx\r\n--a\r\n\r\ny\r\n--a--\r\n",
        [("text/plain", b"x"), ("text/plain", b"y")]),
    "two delimiters in a row": (
        MIXED % b"a" + b"\r\n--a\r\n" + MIXED % b"b" + b"\r\n--b\r\n--a\r\n\r\ny\r\n--a--\r\n",
        [("text/plain", b""), ("text/plain", b"y")]),
    "a delimiter in a header": (MIXED % b'"a:b"' + b"\r\n--a:b\r\nX: y\r\n--a:b\r\n\r\nx\r\n--a:b--\r\n",
                                [("text/plain", b""), ("text/plain", b"x")]),
    "white space behind a delimiter": (MIXED % b"a" + b"\r\n--a \t\r\n\r\nx\r\n--a-- \r\n", [("text/plain", b"x")]),
    "bare line feeds": (MIXED.replace(b"\r", b"") % b"a" + b"\n--a\n\nx\n--a--\n", [("text/plain", b"x")]),
    "bare carriage returns": (
        MIXED % b"a" + b"\r\n--a\r\n\r\nx\r--a--\r\ny\r\n--a--\r\n",
        [("text/plain", b"x\r--a--\r\ny")]),
    "NUL": (MIXED % b"a" + b"\r\n--a\r\n\r\nx\0y\r\n--a\0\r\n--a--\r\n", [("text/plain", b"x\0y\r\n--a\0")]),
    "a digest": (b"Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\nSubject: s\r\n\r\nx\r\n--a--\r\n",
                 [("text/plain", b"x")]),
    "a letter in base64": (
        MIXED % b"a" + b"\r\n--a\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64"
        b"\r\n\r\nU3ViamVjdDogeA==\r\n--a--\r\n", [("message/rfc822", b"U3ViamVjdDogeA==")]),
    "two types": (
        b"Content-Type: text/html\r\n" + MIXED % b"a" + b"\r\n--a\r\n\r\nx",
        [("text/html", b"--a\r\n\r\nx")]),
    "a header and nothing else": (b"Subject: x\r\n", [("text/plain", b"")]),
    "a body and nothing else": (b"\r\nx\r\n", [("text/plain", b"x\r\n")]),
    "nothing": (b"", [("text/plain", b"")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_letters_have_one_reading(name):
    octets, expected = BROKEN[name]
    assert outline(octets) == expected
    for size in (1, 2, 3, 7):
        assert shape(in_pieces(octets, [size] * len(octets))) == shape(scan(octets))


# ── hostile ──


def nested_multiparts(n):
    return b"".join(MIXED % b"b%d" % level + b"\r\n--b%d\r\n" % level for level in range(n)) + b"\r\nx\r\n"


def nested_letters(n):
    return b"Content-Type: message/rfc822\r\n\r\n" * n + b"Subject: x\r\n\r\n"


def many_parts(n):
    return MIXED % b"a" + b"\r\n" + b"--a\r\n\r\n" * n


def many_false_delimiters(n):
    return MIXED % b"a" + b"\r\n--a\r\n\r\n" + b"--ab\r\n" * n


def many_dashes_below_many_boundaries(n):
    return nested_multiparts(90) + b"\r\n--" * n


def many_fields(n):
    return MIXED % b"a" + b"\r\n--a\r\n" + b"X: y\r\n" * n + b"\r\n"


def one_long_field(n):
    return MIXED % b"a" + b"\r\n--a\r\nX: " + b"y" * n


def one_long_name(n):
    return MIXED % b"a" + b"\r\n--a\r\n" + b"y" * n


FAMILIES = {
    nested_multiparts: 500,
    nested_letters: 5_000,
    many_parts: 10_000,
    many_false_delimiters: 10_000,
    many_dashes_below_many_boundaries: 100_000,
    many_fields: 10_000,
    one_long_field: 1_000_000,
    one_long_name: 1_000_000,
}
AT_MOST = 2.5  # times as long for twice as much
NOISE_S = 0.02  # what a busy machine may add


def seconds(work):
    """The least of five, without the garbage collector: it looks at all that other tests have left, too."""
    found = []
    gc.disable()
    try:
        for _ in range(5):
            began = time.process_time()
            work()
            found.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(found)


def pieces_of(octets):
    scanner = Scanner()
    for start in range(0, len(octets), 1 << 16):
        scanner.feed(octets[start : start + (1 << 16)])
    return scanner.end()


@pytest.mark.parametrize("read", [scan, pieces_of])
@pytest.mark.parametrize("family", FAMILIES)
def test_twice_as_much_takes_twice_as_long(family, read):
    n = FAMILIES[family]
    for _ in range(3):  # a busy machine is slow now and then; what is not linear is so each time
        one, two, four = (seconds(lambda size=size: read(family(size))) for size in (n, 2 * n, 4 * n))
        if two <= AT_MOST * one + NOISE_S and four <= AT_MOST * two + NOISE_S:
            return
    assert four <= AT_MOST * two + NOISE_S
    assert two <= AT_MOST * one + NOISE_S


def test_without_the_limit_each_level_would_be_opened():
    """Negative control: it is the limit that stops."""
    deep = nested_letters(300)
    assert max(part.depth for part in scan(deep).walk()) == Limits().depth
    assert max(part.depth for part in scan(deep, Limits(depth=1_000)).walk()) == 300
    many = many_parts(30)
    assert len(list(scan(many, Limits(parts=10)).walk())) == 10
    assert len(list(scan(many).walk())) == 31


def test_what_is_beyond_a_limit_stays_whole():
    deep = scan(nested_letters(300))
    last = list(deep.walk())[-1]
    assert (last.type, last.subtype, last.truncated) == ("application", "octet-stream", True)
    assert last.body_end == deep.body_end
    root = scan(many_parts(20), Limits(parts=5))
    assert root.truncated and len(root.children) == 4 and all(child.size == 0 for child in root.children)
    assert shape(in_pieces(many_parts(20), [9] * 99, Limits(parts=5))) == shape(root)


def test_a_header_without_end_is_not_held():
    octets = one_long_field(5_000_000)
    tracemalloc.start()
    root = pieces_of(octets)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (child,) = root.children
    assert child.truncated and child.type == "application" and child.body_end == len(octets)
    assert peak < 5 * Limits().header
    assert shape(root) == shape(scan(octets))
    small = Limits(header=50, headers=120)
    some = MIXED % b"a" + b"\r\n" + b"--a\r\nSubject: a letter\r\n\r\nx\r\n" * 9
    assert shape(in_pieces(some, [3] * 999, small)) == shape(scan(some, small))
    assert [child.truncated for child in scan(some, small).children] == [False] * 3 + [True] * 6


def test_a_large_letter_is_never_held():
    boundary = MIXED % b"a" + b"\r\n--a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    piece = (b"QUJD" * 19 + b"\r\n") * 800
    tracemalloc.start()
    scanner = Scanner()
    scanner.feed(boundary)
    for _ in range(800):
        scanner.feed(piece)
    scanner.feed(b"\r\n--a--\r\n")
    root = scanner.end()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert root.children[0].size == 800 * len(piece) and root.children[0].lines == 800 * 800
    assert peak < 4 * len(piece)
    with pytest.raises(AssertionError):
        root.children[0].body  # noqa: B018 - nobody has these octets
