"""The follower: reads the journey behind those who write it, counts it and prints it (docs/adr/0021).

One for each data folder, in the process that also makes digests; it alone counts, so nothing has to be added up over
workers, and whoever dies meanwhile takes nothing along.  How far it came and what it counted stand in one file, which
is replaced as a whole: after a crash it goes on from there, and what was counted behind that is counted anew, once.
A line of the log may then be printed twice; none is left out.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from pyeonji.config.model import Settings
from pyeonji.logs.facts import Facts
from pyeonji.logs.printer import Printer, Sink, printer
from pyeonji.metrics.counting import Counting
from pyeonji.metrics.counts import Counts, Kept, counts_of
from pyeonji.net.clock import SECOND_US, SystemClock, rest
from pyeonji.queue.manager import report_defect
from pyeonji.store import following, webhook_state
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home, NotUsable, open_home
from pyeonji.store.lock import follower_lock

FILE = Path("run", "followed.json")  # in the data folder
LOOK_S = 0.5  # seconds between two looks when all was read
SHARE = 10  # of a processor one part is ours while there is more to read: mail goes first
LATE_US = 60 * SECOND_US  # unless we are so far behind
ROWS = 500  # read in one transaction, and behind them is written how far it came


class Followed(msgspec.Struct):
    """What is kept between two looks: the place in the journey, and what was counted up to there."""

    place: int
    counts: Kept = msgspec.field(default_factory=Kept)
    delivery: int = 0  # the last attempt to give an event to an endpoint


def read(data: Path) -> Followed | None:
    """What was kept last; None where nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Followed)
    except (OSError, msgspec.MsgspecError):
        return None


def begin(data: Path) -> None:
    """Where nobody has followed so far, begin with what is written from now on: a history is not printed again.

    Raises StoreError.
    """
    if read(data) is None:
        home = open_home(data, create=False)
        try:
            keep(data, home.engine.read_now(_from_now))
        except OSError as error:
            raise NotUsable(data / FILE, error) from error
        finally:
            home.close()


def _from_now(tx: Tx) -> Followed:
    return Followed(following.last(tx), delivery=webhook_state.last(tx))


def keep(data: Path, followed: Followed) -> None:
    """All of it or nothing; raises OSError."""
    part = data / FILE.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(followed))
    part.replace(data / FILE)


class Follower:
    """Looks again and again; `printer` None prints nothing."""

    def __init__(self, home: Home, printer: Printer | None, sink: Sink) -> None:
        self._home = home
        self._printer = printer
        self._sink = sink
        kept = read(home.data) or home.engine.read_now(_from_now)
        self._place, self._delivery = kept.place, kept.delivery
        self.at_us = 0  # when what was read last had happened
        self._tx: Tx | None = None
        self._counting = Counting(counts_of(kept.counts), self._accepted_at)
        self.defects: list[Exception] = []

    @property
    def counts(self) -> Counts:
        return self._counting.counts

    def look(self) -> bool:
        """Follow a piece of the way; True when there may be more of it.  Raises StoreError and OSError."""
        before = self._place, self._delivery
        lines = self._home.engine.read_now(self._follow)
        if (self._place, self._delivery) == before:
            return False
        try:
            if lines:
                self._sink.write(lines)
        finally:  # a log that cannot be written must not stop what is counted; its lines stay in the journey
            keep(self._home.data, Followed(self._place, self.counts.kept(), self._delivery))
        return True

    def _follow(self, tx: Tx) -> list[str]:
        lines: list[str] = []
        self._tx, facts = tx, Facts(tx)
        self._place, rows = following.behind(tx, self._place, ROWS)
        for row in rows:
            self.at_us = row.at_us
            try:
                self._counting.row(row)
                if self._printer is not None:
                    lines += self._printer.lines(row, facts)
            except Exception as error:  # noqa: BLE001 - the driver: one row that we cannot tell must not end the log
                self.defects.append(error)
        for number, status in webhook_state.attempts(tx, self._delivery, ROWS):
            self._counting.webhook(status)
            self._delivery = number
        return lines

    def _accepted_at(self, number: int) -> int:
        assert self._tx is not None
        found = following.about(self._tx, number) if number else None
        return found.at_us if found is not None else 0


class Following:
    """A follower at work in an event loop."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._news = asyncio.Event()
        self._stopping = False
        self._said = ""  # the trouble that was told last
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """When the look under way is done; what came last is followed by the next process."""
        self._stopping = True
        self._news.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        lock = follower_lock(self._home.data)
        while not lock.taken and not self._stopping:  # after a reload the one before us has to come to its end
            await self._rest()
            lock = follower_lock(self._home.data)
        if not self._stopping:
            await self._follow()
        lock.release()

    async def _follow(self) -> None:
        log = self._settings.log
        terminal = not log.file and sys.stderr.isatty()
        chosen = printer(log.style, log.level, self._settings.hostname, terminal=terminal)
        sink = Sink(log.file)
        follower = Follower(self._home, chosen, sink)
        loop, clock = asyncio.get_running_loop(), SystemClock()
        while not self._stopping:
            began = loop.time()
            more = await self._look(follower)
            for defect in follower.defects:
                report_defect("following the journey", defect)
            follower.defects.clear()
            if not more:
                await self._rest()
            elif clock.now_us() - follower.at_us < LATE_US:
                await self._rest((SHARE - 1) * (loop.time() - began))
        sink.close()

    async def _look(self, follower: Follower) -> bool:
        try:
            return await asyncio.to_thread(follower.look)
        except (StoreError, OSError) as error:
            if self._said != str(error):  # once for each trouble: the log itself may be what fails
                self._said = str(error)
                os.write(2, f"pyeonji: the log or its metrics stopped for a while: {error}\n".encode())
            return False

    async def _rest(self, seconds: float = LOOK_S) -> None:
        await rest(self._news, seconds)
