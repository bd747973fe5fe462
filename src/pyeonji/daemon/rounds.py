"""What is looked at again and again, by the server's clock, each thing in a task of its own."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pyeonji.net.clock import Clock
from pyeonji.queue.manager import report_defect


class Rounds:
    """Calls `look` after `first_s` seconds, and then every `every_s`.

    One that raises ends none of the others: what is `passing` is over by the next round, all else is a defect.
    """

    def __init__(
        self, clock: Clock, doing: str, look: Callable[[], Awaitable[None]], *, every_s: float, first_s: float = 0.0,
        passing: tuple[type[Exception], ...] = (),
    ) -> None:  # fmt: skip
        self._clock = clock
        self._doing = doing
        self._look = look
        self._every_s = every_s
        self._first_s = first_s
        self._passing = passing
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        if self._first_s:
            await self._clock.sleep(self._first_s)
        while True:
            try:
                with contextlib.suppress(*self._passing):
                    await self._look()
            except Exception as error:  # noqa: BLE001 - the driver: a full disk, or a defect of ours, must not end it
                report_defect(self._doing, error)
            await self._clock.sleep(self._every_s)
