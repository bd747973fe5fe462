"""A SQLite database as a file that nobody else has open."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from pyeonji.store.engine.base import Tx, Unavailable
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.syncing import sync_file

T = TypeVar("T")


def rewrite(path: Path) -> None:
    """Write the file of a database that nobody else has anew: nothing of what was deleted is left in it."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    finally:
        connection.close()
    sync_file(path)


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


def changed(path: Path, change: Callable[[Tx], T]) -> T:
    """What a transaction on a database that nobody else has gives; afterwards it is one file again."""
    engine = SqliteEngine(path)
    try:
        found = engine.write_now(change)
    finally:
        engine.close()
    alone(path, wait_ms=0)
    path.with_name(f"{path.name}.lock").unlink()
    return found
