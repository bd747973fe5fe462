"""Sets of message numbers and UIDs (RFC 3501 §9, sequence-set).

A set is kept merged and sorted, so the same set has one form.  "*" is the largest number in use, known only when the
mailbox is: a range with it stays apart until `resolve`.  Nothing here is ever as long as the mailbox: ranges are cut
out of the sorted UIDs by bisection.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

MAX_NUMBER = 2**32 - 1  # RFC 3501 §9, number
STAR = 2**32  # stands for "*"; above every number

T = TypeVar("T")
Range = tuple[int, int]  # first and last, both within

NUMBER = r"(?:[1-9][0-9]{0,9}|\*)"
SET = re.compile(rf"{NUMBER}(?::{NUMBER})?(?:,{NUMBER}(?::{NUMBER})?)*\Z")


class NotASet(ValueError):
    """The text is no sequence-set."""


@dataclass(frozen=True, slots=True)
class NumberSet:
    """A sequence-set: `ranges` without "*", merged and ascending; `open_from`, the other end of a range to "*".

    `open_from` is STAR for "*" alone and None where the set has no "*".  `saved` is "$", what the last SEARCH has kept
    (RFC 5182): it has no ranges of its own.
    """

    ranges: tuple[Range, ...]
    open_from: int | None = None
    saved: bool = False

    def resolve(self, largest: int) -> tuple[Range, ...]:
        """The ranges when `largest` is what "*" means (RFC 3501 §9: "559:*" holds the last message, too)."""
        if self.open_from is None:
            return self.ranges
        start = largest if self.open_from == STAR else self.open_from
        return merged([*self.ranges, (min(start, largest), max(start, largest))])

    @property
    def highest(self) -> int:
        """The largest number that is written in the set."""
        written = [last for _, last in self.ranges[-1:]]
        if self.open_from not in (None, STAR):
            written.append(self.open_from)
        return max(written, default=0)

    @property
    def count(self) -> int:
        """How many numbers are written in the set."""
        return sum(last - first + 1 for first, last in self.ranges)

    def __str__(self) -> str:
        if self.saved:
            return "$"
        parts = [str(first) if first == last else f"{first}:{last}" for first, last in self.ranges]
        if self.open_from is not None:
            parts.append("*" if self.open_from == STAR else f"{self.open_from}:*")
        return ",".join(parts)


SAVED = NumberSet((), saved=True)


@dataclass(frozen=True, slots=True)
class Partial:
    """Some of the results, in the order they have: from the `first` to the `last`, counted from 1; counted from the end
    where both are negative (RFC 9394 §3.1, partial-range).  `first` is the one nearer to where counting begins."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many are asked for."""
        return abs(self.last - self.first) + 1

    def of(self, results: Sequence[T]) -> Sequence[T]:
        """The part of ascending `results` that is meant."""
        if self.first > 0:
            return results[self.first - 1 : self.last]
        return results[max(0, len(results) + self.last) : max(0, len(results) + self.first + 1)]

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"


def parse_set(octets: bytes) -> NumberSet:
    """A sequence-set such as b"2,4:7,9,12:*"; raises NotASet."""
    text = octets.decode("latin-1")
    if not SET.match(text):
        raise NotASet("not a set of numbers")
    ranges: list[Range] = []
    open_from: int | None = None
    for part in text.split(","):
        left, _, right = part.partition(":")
        first, last = sorted((_number(left), _number(right or left)))
        if last < STAR:
            ranges.append((first, last))
        else:
            open_from = first if open_from is None else min(open_from, first)
    return NumberSet(merged(ranges), open_from)


def _number(text: str) -> int:
    number = STAR if text == "*" else int(text)
    if number > MAX_NUMBER and text != "*":
        raise NotASet("number above 4294967295")
    return number


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same numbers with each range once, ascending, neighbours joined."""
    out: list[Range] = []
    for first, last in sorted(ranges):
        if out and first <= out[-1][1] + 1:
            if last > out[-1][1]:
                out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return tuple(out)


def places(uids: Sequence[int], ranges: Iterable[Range]) -> list[range]:
    """Where the numbers of merged `ranges` stand in ascending `uids`: one range of indexes each, none empty."""
    out: list[range] = []
    start = 0
    for first, last in ranges:
        start = bisect_left(uids, first, start)
        stop = bisect_right(uids, last, start)
        if start < stop:
            out.append(range(start, stop))
        start = stop
    return out


def among(uids: Sequence[int], ranges: Iterable[Range]) -> list[int]:
    """Those of ascending `uids` that are in merged `ranges`."""
    out: list[int] = []
    for found in places(uids, ranges):
        out += uids[found.start : found.stop]
    return out


def compact(numbers: Iterable[int]) -> bytes:
    """The set of these numbers as written in COPYUID or ESEARCH, RFC 4315 §4; order and repeats do not matter."""
    return str(NumberSet(merged((number, number) for number in numbers))).encode("ascii")


def compact_in_order(numbers: Iterable[int]) -> bytes:
    """These numbers as a set whose order says something: the n-th of one set belongs to the n-th of the other."""
    out: list[list[int]] = []
    for number in numbers:
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return b",".join(b"%d" % a if a == b else b"%d:%d" % (a, b) for a, b in out)
