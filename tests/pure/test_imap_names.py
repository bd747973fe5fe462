"""Mailbox names and flags on the wire (RFC 3501 §5.1.3, §2.3.2)."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.flags import NAMES, RECENT, STORED, Flags, NotAFlag, gathered, printed
from pyeonji.proto.imap.names import NotAName, decode, encode
from pyeonji.proto.imap.wire import BadSyntax, Reader


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("보낸편지함", b"&vPSwuNO4ycDVaA-"),
        ("Fish & Chips", b"Fish &- Chips"),
        ("&&편&", b"&-&-&07g-&-"),
        ("INBOX", b"INBOX"),
        ("😀", b"&2D3eAA-"),
    ],
)
def test_names_in_two_directions(name, octets):
    assert encode(name) == octets
    assert decode(octets) == name


@pytest.mark.parametrize(
    "octets",
    [b"&07g", b"", b"&",
     b"a&b", b"&AGEAYg-", b"&Jjo-&Jjo-", b"&2D0-", b"&////-", b"\xed\x8e", b"a\nb", b"&AAo-", b"&AA-"],
)  # fmt: skip
def test_only_the_one_true_spelling_is_read(octets):
    with pytest.raises(NotAName):
        decode(octets)


def test_a_name_is_kept_composed():
    apart = unicodedata.normalize("NFD", "편지")
    assert decode(encode(apart)) == "편지"
    assert decode("편지".encode(), utf8=True) == "편지"
    with pytest.raises(NotAName):
        decode(b"\xff", utf8=True)


def test_where_utf8_is_enabled_an_ampersand_means_itself():
    assert decode(b"a&b", utf8=True) == "a&b"
    assert decode(b"&vPSwuNO4ycDVaA-", utf8=True) == "&vPSwuNO4ycDVaA-"
    assert encode("편지&", utf8=True) == "편지&".encode()


def test_a_name_in_utf8_is_read_from_everybody():
    assert decode("편지".encode()) == "편지"  # RFC 9755 §3


@pytest.mark.parametrize("utf8", [False, True])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_a_name_is_read_as_it_was_printed(utf8, name):
    kept = unicodedata.normalize("NFC", name) if name.upper() != "INBOX" else "INBOX"
    try:
        assert decode(encode(name, utf8=utf8), utf8=utf8) == kept
    except NotAName:
        assert any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name)


@given(st.binary(max_size=20))
def test_any_octets_are_a_name_or_none(octets):
    for utf8 in (False, True):
        with contextlib.suppress(NotAName):
            assert decode(octets, utf8=utf8)


KEYWORDS = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True), unique_by=str.lower)


@given(st.integers(0, STORED), KEYWORDS)
def test_flags_are_read_as_they_were_printed(mask, keywords):
    value = Flags(mask, frozenset(word for word in keywords if word.lower() not in flags.BITS))
    assert Reader(bytes(value)).flag_list() == value


def test_flags_have_the_bits_that_are_stored():
    assert [NAMES[1 << bit] for bit in range(5)] == ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]
    assert printed(flags.SEEN | RECENT, "Work home") == b"(\\Seen \\Recent Work home)"
    assert gathered(["\\SEEN", "\\recent", "$junk"]) == Flags(flags.SEEN | flags.JUNK)


@pytest.mark.parametrize("words", [["\\Foo"], ["x" * 101], [f"k{n}" for n in range(65)]])
def test_flags_we_cannot_keep(words):
    with pytest.raises(NotAFlag):
        gathered(words)


def test_a_literal_that_is_not_all_there_is_bad():
    with pytest.raises(BadSyntax):
        Reader(b"{5}\r\nabc").string()
