"""What a reply says, as a row of word families, and whether a phrase of the catalogue occurs in it.

    "<minsu@b.example>: The mail-box of this user isn't found"  ->  box user not found

Addresses, links, host names and numbers are left out before words are looked at, so that no address can say anything;
only the names of block lists, and network addresses, leave a word for what they are.
A phrase is written in plain words and read in the same way, so "mailbox is full" finds "Account full", too.  "a/b" is
either; ".." leaves room for a few words; "&" joins what stands anywhere; after each "!" stands what must not occur.
Finding one costs a few look-ups for each word of the reply, whatever it says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyeonji.catalog.families import FAMILY, JOINED, NAMED, PAIRED, SILENT, folded
from pyeonji.catalog.tongues import bent, written_together

GAP = 5  # words that may stand between, where a phrase says ".."
MAX_WORDS = 250  # of a reply that are looked at; ours: the longest that are known have about a hundred
MAX_WORD = 100  # letters of one word that are looked at; ours: Chinese writes a whole sentence as one

_APOSTROPHE = re.compile(r"n['’´`]t\b|['’´`]nt\b")
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")  # RecipientNotFound
_SHOUTED = re.compile(r"\b([A-Z]{3,})\.(?=[A-Za-z])")  # RESOLVER.ADR.
_STOP = re.compile(r"(?<=[a-z])\.(?=[A-Z][a-z])")  # "e-mails.After": a full stop without a space
# Addresses, links, host names, codes; each is tried only where a word begins, or a long word would cost its square.
_NAME = re.compile(
    r"(?<!\S)\S*://\S*|(?<![^\s:;,<>()\[\]\"'])[^\s:;,<>()\[\]\"'@]*@\S*|\bwww\.\S+|(?<![\w-])[\w-]+(?:\.[\w-]+)+(?:/\S*)?"
)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_WORD = re.compile(r"[a-z]+|[^\W\d_a-z]+")  # in one script: 은/는 may hang on a Latin name

Row = tuple[str, ...]
Segment = tuple[frozenset[str], ...]  # side by side


@dataclass(frozen=True, slots=True)
class Read:
    """`places` says where each family stands in the row."""

    row: Row
    places: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """All of `wanted` occur, and none of `unwanted`; each is segments in order with room between."""

    wanted: tuple[tuple[Segment, ...], ...]
    unwanted: tuple[tuple[Segment, ...], ...] = ()


def read(text: str) -> Read:
    """`text` in the families of the catalogue."""
    row = tuple(_families(_plain(text)))[:MAX_WORDS]
    places: dict[str, list[int]] = {}
    for at, family in enumerate(row):
        places.setdefault(family, []).append(at)
    return Read(row, places)


def phrase(written: str) -> Phrase:
    """A phrase of the catalogue, taken apart."""
    wanted, *unwanted = written.split("!")
    return Phrase(_parts(wanted), tuple(part for one in unwanted for part in _parts(one)))


def occurs(one: Phrase, found: Read) -> bool:
    """Whether the phrase is said."""
    return all(_found(segments, found) for segments in one.wanted) and not any(
        _found(segments, found) for segments in one.unwanted
    )


def _parts(written: str) -> tuple[tuple[Segment, ...], ...]:
    return tuple(tuple(_segment(segment) for segment in part.split("..")) for part in written.split("&"))


def _segment(written: str) -> Segment:
    """Words side by side, each as the families that fit in its place."""
    if "/" not in written:
        return tuple(frozenset({family}) for family in _families(_plain(written)))
    return tuple(frozenset(_families(item.split("/"))) for item in written.split())


def _found(segments: Sequence[Segment], found: Read) -> bool:
    first = segments[0]
    after = len(first)
    return any(_follows(segments, 1, start + after, found) for start in _starts(first, found))


def _starts(segment: Segment, found: Read) -> list[int]:
    """Where the segment begins."""
    return [at for family in segment[0] for at in found.places.get(family, ()) if _stands(segment, at, found.row)]


def _stands(segment: Segment, at: int, row: Row) -> bool:
    return at + len(segment) <= len(row) and all(row[at + n] in items for n, items in enumerate(segment))


def _follows(segments: Sequence[Segment], n: int, after: int, found: Read) -> bool:
    """Whether the segments from the `n`th on come next, each at most GAP words behind the one before."""
    if n == len(segments):
        return True
    one = segments[n]
    return any(
        _stands(one, at, found.row) and _follows(segments, n + 1, at + len(one), found)
        for at in range(after, min(after + GAP + 1, len(found.row)))
    )


def _plain(text: str) -> list[str]:
    text = _STOP.sub(". ", _SHOUTED.sub(r"\1 ", _CAMEL.sub(" ", text)))
    text = _NAME.sub(_meant, text.replace("MAIL FROM", "mailfrom").replace("RCPT TO", " ").replace("...", " "))
    return _WORD.findall(folded(_APOSTROPHE.sub(" not", text.casefold())))


def _meant(found: re.Match[str]) -> str:
    """What is left of a name: nothing, or what it says by being named."""
    name = found.group().lower()
    if "@" in name:
        return " "
    if _IPV4.fullmatch(name):
        return " ip "
    return next((f" {family} " for part, family in NAMED.items() if part in name), " ")


def _families(words: list[str]) -> list[str]:
    row: list[str] = []
    at = 0
    while at < len(words) and len(row) < MAX_WORDS:
        joined = JOINED.get((words[at], words[at + 1])) if at + 1 < len(words) else None
        word = joined or words[at]
        at += 2 if joined else 1
        if word not in SILENT and (len(word) > 1 or not word.isascii()):
            for family in _family(word[:MAX_WORD]):
                paired = PAIRED.get((row[-1], family), "") if row else ""
                if paired and row[-2:-1] != ["not"]:
                    row[-1:] = paired.split()
                else:
                    row.append(family)
    return row


@lru_cache(maxsize=4_096)
def _family(word: str) -> tuple[str, ...]:
    """What it is one of: itself where nobody knows it, but nothing in a script that hangs words together."""
    return tuple((FAMILY.get(word) or bent(word) or ("" if written_together(word) else word)).split())
