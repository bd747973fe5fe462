"""The indexer at work: in a process of its own on a server, in a thread where one process is the whole server."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable

from pyeonji.acceptance.wake import EVERYTHING, Wake
from pyeonji.config.model import Settings
from pyeonji.daemon.following import Following
from pyeonji.net.bus import Bus
from pyeonji.net.clock import SECOND_US, Clock, SystemClock, rest
from pyeonji.search.indexer import Indexer
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home, open_home

LOOK_S = 30.0  # seconds between two looks when nobody said that letters were filed
NICENESS = 19  # the lowest priority: only what nobody else needs of the processor
NAME = "indexer"  # on the bus
BUSY = (
    20  # commits of letters within a second: a digest costs more than taking the letter did, and its disk writes wait
)
PAUSE_S = 0.25  # seconds between two looks whether the others have become calm
PATIENCE = 40  # looks before a step is made nevertheless


class Indexing:
    """Steps of the indexer whenever letters were filed; `told` is called after each that made something."""

    def __init__(self, home: Home, clock: Clock, wake: Wake, told: Callable[[], None]) -> None:
        self._clock = clock
        self._indexer = Indexer(home)
        self._told = told
        self._filed = asyncio.Event()
        self._recent: deque[int] = deque(maxlen=BUSY)  # instants of the last commits, in microseconds
        self._stopping = False
        self._forget = wake.on_filed(self._hear)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """When the step under way is done."""
        self._forget()
        self._stopping = True
        self._filed.set()
        if self._task is not None:
            await self._task

    def _hear(self) -> None:
        self._recent.append(self._clock.now_us())
        self._filed.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._filed.clear()
            await self._let_others_commit()
            with contextlib.suppress(StoreError):  # no room or no disk: later
                while not self._stopping and await asyncio.to_thread(self._indexer.step) > 0:
                    self._told()
                    await self._let_others_commit()
            if not self._stopping:
                await rest(self._filed, LOOK_S)

    async def _let_others_commit(self) -> None:
        for _ in range(PATIENCE):
            if self._stopping or not self._is_busy():
                return
            await self._clock.sleep(PAUSE_S)

    def _is_busy(self) -> bool:
        """Have letters come in so fast within the last second that a digest now would hold up those to come?"""
        return len(self._recent) == BUSY and self._clock.now_us() - self._recent[0] < SECOND_US


def run_indexer(settings: Settings) -> int:
    """The life of the indexer process; its exit code."""
    from pyeonji.daemon.supervisor import loop_factory

    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_index(settings))
    return 0


async def _index(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the supervisor's business
    home = open_home(settings.data, create=False)
    wake = Wake()
    bus = Bus(settings.data / "run", NAME, wake.heard, EVERYTHING)
    await bus.start()
    wake.elsewhere = bus.tell
    indexing = Indexing(home, SystemClock(), wake, wake.tell_digested)
    following = Following(home, settings)
    await indexing.start()
    await following.start()
    await stop.wait()
    await following.stop()
    await indexing.stop()
    await bus.stop()
    home.close()
