"""SQLite through APSW, with group commit (docs/store.md).

A writer thread per process waits for its turn, takes everything that is pending by then, runs it in one transaction,
and commits once: many letters share one fsync.  When a unit of work fails after it changed something, all is rolled
back and every unit runs again in a savepoint of its own.  Processes take turns by an advisory lock on a file beside
the database; SQLite's own busy handler sleeps and starves (p99 88 ms against 26 ms).

`synchronous=FULL` is not a matter of taste: with NORMAL, one acknowledged letter in three was lost in simulated power
failures.  A failed sync is never retried into success: the engine then refuses every further write (reliability F23).
"""

import asyncio
import contextlib
import fcntl
import functools
import os
import queue
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import apsw

from pyeonji.store.commits import CommitTimes
from pyeonji.store.engine.base import (
    NUMBERS,
    Conflict,
    FullText,
    Insert,
    Row,
    Snapshot,
    StoreError,
    Tx,
    Unavailable,
    Update,
    Value,
    Values,
)
from pyeonji.store.engine.sqlite_connection import (
    CACHE_KIB,
    FULL_MEMORY,
    PAGE_SIZE,
    SCAN_CACHE_KIB,
    STATEMENTS,
    connect,
    end,
    translated,
)
from pyeonji.store.engine.sqlite_full_text import SqliteFullText
from pyeonji.store.syncing import sync_file

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

MAX_BATCH = 256  # units of work that share one commit
MAX_ROWS = 64  # of one statement

# What a full disk is called where the system's word for it is another than ENOSPC (a quota, a limit of the process), or
# where the file that had to grow is the shared memory.  Nothing was said to be on the disk: it may be written again.
NO_ROOM = (apsw.SQLITE_IOERR_WRITE, FULL_MEMORY)
# Errors that say something about the statement, not about the disk: they hurt only the unit that made them.
OWN_FAULT = (apsw.SQLError, apsw.BindingsError, apsw.TooBigError, apsw.RangeError, apsw.MismatchError)


@dataclass(frozen=True, slots=True)
class Together:
    """One item for a function that takes many."""

    fn: Callable[[Tx, Sequence[Any]], Sequence[Any]]
    item: Any


Work = Callable[[], Any] | Together
Outcome = tuple[Any, BaseException | None]
Awaited = tuple[Work, "asyncio.Future[Any]"]


class SqliteTx:
    """A transaction on one APSW connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._connection = connection

    def all(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> list[Row]:
        return self._execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> Row | None:
        # fetchall, so that the statement is finished and its lock released
        rows = self._execute(sql, parameters).fetchall()
        return rows[0] if rows else None

    def run(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> int:
        self._execute(sql, parameters)
        return self._connection.changes()

    def among(self, sql: str, numbers: Sequence[int], parameters: Mapping[str, Value] | None = None, /) -> list[Row]:
        if not numbers:
            return []
        # CROSS JOIN: in the order of the numbers, each looked up by itself
        sql = sql.replace(NUMBERS, "FROM carray(:numbers) n CROSS JOIN")
        return self._execute(sql, {**(parameters or {}), "numbers": apsw.carray(array("q", numbers))}).fetchall()

    def insert(self, into: Insert, rows: Sequence[Values], /) -> None:
        if len(rows) == 1:  # a letter that comes alone
            self._execute(_insertion(into, 1), rows[0])
            return
        for some in _slices(rows):
            self._execute(_insertion(into, len(some)), list(chain.from_iterable(some)))

    def insert_numbered(self, into: Insert, rows: Sequence[Values], /) -> list[int]:
        numbers: list[int] = []
        for some in _slices(rows):
            self.insert(into, some)
            last = self._connection.last_insert_rowid()  # each row of a statement gets the number behind the one before
            numbers += range(last - len(some) + 1, last + 1)
        return numbers

    def many(self, sql: str, rows: Iterable[Mapping[str, Value]], /) -> None:
        self._executemany(sql, rows)

    def update(self, what: Update, rows: Sequence[Values], /) -> list[Row]:
        if len(rows) == 1:
            return self._execute(_changing(what, 1), rows[0]).fetchall()
        given: list[Row] = []
        for some in _slices(rows):
            given += self._execute(_changing(what, len(some)), list(chain.from_iterable(some))).fetchall()
        return given


def _slices(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """In few pieces, whose lengths are powers of two, so that a handful of statements serves all."""
    start = 0
    while (left := len(rows) - start) > 0:
        size = min(MAX_ROWS, 1 << left.bit_length() - 1)
        yield rows[start : start + size]
        start += size


@functools.lru_cache(maxsize=STATEMENTS)
def _insertion(into: Insert, rows: int) -> str:
    row = f"({', '.join('?' * len(into.columns))})"
    # FAIL: whoever fails is rolled back by us, so SQLite need not keep a copy of each page that the statement touches
    return (
        f"INSERT OR FAIL INTO {into.table} ({', '.join(into.columns)}) VALUES {', '.join([row] * rows)} {into.conflict}"
    )


@functools.lru_cache(maxsize=STATEMENTS)
def _changing(what: Update, rows: int) -> str:
    row = f"({', '.join('?' * len(what.columns))})"
    given = f"WITH w ({', '.join(what.columns)}) AS (VALUES {', '.join([row] * rows)})"
    return f"{given} UPDATE {what.table} SET {what.sets} FROM w WHERE {what.table}.id = w.id RETURNING {what.gives}"


class SqliteSnapshot:
    """A read transaction on a connection of its own."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.tx: Tx = SqliteTx(connection)
        with translated(connection):
            connection.execute("BEGIN")
            self.tx.one("SELECT 1 FROM sqlite_master")  # a transaction begins with its first look

    def copy(self, to: Path) -> None:
        with translated():
            target = apsw.Connection(str(to))
            try:
                with target.backup("main", self._connection, "main") as backup:
                    while not backup.done:
                        backup.step()  # all pages at once: steps would begin again whenever somebody writes
            finally:
                target.close()
        sync_file(to)

    def close(self) -> None:
        self._connection.close()


class SqliteEngine:
    """One SQLite file; see the top of this module."""

    name = "sqlite"
    full_text: FullText = SqliteFullText()

    def __init__(
        self,
        path: Path,
        *,
        synchronous: str = "FULL",
        vfs: str | None = None,
        commits: CommitTimes | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._path = path
        self._commits = commits
        self._settings: dict[str, Any] = {"synchronous": synchronous, "vfs": vfs, "page_size": page_size}
        self._lock_fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._writer = self._first_connection()
        self._writer_tx = SqliteTx(self._writer)
        self._writing = threading.Lock()  # the writer connection is used by one thread at a time
        self._broken: str | None = None
        self._pending: queue.SimpleQueue[Awaited | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._readers = threading.local()
        self._opened: list[apsw.Connection] = []

    # ── asynchronous ──

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return cast(T, await self._promise(functools.partial(fn, self._writer_tx, *args, **kwargs)))

    async def write_together(self, fn: Callable[[Tx, Sequence[A]], Sequence[T]], item: A) -> T:
        return cast(T, await self._promise(Together(fn, item)))

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.read_now(fn, *args, **kwargs)

    async def scan(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(lambda: self.read_now(fn, *args, **kwargs))

    # ── in the calling thread ──

    def write_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        ((result, error),) = self._commit([functools.partial(fn, self._writer_tx, *args, **kwargs)])
        if error is not None:
            raise error
        return cast(T, result)

    def write_all_now(self, work: Sequence[Together]) -> list[Outcome]:
        """All of it in one commit; what each gave, or its error."""
        return self._commit(list(work))

    def read_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = self._reader()
        with translated(connection):
            connection.execute("BEGIN")
            try:
                return fn(SqliteTx(connection), *args, **kwargs)
            finally:
                if connection.in_transaction:  # an I/O error may have ended it
                    connection.execute("COMMIT")

    def snapshot(self) -> Snapshot:
        return SqliteSnapshot(connect(self._path, readonly=True, cache_kib=SCAN_CACHE_KIB, **self._settings))

    def spare_checks(self) -> None:
        """Write without foreign keys.  For a process whose rows name only rows that the same transaction has written:
        to check them costs a fifth of the time, as SQLite then keeps a copy of each page for the statement, too."""
        self._writer.execute("PRAGMA foreign_keys=OFF")

    def close(self) -> None:
        if self._thread is not None:
            self._pending.put(None)
            self._thread.join()
            self._thread = None
        for connection in (*self._opened, self._writer):
            end(connection)
        self._opened.clear()
        if self._commits is not None:
            self._commits.close()
        os.close(self._lock_fd)

    # ── the writer ──

    def _first_connection(self) -> apsw.Connection:
        """Opened in our turn: SQLite does not wait for others when it makes a new file a WAL file, it answers BUSY."""
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            connection = connect(self._path, **self._settings)
        except StoreError:
            os.close(self._lock_fd)  # which gives the turn back, too
            raise
        fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        return connection

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            cache_kib = CACHE_KIB if threading.current_thread() is threading.main_thread() else SCAN_CACHE_KIB
            connection = connect(self._path, readonly=True, cache_kib=cache_kib, **self._settings)
            self._readers.connection = connection
            self._opened.append(connection)
        return connection

    def _promise(self, work: Work) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._start()
        self._pending.put((work, future))
        return future

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while (awaited := self._pending.get()) is not None:
            batch = [awaited[0]]
            futures = [awaited[1]]
            outcomes = self._commit(batch, functools.partial(self._join, batch, futures))
            _tell(futures, outcomes)

    def _join(self, batch: list[Work], futures: "list[asyncio.Future[Any]]") -> None:
        """Whatever has come until it was our turn: the more share a commit, the sooner it is the others' turn."""
        with contextlib.suppress(queue.Empty):
            while len(batch) < MAX_BATCH:
                awaited = self._pending.get_nowait()
                if awaited is None:
                    self._pending.put(None)
                    break
                batch.append(awaited[0])
                futures.append(awaited[1])

    def _commit(self, batch: list[Work], join: Callable[[], None] = lambda: None) -> list[Outcome]:
        """Run a batch and commit it once; only then may anybody be told how it went.  `join` fills it in our turn."""
        with self._writing:
            try:
                with translated(self._writer):
                    self._take_turn()
                    try:
                        join()
                        return self._transact(batch)
                    except apsw.IOError as error:
                        if getattr(error, "extendedresult", 0) not in NO_ROOM:  # which the types of APSW do not name
                            self._broken = f"the disk failed ({error}); restart after checking it"
                        raise
                    finally:
                        fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
            except BaseException as error:  # noqa: BLE001 - whatever happens, nobody may wait for ever
                return [(None, error)] * len(batch)

    def _transact(self, batch: list[Work]) -> list[Outcome]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            outcomes, entangled = self._run_together(batch)
            if entangled:
                self._writer.execute("ROLLBACK")
                self._writer.execute("BEGIN IMMEDIATE")
                outcomes = [self._run_apart(work) for work in batch] if len(batch) > 1 else outcomes
            self._settle_on_disk()
        except BaseException:
            self._rollback()
            raise
        return outcomes

    def _settle_on_disk(self) -> None:
        """The commit, which ends when it is on the disk; an empty one never goes there."""
        begin = time.monotonic()
        self._writer.execute("COMMIT")
        if self._commits is not None:
            self._commits.add(time.monotonic() - begin)

    def _run_together(self, batch: list[Work]) -> tuple[list[Outcome], bool]:
        """All units without savepoints, which cost a third; True when one failed and had changed something."""
        outcomes: dict[int, Outcome] = {}
        for places, run in self._runs(batch):
            before = self._writer.total_changes()
            results, error = self._outcome(run)
            # Changes of the schema are not counted; they come alone.
            if error is not None and (len(batch) == 1 or len(places) > 1 or self._writer.total_changes() != before):
                return [(None, error)], True
            for place, result in zip(places, results or [None] * len(places), strict=True):
                outcomes[place] = result, error
        return [outcomes[place] for place in range(len(batch))], False

    def _runs(self, batch: list[Work]) -> Iterator[tuple[list[int], Callable[[], Sequence[Any]]]]:
        """What is called for which places of the batch, and gives a result for each of them."""
        shared: dict[Callable[..., Any], list[tuple[int, Any]]] = {}
        for place, work in enumerate(batch):
            if isinstance(work, Together):
                shared.setdefault(work.fn, []).append((place, work.item))
            else:
                yield [place], functools.partial(_alone, work)
        for fn, items in shared.items():
            yield [place for place, _ in items], functools.partial(fn, self._writer_tx, [item for _, item in items])

    def _run_apart(self, work: Work) -> Outcome:
        """One unit of work in its savepoint: it changes everything or nothing."""
        ((_, run),) = self._runs([work])
        self._writer.execute("SAVEPOINT unit")
        results, error = self._outcome(run)
        if error is not None:
            self._writer.execute("ROLLBACK TO unit")
        self._writer.execute("RELEASE unit")
        return results[0] if error is None else None, error

    def _outcome(self, run: Callable[[], Sequence[Any]]) -> tuple[Sequence[Any], BaseException | None]:
        try:
            return run(), None
        except apsw.ConstraintError as error:
            return (), Conflict(str(error))
        except OWN_FAULT as error:
            return (), Unavailable(f"{type(error).__name__}: {error}")
        except apsw.Error:
            raise  # full disk, I/O error: the whole batch fails, nothing was promised to anybody
        except BaseException as error:  # noqa: BLE001 - the caller's error goes back to the caller, whatever it is
            return (), error

    def _rollback(self) -> None:
        with contextlib.suppress(apsw.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _take_turn(self) -> None:
        """Among the processes that write to this file."""
        if self._broken:
            raise Unavailable(self._broken)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        except OSError as error:
            raise Unavailable(f"lock: {error}") from error


def _alone(work: Callable[[], Any]) -> Sequence[Any]:
    return (work(),)


def _tell(futures: "list[asyncio.Future[Any]]", outcomes: list[Outcome]) -> None:
    """How it went, in one message for each loop: a message for each letter costs more than the letter's row."""
    told: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
    for future, outcome in zip(futures, outcomes, strict=True):
        told.setdefault(future.get_loop(), []).append((future, outcome))
    for loop, news in told.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, news)


def _settle(news: "list[tuple[asyncio.Future[Any], Outcome]]") -> None:
    for future, (result, error) in news:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
