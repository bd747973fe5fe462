"""How often something was done lately, by all workers of a data folder together: limits that hold for the whole server.

A small file that all of them map.  Each process writes into a table of its own and reads those of the others, so
nothing is locked and nobody waits; the table is its own by a lock that the kernel frees.  Counts are of a window (a
minute by its number, or an instant); a window that is over is no count.  What is lost with the file, or because too
many names share a place, is a count: a limit is late then, and nobody is barred for another's doing.  Where the file
cannot be made (the disk is full) each process counts for itself.
"""

import fcntl
import hashlib
import mmap
import os
from pathlib import Path

TABLES = 18  # processes at the same time: twice as many workers as there may be (while they are replaced), and others
PLACES = 4_096  # names counted by one process
NEAR = 8  # places a name may have; of those that are taken the oldest window gives way
CELLS = 3  # of a place: name, window, count
TABLE = PLACES * CELLS
SIZE = TABLES * TABLE * 8  # octets
NAME = 8  # octets of a digest that stand for a name


class Tallies:
    """The file `path`, made when something is counted for the first time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._cells: memoryview[int] | None = None
        self._own = 0  # where our table begins

    def add(self, name: str, window: int, times: int = 1) -> int:
        """Count it once more (or more often) in a window; how often it was counted there, by all."""
        cells = self._opened()
        key, near = _places(name)
        at = self._place(cells, key, near)
        if cells[at] != key or cells[at + 1] != window:
            cells[at + 1] = 0  # who reads meanwhile finds nothing, rather than a half
            cells[at], cells[at + 2], cells[at + 1] = key, 0, window
        cells[at + 2] += times
        return sum(cells[place + 2] for place in _all(cells, key, near) if cells[place + 1] == window)

    def latest(self, name: str) -> int:
        """The latest window in which anybody counted it; 0 for none."""
        cells = self._opened()
        key, near = _places(name)
        return max((cells[place + 1] for place in _all(cells, key, near)), default=0)

    def close(self) -> None:
        if self._cells is not None:
            self._cells.release()
            self._cells = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _place(self, cells: "memoryview[int]", key: int, near: tuple[int, ...]) -> int:
        """Ours for this name: the one it has, else the one whose window is longest over."""
        ours = [self._own + at for at in near]
        return next((at for at in ours if cells[at] == key), min(ours, key=lambda at: cells[at + 1]))

    def _opened(self) -> "memoryview[int]":
        if self._cells is None:
            try:
                self._cells = self._shared()
            except OSError:
                self._own = 0
                self._cells = memoryview(bytearray(TABLE * 8)).cast("Q")
        return self._cells

    def _shared(self) -> "memoryview[int]":
        """Raises OSError."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(fd, 0, SIZE)  # all zero; a page without room on the disk would be a signal that kills
            self._own = _own_table(fd) * TABLE
            cells = memoryview(mmap.mmap(fd, SIZE)).cast("Q")
        except OSError:
            os.close(fd)
            raise
        self._fd = fd  # kept: the lock goes with it
        return cells


def _own_table(fd: int) -> int:
    """The first that no process has; when there is none, the last one is shared, and some counts are lost."""
    for number in range(TABLES):
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:
            continue
        return number
    return TABLES - 1


def _all(cells: "memoryview[int]", key: int, near: tuple[int, ...]) -> list[int]:
    """Where any process has this name."""
    return [base + at for base in range(0, len(cells), TABLE) for at in near if cells[base + at] == key]


def _places(name: str) -> tuple[int, tuple[int, ...]]:
    digest = hashlib.blake2b(name.encode(), digest_size=NAME).digest()
    key = int.from_bytes(digest, "big") or 1  # 0 is nobody's
    return key, tuple((key + step) % PLACES * CELLS for step in range(NEAR))
