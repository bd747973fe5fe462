"""A SQLite database as a file: a copy of it while others write, and the moment when nobody has it open."""

from pathlib import Path

import apsw

from pyeonji.store.engine.base import Unavailable
from pyeonji.store.syncing import sync_file


def copy(source: apsw.Connection, to: Path) -> None:
    """What `source` sees, as a new file, synced.  Writers go on meanwhile: it is one read.  Raises apsw.Error."""
    target = apsw.Connection(str(to))
    try:
        with target.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step()  # all pages in one go: a copy in steps begins again whenever somebody writes
    finally:
        target.close()
    sync_file(to)


def alone(path: Path, wait_ms: int) -> None:
    """Bring a database that nobody has open into its one file; raises Unavailable when somebody has."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(wait_ms)
        mode = connection.execute("PRAGMA journal_mode=DELETE").get  # only granted to the only one
    except apsw.Error as error:
        raise Unavailable(f"{path.name} is in use ({error})") from error
    finally:
        connection.close()
    if mode != "delete":
        raise Unavailable(f"{path.name} is in use")
