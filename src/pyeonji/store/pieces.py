"""One letter's octets read in pieces: whoever hands on a large letter never holds it whole.

    letter = Pieces(home.blobs, number)
    octets = await home.engine.scan(letter.read, offset, 65_536)   # as often as needed, usually forwards
    letter.close()

Going forwards costs no more than the octets themselves: a file is opened once (and can be read on when the sweeper
takes its name away), and compressed octets are unpacked where the last piece ended.  Going back works, only slower.
"""

import os

from pyeonji.store.blobs import GONE, ZSTD, Blobs, Unpacking, as_bytes
from pyeonji.store.engine.base import Damaged, Tx, Unavailable, single

HOW = """
SELECT c.id, c.codec, c.file, c.size FROM message m JOIN content c ON c.id = m.content_id WHERE m.id = :id
"""
CUT = "SELECT substr(octets, :start, :size) FROM content WHERE id = :id"


class Pieces:
    """See the top of this module.  One reader at a time, in whatever thread."""

    def __init__(self, blobs: Blobs, number: int) -> None:
        self._blobs = blobs
        self._number = number
        self._file: int | None = None
        self._unpacking: Unpacking | None = None

    def read(self, tx: Tx, offset: int, size: int) -> bytes:
        """Octets [offset, offset + size), fewer at the end; raises Damaged, Unavailable."""
        if self._file is not None:
            return self._read_file(offset, size)
        if self._unpacking is not None and self._unpacking.at <= offset:
            return self._unpacking.read(offset, size)
        row = tx.one(HOW, {"id": self._number})
        if row is None:
            raise Damaged(f"message {self._number} is not there")
        ref, codec, name, whole = row
        if codec == GONE:
            raise Damaged(f"content {ref} was freed: its letter is in no mailbox and in no queue")
        if name:
            self._open(name)
            return self._read_file(offset, size)
        if codec == ZSTD:
            packed = as_bytes(single(tx.one("SELECT octets FROM content WHERE id = :id", {"id": ref})))
            self._unpacking = Unpacking(packed)
            return self._unpacking.read(offset, size)
        size = max(0, min(size, whole - offset))
        return as_bytes(single(tx.one(CUT, {"id": ref, "start": offset + 1, "size": size})))

    def close(self) -> None:
        """Give back what was opened; reading again opens it again."""
        self._unpacking = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self, name: str) -> None:
        try:
            self._file = os.open(self._blobs.folder / name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise Unavailable(f"content file {name}: {error}") from error

    def _read_file(self, offset: int, size: int) -> bytes:
        assert self._file is not None
        try:
            return os.pread(self._file, size, offset)
        except OSError as error:
            raise Unavailable(f"content of message {self._number}: {error}") from error
