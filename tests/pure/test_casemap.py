"""What is found is what i;unicode-casemap finds (RFC 5051), as somebody reads it who has only the RFC."""

import functools
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.casemap import caseless, collated, joined
from pyeonji.message.folded import COMPOSED, HANGUL, NEITHER, fold, fold_characters


@functools.cache  # and not at import: that is paid by whoever collects tests, too
def every():
    """Without U+0345, which becomes a letter before marks are put in order: it would be of marks in disorder alone."""
    return [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) not in ("Cn", "Co", "Cs") and not NEITHER.match(char) and char != "\u0345"
    ]


def test_every_character_is_compared_as_the_rfc_has_it():
    for char in every():
        assert fold_characters(char) == caseless(collated(char)), ascii(char)


def test_a_character_is_the_same_beside_hangul():
    for char in every():
        if not HANGUL.match(char):
            assert fold_characters(f"가{char}") == f"가{fold_characters(char)}", ascii(char)


def test_what_is_not_taken_apart_beside_hangul_could_not_be():
    for char in every():
        if not char.isascii() and not COMPOSED.match(char):
            assert collated(char) == char == char.upper() and not unicodedata.combining(char), ascii(char)


@functools.cache
def strict():
    """Letters that the RFC leaves in both cases, in what they are made of or for want of a title, are found in either:
    more than it asks for.  Of all others, which these are, as much, and no more."""
    return [char for char in every() if caseless(collated(char)).upper() == collated(char)]


LIKELY = (
    "eE\u00e9\u00c9\u00ea\u1ec7\u1eb9\u0301\u0302\u0323aou\u00fc\u0308\u0130\u0131iIǆǅʼﬁﬂ"
    "fiﬀßsSẞŉnµΩωςσΣ가각ㄱ각㈜㉮주()か\u3099がｶﾞ"
)


def texts(alphabet):
    common = st.sampled_from([char for char in LIKELY if char in alphabet])
    return st.lists(common | common | st.sampled_from(alphabet), max_size=8).map("".join)


def questions(alphabet):
    """A text, and a part of it, as it stands or as a Mac writes it, or another text."""
    return st.builds(_question, texts(alphabet), texts(alphabet), st.integers(0, 8), st.integers(0, 3), st.booleans())


def _question(text, other, start, length, apart):
    part = text[start : start + length] or other
    return text, unicodedata.normalize("NFD", part) if apart else part


@given(st.deferred(lambda: questions(strict())))
def test_as_much_is_found_and_no_more(asked):
    text, sought = asked
    assert (fold_characters(sought) in fold_characters(text)) is (collated(joined(sought)) in collated(joined(text)))


@given(st.deferred(lambda: questions(every())))
def test_all_is_found_that_the_rfc_finds(asked):
    text, sought = asked
    if collated(joined(sought)) in collated(joined(text)):
        assert fold_characters(sought) in fold_characters(text)


FOUND = [
    ("cafe", "Café"), ("CAFÉ", "cafe\u0301"), ("jose", "José"), ("ê", "ế"), ("e", "è"), ("か", "が"), ("ｶﾞ", "ガ"),
    ("fi", "ﬁ"), ("STRASSE", "Straße"), ("ǆ", "Ǆ"), ("회의", "\u1112\u116c\u110b\u1174"), ("(주)한국", "㈜한국"),
    ("가", "㉮"), ("abc", "ＡＢＣ"), ("x²", "X2"), ("\u1ec7", "e\u0302\u0323"), ("i", "ı"), ("ㄱ", "ᄀ"),
]  # fmt: skip
NOT_FOUND = [
    ("café", "cafe"), ("가", "각"), ("가", "\u1100\u1161\u11a8"), ("creme", "crème"), ("è", "é"), ("ㄱ", "가"),
    ("회의", "회이"), ("ё", "е"), ("o", "ø"),
]  # fmt: skip


@pytest.mark.parametrize(("sought", "text"), FOUND)
def test_what_finds_what(sought, text):
    assert fold(sought) in fold(text)


@pytest.mark.parametrize(("sought", "text"), NOT_FOUND)
def test_what_does_not_find_what(sought, text):
    assert fold(sought) not in fold(text)
