"""A data folder: the database, the large letters, and the places beside them."""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pyeonji.proto.imap.digest import VERSION as DIGEST_VERSION
from pyeonji.store import digests, schema
from pyeonji.store.blobs import Blobs
from pyeonji.store.commits import CommitTimes
from pyeonji.store.engine.base import Damaged, Engine, StoreError, Tx
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.engine.sqlite_connection import LONG_PAGE_SIZE
from pyeonji.store.errands import Errands
from pyeonji.store.tallies import Tallies

DATABASE = "mail.db"
DIGESTS = "digest.db"
COMMITS = "commits"
TALLIES = "tallies"
OTHERS = 0o007  # of a file's mode; a group may have been given access on purpose
FOLDERS = ("content", "spool", "run", "maildrop")


class NotThere(StoreError):
    """There is no data folder of ours at this place."""


class NotUsable(StoreError):
    """The folder, or a file in it, cannot be made or opened; `reason` is the system's.  `is_full`: it has no room."""

    def __init__(self, data: Path, error: OSError) -> None:
        super().__init__(f"{data}: {error.strerror}")
        self.data = data
        self.reason = error.strerror or type(error).__name__
        self.is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)


class Unsafe(StoreError):
    """Others may write into the data folder."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened data folder.

    `digests` is the database of what is made from the octets: a file of its own, so that making it never holds up who
    files a letter, and that losing it loses nothing.  On a server it is the same as `engine`.
    """

    engine: Engine
    digests: Engine
    blobs: Blobs
    data: Path
    errands: Errands
    tallies: Tallies

    def close(self) -> None:
        self.tallies.close()
        if self.digests is not self.engine:
            self.digests.close()
        self.engine.close()


def open_home(
    data: Path, *, create: bool, engine_url: str | None = None, synchronous: str = "FULL", vfs: str | None = None
) -> Home:
    """Open a data folder, or make one; raises StoreError."""
    database = data / DATABASE
    if not create and not database.exists() and engine_url is None:
        raise NotThere(str(data))
    make_folders(data)
    engine: Engine
    if engine_url is not None:
        from pyeonji.store.engine.postgres import PostgresEngine  # psycopg is an extra

        engine = PostgresEngine(engine_url)
    else:
        keep_private(database)
        engine = SqliteEngine(database, synchronous=synchronous, vfs=vfs, commits=commit_times(data))
    beside: Engine = engine
    try:
        engine.write_now(_prepare, engine.name)
        if engine_url is None:
            beside = _open_beside(data / DIGESTS, synchronous, vfs)
        else:
            beside.write_now(_prepare_digests, beside.name)
        digests.agree(engine, beside)
    except StoreError:
        if beside is not engine:
            beside.close()
        engine.close()
        raise
    blobs = Blobs(data / "content")
    return Home(engine, beside, blobs, data, Errands(engine, blobs), Tallies(data / "run" / TALLIES))


def commit_times(data: Path) -> CommitTimes:
    """How long the commits of a data folder took; raises NotUsable."""
    path = data / "run" / COMMITS
    try:
        return CommitTimes(path)
    except OSError as error:
        raise NotUsable(path, error) from error


def _open_beside(path: Path, synchronous: str, vfs: str | None) -> Engine:
    """The digests in a file of their own; one that cannot be read is thrown away."""
    try:
        return _opened(path, synchronous, vfs)
    except Damaged:
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            file.unlink(missing_ok=True)
        return _opened(path, synchronous, vfs)


def _opened(path: Path, synchronous: str, vfs: str | None) -> Engine:
    keep_private(path)
    engine = SqliteEngine(path, synchronous=synchronous, vfs=vfs, page_size=LONG_PAGE_SIZE)
    try:
        engine.write_now(_prepare_digests, engine.name)
    except StoreError:
        engine.close()
        raise
    return engine


def keep_private(database: Path) -> None:
    """Other users of the machine read no mail, whatever the umask and the folder allow; raises NotUsable.

    SQLite makes the files beside a database with the mode that it has.  What is only called like one of them and leads
    elsewhere is left as it is: a link, whatever it names.
    """
    try:
        # Never opened where it is there: who closes a descriptor of a file gives up all locks on it (fcntl(2)).
        with contextlib.suppress(FileExistsError):
            os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        for file in (database, *database.parent.glob(f"{database.name}-*")):
            found = file.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_mode & OTHERS:
                file.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    except FileNotFoundError:
        return  # another process has just closed it: -wal and -shm go with the last
    except OSError as error:
        raise NotUsable(database, error) from error


def make_folders(data: Path) -> None:
    """The places of a data folder; raises NotUsable and Unsafe."""
    try:
        _make_folders(data)
    except OSError as error:
        raise NotUsable(data, error) from error


def _make_folders(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = data.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o002:
        raise Unsafe(str(data))
    for name in FOLDERS:
        (data / name).mkdir(exist_ok=True, mode=0o700)


# Asked inside the writing transaction, so that of two processes that start at once only one makes the tables.
HAS_TABLES = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
    "postgres": "SELECT 1 FROM information_schema.tables WHERE table_name = 'meta' AND table_schema = current_schema()",
}
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(8032412)"


def _prepare(tx: Tx, engine: str) -> None:
    if engine == "postgres":
        tx.one(ONE_AT_A_TIME)
    schema.prepare(tx, engine, tx.one(HAS_TABLES[engine]) is not None)


def remake_digests(home: Home) -> None:
    """Drop all digests and have them made again; raises StoreError."""
    home.digests.write_now(_prepare_digests, home.digests.name, anew=True)
    digests.agree(home.engine, home.digests)


def _prepare_digests(tx: Tx, engine: str, *, anew: bool = False) -> None:
    if engine == "postgres":
        tx.one(ONE_AT_A_TIME)
    schema.prepare_digests(tx, engine, DIGEST_VERSION, anew=anew)
