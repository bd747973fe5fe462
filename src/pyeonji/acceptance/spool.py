"""A letter on its way in: header in memory, body in memory or, when large, in a file of ours."""

import asyncio
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pyeonji.journey.receipt import compact
from pyeonji.message.header import header_end
from pyeonji.store.blobs import INLINE_LIMIT, Large, keep_file
from pyeonji.store.engine.base import Full, Unavailable

MAX_HEADER = 256 * 1024  # octets; real lists of Received and ARC fields stay below 100 KiB
MERGED = 4_096  # octets; pieces are put together up to this size
COPY = 1 << 20  # octets copied at once


class HeaderTooLong(ValueError):
    """The header does not end within MAX_HEADER."""


class Spool:
    """Receives content in pieces.  `head` is the header with its empty line, as soon as that is known.

    A line that is no field ends it, too, as for everybody who reads the letter later (`message.header`); then there is
    no empty line.  Beyond `memory` octets the body goes to a file.
    """

    def __init__(self, folder: Path, number: int, memory: int = INLINE_LIMIT) -> None:
        self._folder = folder
        self._number = number
        self._memory = memory
        self._pieces: list[bytes] = []
        self._file: int | None = None
        self.size = 0
        self.head = b""
        self.head_came = 0  # octets of the header as it came: `head` may be changed
        self._has_head = False

    def add(self, octets: bytes) -> None:
        """Raises HeaderTooLong, Unavailable (no room)."""
        self.size += len(octets)
        if self._file is not None:
            self._write(octets)
            return
        pieces = self._pieces
        if pieces and len(pieces[-1]) + len(octets) <= MERGED:
            pieces[-1] += octets  # BDAT 1, half a million times: an object for each would be twenty times the letter
        else:
            pieces.append(octets)
        if not self._has_head:
            self._find_head()
        elif self.size > self._memory:
            self._overflow()

    def finish(self) -> None:
        """All octets are there; what has no empty line is all header."""
        if not self._has_head:
            joined = b"".join(self._pieces)
            self._part(joined, len(joined))

    def joined(self, head: bytes) -> bytes:
        """The letter with this header.  Only for letters that are not `large`."""
        return b"".join((head, *self._pieces))

    def reader(self) -> Callable[[int, int], bytes]:
        """Gives octets from a place on, as many as asked for, in any thread; once all are there."""
        if self._file is None:
            whole = self.joined(self.head)
            return lambda start, size: whole[start : start + size]
        return self._read

    @property
    def _path(self) -> Path:
        return self._folder / f"{compact(self._number)}.body"

    @property
    def large(self) -> bool:
        return self._file is not None

    async def stored(self, head: bytes, content_folder: Path) -> bytes | Large:
        """The letter with this header, ready for the transaction: octets, or a synced file."""
        if not self.large:
            return self.joined(head)
        return await asyncio.to_thread(self._keep, head, content_folder)

    def discard(self) -> None:
        """Forget it; leaves nothing behind."""
        self._pieces = []
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)

    def _find_head(self) -> None:
        joined = b"".join(self._pieces)
        if joined.startswith(b"\r\n"):
            at = 2
        elif (at := joined.find(b"\r\n\r\n")) >= 0:
            at += 4
        elif self.size > MAX_HEADER:
            raise HeaderTooLong
        else:
            self._pieces = [joined]
            return
        if at > MAX_HEADER:
            raise HeaderTooLong
        self._part(joined, at)
        if self.size > self._memory:
            self._overflow()

    def _part(self, joined: bytes, end: int) -> None:
        self.head_came = at = header_end(joined, 0, end)
        self.head = joined[:at]
        self._pieces = [joined[at:]]
        self._has_head = True

    def _overflow(self) -> None:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise _trouble(error) from error
        pieces, self._pieces = self._pieces, []
        for piece in pieces:
            self._write(piece)

    def _write(self, octets: bytes) -> None:
        assert self._file is not None
        view = memoryview(octets)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise _trouble(error) from error

    def _read(self, start: int, size: int) -> bytes:
        assert self._file is not None
        found = self.head[start : start + size]
        try:
            return found + os.pread(self._file, size - len(found), max(0, start - len(self.head)))
        except OSError as error:
            raise _trouble(error) from error

    def _keep(self, head: bytes, content_folder: Path) -> Large:
        whole = self._path.with_suffix(".eml")
        try:
            with whole.open("xb") as out, self._path.open("rb") as body:
                out.write(head)
                shutil.copyfileobj(body, out, COPY)
            return keep_file(whole, content_folder, compact(self._number))
        except OSError as error:
            whole.unlink(missing_ok=True)
            raise _trouble(error) from error


def _trouble(error: OSError) -> Unavailable:
    kind = Full if error.errno in (errno.ENOSPC, errno.EDQUOT) else Unavailable
    return kind(f"spool: {error}")
