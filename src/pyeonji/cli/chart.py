"""A chart of days, of what went well and what did not, in characters."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pyeonji.cli.out import Out

DAY_S = 86_400
WIDTH = 40  # columns of the longest bar
GOOD, BAD = "█", "░"


def tell_days(days: Sequence[tuple[str, int, int]], legend: str, out: Out) -> None:
    """(day, good ones, bad ones) as lines, and what the signs mean."""
    most = max(good + bad for _, good, bad in days)
    for day, good, bad in days:
        bar = GOOD * _columns(good, most) + BAD * _columns(bad, most)
        out.line(f"  {day[5:]}  {bar:<{WIDTH + 1}} {good} + {bad}")
    out.line(f"  {out.words(legend, passed=GOOD, failed=BAD)}")


def day_of(day: int) -> str:
    """Of a day since 1970 UTC."""
    return datetime.fromtimestamp(day * DAY_S, UTC).strftime("%Y-%m-%d")


def _columns(number: int, most: int) -> int:
    """At least one for anything at all."""
    return max(1, WIDTH * number // most) if number else 0
