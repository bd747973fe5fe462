"""One connection to a SQLite database, with our settings and our errors."""

import errno
import time
from pathlib import Path

import apsw

from pyeonji.store.engine.base import Conflict, Damaged, Full, StoreError, Unavailable

BUSY_MS = 20_000  # how long SQLite itself waits for a lock: checkpoints, and writers that do not know our lock file
CACHE_KIB = 16_384  # page cache of one connection
SCAN_CACHE_KIB = 2_048  # of one that reads in passing: there are a dozen in a worker, and the system caches the file
# Octets, of databases that are made now.  A commit writes whole pages, and a letter touches a dozen of them; lists that
# are read from end to end want long ones (docs/adr/0034).
PAGE_SIZE = 4_096
LONG_PAGE_SIZE = 16_384
GIVE_UP_S = 0.001  # seconds between two looks whether somebody who was told to give up has done so
STATEMENTS = 256  # prepared statements kept per connection
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})  # what the system says of a full disk, and of a quota that is used up
FULL_MEMORY = apsw.SQLITE_IOERR_SHMSIZE  # what SQLite says of a disk on which its shared memory has no room to grow
FIRST_SAFE = (3, 51, 3)  # older ones may lose commits when two connections race to reset the WAL


def connect(
    path: Path,
    *,
    readonly: bool = False,
    synchronous: str = "FULL",
    vfs: str | None = None,
    cache_kib: int = CACHE_KIB,
    page_size: int = PAGE_SIZE,
) -> apsw.Connection:
    """A connection with our settings; raises StoreError."""
    if tuple(map(int, apsw.sqlite_lib_version().split("."))) < FIRST_SAFE:
        raise Unavailable(f"SQLite {apsw.sqlite_lib_version()} can lose commits; 3.51.3 or newer is needed")
    with translated():
        connection = apsw.Connection(str(path), vfs=vfs, statementcachesize=STATEMENTS)
    with translated(connection):
        connection.set_busy_timeout(BUSY_MS)
        # A plan holds whatever the parameters are.  Else SQLite makes that of each join anew with each use: 5–25 µs.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute(f"PRAGMA cache_size=-{cache_kib}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        if readonly:
            connection.execute("PRAGMA query_only=ON")
    return connection


class translated:
    """APSW's errors as ours.  A class, because a generator costs each read and each commit 3 µs more.

    `connection` knows what the system said: SQLite has a word for a full disk, but none for a quota.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection | None = None) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, apsw.Error):
            raise _ours(error, self._connection) from error


def _ours(error: apsw.Error, connection: apsw.Connection | None) -> StoreError:
    if isinstance(error, apsw.ConstraintError):
        return Conflict(str(error))
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return Damaged(str(error))
    if isinstance(error, apsw.FullError) or getattr(error, "extendedresult", 0) == FULL_MEMORY:
        return Full(str(error))
    asked_the_system = isinstance(error, apsw.IOError | apsw.CantOpenError)
    if asked_the_system and connection is not None and connection.system_errno in NO_ROOM:
        return Full(str(error))
    return Unavailable(f"{type(error).__name__}: {error}")


def end(connection: apsw.Connection) -> None:
    """Close it; whoever still reads by it in another thread, for somebody who no longer waits, is told to give up."""
    while True:
        try:
            connection.close()
        except apsw.ThreadingViolationError:
            connection.interrupt()
            time.sleep(GIVE_UP_S)
        else:
            return
