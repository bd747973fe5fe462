"""Not too often: who has to be told of many things in a row is woken a few times, and hears of all of them."""

import asyncio
from collections.abc import Callable


class Pace:
    """`soon` calls in this turn of the loop, but no sooner than `gap_s` seconds after the last time."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._free = 0.0  # by the loop's clock

    def soon(self, call: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        at, self._free = self._free, max(now, self._free) + self._gap_s
        if at <= now:
            loop.call_soon(call)
        else:
            loop.call_at(at, call)
