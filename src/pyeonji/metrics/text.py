"""Numbers as Prometheus reads them: its text format, version 0.0.4."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from pyeonji.metrics import families
from pyeonji.metrics.counts import Counts, Histogram, Labels
from pyeonji.metrics.families import FAMILIES, Family

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Now:
    """What is true at this moment: gauges by family and labels, and the commits so far."""

    gauges: Mapping[tuple[str, Labels], float] = field(default_factory=dict)
    commits: tuple[Sequence[int], float] | None = None


def exposition(counts: Counts, now: Now) -> str:
    """The page that is scraped."""
    lines: list[str] = []
    for family in FAMILIES:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += _samples(family, counts, now)
    return "\n".join(lines) + "\n"


def _samples(family: Family, counts: Counts, now: Now) -> Iterator[str]:
    if family is families.COMMITS:
        if now.commits is not None:
            yield from _histogram(family, Histogram(list(now.commits[0]), now.commits[1]))
    elif family.kind == "histogram":
        empty = Histogram([0] * (len(family.bounds) + 1))
        yield from _histogram(family, counts.histograms.get(family.name, empty))
    elif family.kind == "counter":
        found = list(counts.of(family))
        for labels, count in found or ([((), 0)] if not family.labels else []):
            yield _sample(family.name, zip(family.labels, labels, strict=True), count)
    else:
        for (name, labels), value in sorted(now.gauges.items()):
            if name == family.name:
                yield _sample(name, zip(family.labels, labels, strict=True), value)


def _histogram(family: Family, found: Histogram) -> Iterator[str]:
    bounds = [*map(_number, family.bounds), "+Inf"]
    for bound, count in zip(bounds, accumulate(found.counts), strict=True):
        yield _sample(f"{family.name}_bucket", [("le", bound)], count)
    yield _sample(f"{family.name}_sum", [], found.total)
    yield _sample(f"{family.name}_count", [], sum(found.counts))


def _sample(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{written}}} {_number(value)}" if written else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
