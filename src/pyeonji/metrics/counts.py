"""What was counted so far, and how it is kept between two processes: one JSON object."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from pyeonji.metrics.families import FAMILIES, Family

Labels = tuple[str, ...]
MAX_SERIES = 2_000  # kinds of one counter; labels are of closed lists, so that only a defect comes near it


@dataclass(slots=True)
class Histogram:
    """`counts` by bound, the last for what is beyond all of them; `total` is the sum of what was observed."""

    counts: list[int]
    total: float = 0.0


class Kept(msgspec.Struct):
    """As it is written down."""

    counters: list[tuple[str, Labels, int]] = []
    histograms: list[tuple[str, list[int], float]] = []


@dataclass(slots=True)
class Counts:
    """Counters by name and labels, histograms by name."""

    counters: dict[tuple[str, Labels], int] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    def add(self, family: Family, *labels: str, count: int = 1) -> None:
        key = family.name, labels
        if key in self.counters or len(self.counters) < MAX_SERIES:
            self.counters[key] = self.counters.get(key, 0) + count

    def observe(self, family: Family, value: float) -> None:
        found = self.histograms.get(family.name)
        if found is None:
            found = self.histograms[family.name] = Histogram([0] * (len(family.bounds) + 1))
        found.counts[bisect_left(family.bounds, value)] += 1
        found.total += value

    def of(self, family: Family) -> Iterable[tuple[Labels, int]]:
        """Every series of a counter, in the order of its labels."""
        return sorted((labels, count) for (name, labels), count in self.counters.items() if name == family.name)

    def kept(self) -> Kept:
        return Kept(
            [(name, labels, count) for (name, labels), count in self.counters.items()],
            [(name, found.counts, found.total) for name, found in self.histograms.items()],
        )


def counts_of(kept: Kept, families: Sequence[Family] = FAMILIES) -> Counts:
    """What another process, or an earlier version, wrote down; what is no metric (any more) is left out."""
    known = {family.name: family for family in families}
    found = Counts()
    for name, labels, count in kept.counters:
        if name in known and len(labels) == len(known[name].labels):
            found.counters[name, tuple(labels)] = count
    for name, counts, total in kept.histograms:
        if name in known and len(counts) == len(known[name].bounds) + 1:
            found.histograms[name] = Histogram(list(counts), total)
    return found
