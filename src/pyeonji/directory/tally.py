"""How often something happened, by name: a window that slides, and bars that grow for who does not stop.

In memory, of one process, and bounded: the names that were seen longest ago are forgotten first.
"""

from collections import OrderedDict, deque
from typing import NamedTuple, TypeVar

from pyeonji.net.clock import SECOND_US, Clock

T = TypeVar("T")

MAX_NAMES = 10_000
CALM_US = 86_400 * SECOND_US  # after so long without a bar the next one is as short as the first


class Bar(NamedTuple):
    """Whoever is barred: until when, and for the how manieth time."""

    until_us: int
    times: int


class Tally:
    """`most` times within `window_s` are borne; then the name is barred for `bar_s`, twice as long each next time."""

    def __init__(self, clock: Clock, *, window_s: int, most: int, bar_s: int, longest_s: int) -> None:
        self._clock = clock
        self._window_us = window_s * SECOND_US
        self._most = most
        self._bar_us = bar_s * SECOND_US
        self._longest_us = longest_s * SECOND_US
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()
        self._bars: OrderedDict[str, Bar] = OrderedDict()

    def count(self, name: str) -> None:
        """It happened once more."""
        now = self._clock.now_us()
        seen = self._seen.setdefault(name, deque(maxlen=self._most))
        seen.append(now)
        _keep(self._seen, name)
        if self.recent(name) >= self._most and not self.bars(name):
            last = self._bars.get(name, Bar(0, 0))
            times = last.times + 1 if now - last.until_us < CALM_US else 1
            for_us = min(self._bar_us << min(times - 1, 32), max(self._longest_us, self._bar_us))
            self._bars[name] = Bar(now + for_us, times)
            _keep(self._bars, name)

    def recent(self, name: str) -> int:
        """How often within the window."""
        now = self._clock.now_us()
        # A clock that was set back must not bar anybody until it has caught up.
        return sum(now - self._window_us < at <= now for at in self._seen.get(name, ()))

    def bars(self, name: str) -> bool:
        return name in self._bars and self._is_on(self._bars[name])

    def barred(self) -> dict[str, Bar]:
        """Everybody who is barred now."""
        return {name: bar for name, bar in self._bars.items() if self._is_on(bar)}

    def forget(self, name: str) -> bool:
        """As if nothing had happened; was it barred?"""
        was = self.bars(name)
        self._seen.pop(name, None)
        self._bars.pop(name, None)
        return was

    def _is_on(self, bar: Bar) -> bool:
        now = self._clock.now_us()
        return now < bar.until_us <= now + max(self._longest_us, self._bar_us)  # the clock may have been set back


def _keep(names: OrderedDict[str, T], name: str) -> None:
    names.move_to_end(name)
    if len(names) > MAX_NAMES:
        names.popitem(last=False)
