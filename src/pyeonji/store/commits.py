"""How long commits took: a histogram that all processes on one database share, in a small file beside it.

A commit is made only by the process whose turn it is, so whoever adds to it is alone and nothing is locked.  It belongs
to no process: one that dies takes nothing along, and it stays while the data folder does.
"""

import mmap
import os
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds; the last is +Inf
CELLS = len(BOUNDS_S) + 2  # one for each bound, one for what is longer, and the sum in microseconds
SIZE = CELLS * 8  # octets: cells of 64 bits, each written at once


class CommitTimes:
    """The file `path`, made when it is not there; raises OSError."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(fd).st_size != SIZE:
                os.posix_fallocate(
                    fd, 0, SIZE
                )  # new: all zero, and no hole, or writing to it on a full disk would kill us
            self._map = mmap.mmap(fd, SIZE)
        finally:
            os.close(fd)
        self._cells = memoryview(self._map).cast("Q")

    def add(self, seconds: float) -> None:
        """One commit more.  For whoever has the turn."""
        self._cells[bisect_left(BOUNDS_S, seconds)] += 1
        self._cells[CELLS - 1] += round(seconds * 1_000_000)

    def read(self) -> tuple[Sequence[int], float]:
        """How many took as long as each bound and longer than the one before; the sum in seconds."""
        *counts, sum_us = self._cells.tolist()
        return counts, sum_us / 1_000_000

    def close(self) -> None:
        self._cells.release()
        self._map.close()
