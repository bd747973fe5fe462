"""What a data folder needs of the disk."""

import contextlib
import shutil

from pyeonji.store import meta
from pyeonji.store.engine.base import Tx, single
from pyeonji.store.home import DATABASE, DIGESTS, Home

BACKUP = "backup made"  # in meta: seconds since 1970


def used(tx: Tx, home: Home) -> dict[str, int]:
    """Octets by what they are for; "free" is what others may use of the same disk."""
    large = single(tx.one("SELECT SUM(size) FROM content WHERE file <> ''"))
    return {
        "database": _sizes(home, DATABASE),
        "digests": _sizes(home, DIGESTS),
        "content": int(large or 0),
        "free": shutil.disk_usage(home.data).free,
    }


def backed_up_s(tx: Tx) -> int:
    """When the last backup was made, in seconds since 1970; 0: never."""
    return meta.number(tx, BACKUP)


def note_backup(tx: Tx, at_s: int) -> None:
    meta.remember(tx, BACKUP, at_s)


def _sizes(home: Home, name: str) -> int:
    """Of a database and its log."""
    octets = 0
    for file in (name, f"{name}-wal"):
        with contextlib.suppress(FileNotFoundError):
            octets += (home.data / file).stat().st_size
    return octets
