"""One letter on its way in: its header, its digest, and its octets, in memory or, when they are many, in a file."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyeonji.message.header import Header, parse_header
from pyeonji.store.blobs import INLINE_LIMIT
from pyeonji.store.engine.base import Unavailable

MAX_HEAD = 256 * 1024  # octets of a header that are looked at; real ones stay below 100 KiB
EMPTY_LINE = b"\r\n\r\n"

Edit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A letter with CR LF line ends.  `content` is a file when the letter is large, None when nobody keeps it."""

    header: Header
    content: bytes | Path | None
    size: int
    digest: bytes  # SHA-256 of all octets
    is_broken: bool  # no field, a header without end, or NUL: stored all the same


class Gathering:
    """Takes octets in pieces.  `edit` may change the header as soon as it is whole.

    `spool` names a file for a large letter; where it names none, large letters are only measured (dry run).
    """

    def __init__(self, spool: Callable[[], Path | None], edit: Edit | None = None) -> None:
        self._spool = spool
        self._path: Path | None = None
        self._edit = edit
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._file: int | None = None
        self._head: bytes | None = None
        self._waiting = b""
        self._has_nul = False
        self._is_endless = False
        self._size = 0

    def add(self, octets: bytes) -> None:
        """Raises Unavailable (no room)."""
        self._has_nul = self._has_nul or b"\0" in octets
        if self._head is not None:
            self._keep(octets)
            return
        self._waiting += octets
        if self._waiting.startswith(b"\r\n"):
            self._header(2)
        elif (end := self._waiting.find(EMPTY_LINE)) >= 0:
            self._header(end + len(EMPTY_LINE))
        elif len(self._waiting) > MAX_HEAD:
            self._is_endless = True
            self._header(MAX_HEAD)

    def finish(self) -> Gathered:
        """All octets are there."""
        if self._head is None:
            self._header(len(self._waiting))
        header = parse_header(self._head or b"")
        if self._file is not None:
            os.close(self._file)
            self._file = None
            content: bytes | Path | None = self._path
        elif self._size > INLINE_LIMIT:
            content = None
        else:
            content = b"".join(self._pieces)
        is_broken = self._has_nul or self._is_endless or not len(header)
        return Gathered(header, content, self._size, self._digest.digest(), is_broken)

    def discard(self) -> None:
        """Forget it; leaves nothing behind."""
        self._pieces = []
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _header(self, size: int) -> None:
        head, rest = self._waiting[:size], self._waiting[size:]
        self._waiting = b""
        self._head = self._edit(head) if self._edit is not None and not self._is_endless else head
        self._keep(self._head)
        self._keep(rest)

    def _keep(self, octets: bytes) -> None:
        self._digest.update(octets)
        self._size += len(octets)
        if self._file is not None:
            self._write(octets)
            return
        self._pieces.append(octets)
        if self._size > INLINE_LIMIT:
            self._overflow()

    def _overflow(self) -> None:
        pieces, self._pieces = self._pieces, []
        self._path = self._path or self._spool()
        if self._path is None:
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise Unavailable(f"spool: {error}") from error
        for piece in pieces:
            self._write(piece)

    def _write(self, octets: bytes) -> None:
        assert self._file is not None
        view = memoryview(octets)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise Unavailable(f"spool: {error}") from error
