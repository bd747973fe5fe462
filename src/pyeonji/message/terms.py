"""What the full-text index holds of a folded text, and what it is asked for (docs/reading.md).

Each character of each word begins one term: itself and the next, or, where it and the next are ASCII, the next two.
Hangul has thousands of syllables, so two of them tell letters apart; Latin has 26, and two of them are in all letters.
A word ends with an end mark.  So each part of a word, however short, is found by terms or by beginnings of terms:
`번역` in `번역을`, `rint` in `printing`.  The index only narrows: the wording decides.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

END = "\x80"  # ends a word; no folded text has control characters
MAX_TERMS = 8  # asked for at once: a few tell as much as all of them
CACHED_WORD = 24  # characters; longer words seldom come twice
# The index parts its terms at ASCII signs, so capitals stand for them, which no folded text has: А to Я.
SIGNS = dict(
    zip((code for code in range(33, 127) if not chr(code).isalnum()), map(chr, range(0x410, 0x430)), strict=True)
)


class Term(NamedTuple):
    """A term to look for; of `begins` ones only the beginning is known."""

    text: str
    begins: bool = False


class Asked(NamedTuple):
    """What a text is looked for by: a letter without all of `terms` does not hold it.  None at all: any letter may.

    `exact`: a letter with them all does hold it.
    """

    terms: tuple[Term, ...]
    exact: bool


def terms_of(text: str) -> set[str]:
    """All terms of a folded text."""
    words = set(text.split())
    long = [word for word in words if len(word) > CACHED_WORD]
    return set().union(*map(_cached, words.difference(long)), *map(_terms, long))


def marked(mark: str, text: str) -> str:
    """The same, a section's mark in front of each, parted by blanks."""
    terms = terms_of(text)
    return mark + f" {mark}".join(terms) if terms else ""


def asked(text: str) -> Asked:
    """The terms by which a folded text is looked for."""
    words = text.split(" ")
    whole: list[str] = []
    beginnings: list[str] = []
    for index, word in enumerate(words):
        ends = index < len(words) - 1
        found = _known(word + END if ends else word, len(word))
        whole += found[0]
        beginnings += found[1]
    if whole:
        chosen = [Term(term) for term in _few(dict.fromkeys(whole))]
        # A word also ends where the text does, without a blank.
        return Asked(tuple(chosen), exact=whole == [text.translate(SIGNS)])
    longest = max(beginnings, key=len, default="")
    return Asked((Term(longest, True),) if longest else (), exact=0 < len(longest) == len(text))


def _known(word: str, length: int) -> tuple[list[str], list[str]]:
    """Terms that begin in the first `length` characters: those known whole, and what is known of the others."""
    whole: list[str] = []
    beginnings: list[str] = []
    for index in range(length):
        wanted = 3 if word[index] < END and word[index + 1 : index + 2] < END else 2
        term = word[index : index + wanted].translate(SIGNS)
        (whole if len(term) == wanted else beginnings).append(term)
    return whole, beginnings


def _few(terms: Iterable[str]) -> list[str]:
    """So many of them, spread over the whole."""
    every = list(terms)
    step = max(1, -(-len(every) // MAX_TERMS))
    return every[::step]


def _terms(word: str) -> tuple[str, ...]:
    if word.isascii():  # the same, four times as fast
        marked = word.translate(SIGNS) + END
        return (*[marked[index : index + 3] for index in range(len(word) - 1)], marked[-2:])
    return tuple(_known(word + END, len(word))[0])


_cached = lru_cache(maxsize=65_536)(_terms)
