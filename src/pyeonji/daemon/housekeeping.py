"""What is done beside the mail: picking up what sendmail left, striking out notes, warning who fills up, sweeping."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pyeonji.daemon.addressing import ADDRESS_S, Addressing
from pyeonji.daemon.pickup import PickUp
from pyeonji.daemon.rounds import Rounds
from pyeonji.net.clock import Clock, rest
from pyeonji.net.resolver import Resolver
from pyeonji.queue.manager import report_defect
from pyeonji.relay.trust.reporter import Reporter
from pyeonji.search.indexer import strike_out
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.sweep import Limits, sweep
from pyeonji.submission import full, keys
from pyeonji.submission.door import Door
from pyeonji.submission.judged_reports import JudgedReports
from pyeonji.submission.settings import DkimSettings

LOOK_S = 5.0  # seconds between two looks at the maildrop folders
WARN_EVERY = 12  # looks between two at who fills up a mailbox
SWEEP_EVERY = 120  # looks between two sweeps
KEYS_S = 60.0  # seconds by our clock between two looks at the signing keys
REPORT_S = 1_800.0  # the same between two looks for reports of days that are over


class Housekeeping:
    """One per node; only the first worker does anything."""

    def __init__(
        self, home: Home, clock: Clock, door: Door, limits: Limits, pick_up: PickUp, resolver: Resolver,
        dkim: DkimSettings, reporter: Reporter, judged: JudgedReports, *, active: bool,
    ) -> None:  # fmt: skip
        self._home = home
        self._clock = clock
        self._door = door
        self._pick_up = pick_up
        self._limits = limits
        self._resolver = resolver
        self._dkim = dkim
        self._reporter = reporter
        self._judged = judged
        self._active = active
        self._now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._beside = [
            self._rounds("reports", self._report, REPORT_S), self._rounds("addresses", Addressing(home).look, ADDRESS_S)
        ]  # fmt: skip
        if dkim.sign:
            self._beside.append(self._rounds("signing keys", self._follow_keys, KEYS_S))

    async def start(self) -> None:
        if self._active:
            self._door.acceptance.wake.on_digested(self.look_now)
            self._task = asyncio.get_running_loop().create_task(self._run())
            for one in self._beside:
                await one.start()

    async def stop(self) -> None:
        for one in self._beside:
            await one.stop()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _rounds(self, doing: str, look: Callable[[], Awaitable[None]], every_s: float) -> Rounds:
        return Rounds(self._clock, doing, look, every_s=every_s, first_s=every_s, passing=(StoreError,))

    def look_now(self) -> None:
        self._now.set()

    async def _run(self) -> None:
        looks = 0
        while True:
            try:
                await self._look(looks)
            except Exception as error:  # noqa: BLE001 - the driver: a defect of ours must not end the housekeeping
                report_defect("housekeeping", error)
            looks += 1
            await rest(self._now, LOOK_S)
            self._now.clear()

    async def _report(self) -> None:
        """Apart from the rest: a page that is slow to take its report holds up nothing else."""
        await self._judged.send_all()
        await self._reporter.send_all()

    async def _look(self, looks: int) -> None:
        await self._pick_up.look()
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(strike_out, self._home)
        if looks % WARN_EVERY == WARN_EVERY - 1:
            with contextlib.suppress(StoreError):
                await full.tell_all(self._door)
        if looks % SWEEP_EVERY == SWEEP_EVERY - 1:
            await self._sweep()

    async def _follow_keys(self) -> None:
        """Beside the rest: name servers that do not answer must keep nobody's mail waiting."""
        await keys.follow(self._door, self._resolver.answer_with, self._dkim.rotate_after)

    async def _sweep(self) -> None:
        with contextlib.suppress(StoreError):
            swept = await asyncio.to_thread(sweep, self._home, self._clock.now_us(), self._limits)
            if swept.expired:
                self._door.acceptance.wake.tell_mailboxes(swept.expired)
