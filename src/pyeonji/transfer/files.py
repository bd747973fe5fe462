"""Opening files of others: only plain files, never what a link in somebody's folder points at.

An import usually runs with more rights than the person whose folder it reads: a link there must not make /etc/shadow
one of his letters, and a pipe must not hold us for ever.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pyeonji.message.date import parse_date
from pyeonji.message.header import Header

BLOCK = 1 << 20  # octets read at once
MAX_DEPTH = 32  # folders within folders


def open_plain(path: Path) -> int:
    """A descriptor for reading; raises OSError, also for what is no plain file."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return fd


def blocks(fd: int) -> Iterator[bytes]:
    while block := os.read(fd, BLOCK):
        yield block


def modified_us(fd: int) -> int:
    return os.fstat(fd).st_mtime_ns // 1_000


def children(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def is_folder(path: Path) -> bool:
    """A real one, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def reason(error: OSError) -> str:
    return error.strerror or str(error)


def dated_us(header: Header) -> int | None:
    """When the letter came, as its topmost Received field says, or else when it was written."""
    for text in (header.text(b"received").rpartition(";")[2], header.text(b"date")):
        if text and (moment := parse_date(text)) is not None:
            return max(1, round(moment.timestamp() * 1_000_000))
    return None
