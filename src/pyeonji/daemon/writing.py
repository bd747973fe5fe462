"""The writer process: commits what all workers want taken (docs/adr/0016), and the worker's way to it.

It keeps SQLite's pages, shares each commit among all who wait, and fights with no event loop for the interpreter.  It
is nobody's master: a worker that has lost it writes itself, in its turn.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from pyeonji.config.model import Settings
from pyeonji.net.frames import Frames
from pyeonji.net.local_name import local_name
from pyeonji.queue.manager import report_defect
from pyeonji.store.accept import MailboxGone
from pyeonji.store.engine.base import Conflict, Damaged, Full, StoreError, Unavailable
from pyeonji.store.engine.sqlite import Outcome, SqliteEngine, Together
from pyeonji.store.errands import Errand, Errands, InDoubt, NotCarried
from pyeonji.store.home import open_home

A = TypeVar("A")
T = TypeVar("T")

AGAIN_S = 0.5  # seconds between two attempts to reach the writer
NAME = "pyeonji-writer"  # as ps shows it; 15 octets at most
READY = b""  # what it says when it is there: a connection alone only waits in the listen queue
SAID: dict[str, type[StoreError]] = {
    error.__name__: error for error in (Unavailable, Full, Conflict, Damaged, MailboxGone)
}  # fmt: skip

Given = tuple[int, str, msgspec.Raw]  # number of an errand, its name, its item
Answer = tuple[int, str, msgspec.Raw]  # that number; "" and the result, or the error's name and its text

encode = msgspec.msgpack.Encoder().encode
_given = msgspec.msgpack.Decoder(Given)
_answers = msgspec.msgpack.Decoder(list[Answer])


class Writer:
    """Takes errands from all connections and commits them together."""

    def __init__(self, engine: SqliteEngine, errands: Errands) -> None:
        engine.spare_checks()
        self._engine = engine
        self._errands = errands
        self._items = {name: msgspec.msgpack.Decoder(errand.item) for name, errand in errands.all.items()}
        self._pending: list[tuple[Frames, int, Together]] = []
        self._open: set[Frames] = set()
        self._left = asyncio.Event()

    async def serve(self, sock: socket.socket, stop: asyncio.Event) -> None:
        """Until we are told to stop and the last worker has gone."""
        server = await asyncio.get_running_loop().create_unix_server(self._connection, sock=sock)
        await stop.wait()
        server.close()
        while self._open:
            self._left.clear()
            await self._left.wait()

    def _connection(self) -> Frames:
        return Frames(self._opened, self.take_in, self._lost)

    def _opened(self, frames: Frames) -> None:
        self._open.add(frames)
        frames.send(READY)

    def _lost(self, frames: Frames) -> None:
        self._open.discard(frames)
        self._left.set()

    def take_in(self, frames: Frames, messages: list[bytes]) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self.commit)  # behind what others say in this turn of the loop
        for message in messages:
            number, name, item = _given.decode(message)
            together = Together(self._errands.all[name].run, self._items[name].decode(item))
            self._pending.append((frames, number, together))

    def commit(self) -> None:
        """The loop stands still meanwhile: there is nothing else to do here."""
        pending, self._pending = self._pending, []
        outcomes = self._engine.write_all_now([together for _, _, together in pending])
        answers: dict[Frames, list[tuple[int, str, Any]]] = {}
        for (frames, number, _), outcome in zip(pending, outcomes, strict=True):
            answers.setdefault(frames, []).append((number, *_said(outcome)))
        for frames, some in answers.items():
            frames.send(encode(some))


def _said(outcome: Outcome) -> tuple[str, Any]:
    result, error = outcome
    if error is None:
        return "", result
    if not isinstance(error, StoreError):
        report_defect("the writer's commit", cast(Exception, error))
    name = type(error).__name__
    return (name, str(error)) if name in SAID else (Unavailable.__name__, f"{name}: {error}")


class WayToWriter:
    """A worker's connection to the writer process (`Carrier`), made again when it is lost."""

    def __init__(self, path: Path, errands: Errands) -> None:
        self.ready = asyncio.Event()  # set while the writer is there
        self._path = path
        self._results = {name: msgspec.msgpack.Decoder(errand.result) for name, errand in errands.all.items()}
        self._frames: Frames | None = None
        self._waiting: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._last = 0
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._frames is not None:
            self._frames.close()

    async def carry(self, errand: Errand[A, T], item: A) -> T:
        if self._frames is None or not self.ready.is_set():
            raise NotCarried
        self._last = number = self._last + 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = errand.name, future
        self._frames.send(encode((number, errand.name, item)))
        return cast(T, await future)

    async def _stay_connected(self) -> None:
        while True:
            self._lost.clear()
            with contextlib.suppress(OSError):
                with local_name(self._path) as name:
                    await asyncio.get_running_loop().create_unix_connection(self._connection, name)
                await self._lost.wait()
            await asyncio.sleep(AGAIN_S)

    def _connection(self) -> Frames:
        self._frames = frames = Frames(lambda frames: None, self._heard, self._gone)
        return frames

    def _heard(self, frames: Frames, messages: list[bytes]) -> None:
        for message in messages:
            if message == READY:
                self.ready.set()
            else:
                for number, error, said in _answers.decode(message):
                    self._answered(number, error, said)

    def _answered(self, number: int, error: str, said: msgspec.Raw) -> None:
        name, future = self._waiting.pop(number)
        if future.done():
            return  # cancelled: nobody waits any more
        if error:
            future.set_exception(SAID[error](msgspec.msgpack.decode(said)))
        else:
            future.set_result(self._results[name].decode(said))

    def _gone(self, frames: Frames) -> None:
        self._frames = None
        self.ready.clear()
        waiting, self._waiting = self._waiting, {}
        for _, future in waiting.values():
            if not future.done():
                future.set_exception(InDoubt())
        self._lost.set()


def run_writer(settings: Settings, sock: socket.socket) -> int:
    """The life of the writer process; its exit code."""
    from pyeonji.daemon.supervisor import loop_factory

    with contextlib.suppress(OSError):  # only Linux has it
        Path("/proc/self/comm").write_text(NAME)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_write(settings, sock))
    return 0


async def _write(settings: Settings, sock: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the supervisor's business
    home = open_home(settings.data, create=False)
    assert isinstance(home.engine, SqliteEngine)
    gc.freeze()  # what lives as long as the process need not be looked at again
    await Writer(home.engine, home.errands).serve(sock, stop)
    home.close()
