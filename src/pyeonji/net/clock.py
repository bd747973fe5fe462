"""Time comes in through the door: the whole program asks one Clock, and the lab and the tests push it forward."""

import asyncio
import contextlib
import time
from typing import Protocol

SECOND_US = 1_000_000


class Clock(Protocol):
    """Microseconds since 1970 UTC, and waiting until an instant."""

    def now_us(self) -> int: ...
    async def sleep(self, seconds: float) -> None: ...
    async def sleep_until(self, instant_us: int) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant_us: int) -> None:
        await asyncio.sleep(max(0, instant_us - self.now_us()) / SECOND_US)


class PushedClock:
    """A clock that runs, and can be pushed: five days of retries in a second.

    `start_us` freezes it at an instant of its own (tests); without, it runs with the machine's clock.
    """

    def __init__(self, start_us: int | None = None) -> None:
        self._frozen = start_us
        self._pushed = 0
        self._moved = asyncio.Event()

    def now_us(self) -> int:
        base = time.time_ns() // 1000 if self._frozen is None else self._frozen
        return base + self._pushed

    def push(self, seconds: float) -> None:
        """Everybody who sleeps looks at the clock again."""
        self._pushed += round(seconds * SECOND_US)
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self.now_us() + round(seconds * SECOND_US))

    async def sleep_until(self, instant_us: int) -> None:
        while (left := instant_us - self.now_us()) > 0:
            await rest(self._moved, None if self._frozen is not None else left / SECOND_US)


async def rest(news: asyncio.Event, seconds: float | None) -> None:
    """Until there is news, but no longer than so many seconds of the machine's time; None is for ever.

    Not by `asyncio.wait_for`: before Python 3.12 that forgets that it is cancelled in the turn of the loop in which the
    news comes, so whoever rests again and again would never end, and whoever stops it would wait for ever.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
