"""The words around a hit, as they stand in the letter."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pyeonji.message.charset import composed
from pyeonji.message.folded import UNSEEN, fold_characters

WIDTH = 80  # characters shown
BEFORE = 24  # of them in front of the hit
LOOKED_AT = 200_000  # characters of a letter's text that are looked through; ours
BLANKS = re.compile(r"\s+")


class Snippet(NamedTuple):
    """One line; the hit is `text[start:end]`, nothing where both are 0."""

    text: str
    start: int
    end: int


def snippet(text: str, words: Sequence[str]) -> Snippet | None:
    """Around the first of these folded words that is there; None where none is."""
    line = BLANKS.sub(" ", composed(UNSEEN.sub("", text[:LOOKED_AT]))).strip()
    folded, places = _folded(line)
    for word in words:
        at = folded.find(word)
        if at >= 0:
            start, end = (at, at + len(word)) if places is None else (places[at], places[at + len(word) - 1] + 1)
            return _cut(line, start, end)
    return None


def _folded(line: str) -> tuple[str, list[int] | None]:
    """The text as it is compared, and where each character of it stands in the line; None: at the same place."""
    plain = line.lower()
    if line.isascii():
        return plain, None
    made = {character: fold_characters(character) for character in set(line)}
    folded = [made[character] for character in line]
    places = [place for place, characters in enumerate(folded) for _ in characters]
    return "".join(folded), places


def _cut(line: str, start: int, end: int) -> Snippet:
    """A piece of the line with the hit in it, from a word's beginning where one is near."""
    first = max(0, start - BEFORE)
    if first and (blank := line.find(" ", first, start)) >= 0:
        first = blank + 1
    last = min(len(line), max(first + WIDTH, end))
    head, tail = "…" if first else "", "…" if last < len(line) else ""
    shift = len(head) - first
    return Snippet(f"{head}{line[first:last]}{tail}", start + shift, end + shift)
