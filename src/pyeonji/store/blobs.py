"""Message octets, behind two methods (docs/store.md): `append` and `read`.

Small letters lie inline in the database, in the transaction that accepts them.  Large ones are files, written and
synced (file, then directory) before the transaction that names them, and freed only after the one that drops the last
name.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pyeonji.store import packing
from pyeonji.store.engine.base import Damaged, Insert, Tx, Unavailable, Value, Values, single
from pyeonji.store.packing import zstd
from pyeonji.store.syncing import sync_directory

INLINE_LIMIT = 512 * 1024  # octets; above it a file costs less than pages in the database
RAW, ZSTD, GONE = 0, 1, 2  # values of content.codec
WORTH_IT = 0.9  # of the size before
UNPACK = 1 << 16  # octets unpacked at once where they are only passed over


class Large(msgspec.Struct, frozen=True, array_like=True):
    """A letter that lies in a file already synced: its name below content/, and its octets' number."""

    file: str
    size: int


class Blobs:
    """The octets of all letters; `folder` holds the large ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, tx: Tx, contents: Sequence[bytes | Large]) -> list[int]:
        """Keep octets; one reference for each."""
        return tx.insert_numbered(CONTENT, [_content_row(content) for content in contents])

    def read(self, tx: Tx, ref: int, offset: int = 0, size: int = -1) -> bytes:
        """Octets [offset, offset + size) of a letter; to the end when size is negative."""
        row = tx.one("SELECT codec, file, size FROM content WHERE id = :id", {"id": ref})
        if row is None:
            raise Damaged(f"content {ref} is not there")
        codec, file, whole = row
        wanted = max(0, whole - offset) if size < 0 else size
        if codec == GONE:
            raise Damaged(f"content {ref} was freed: its letter is in no mailbox and in no queue")
        if file:
            return self._read_file(file, offset, wanted)
        if codec == ZSTD:
            octets = single(tx.one("SELECT octets FROM content WHERE id = :id", {"id": ref}))
            return Unpacking(as_bytes(octets)).read(offset, wanted)
        octets = single(
            tx.one(
                "SELECT substr(octets, :start, :size) FROM content WHERE id = :id",
                {"id": ref, "start": offset + 1, "size": wanted},
            )
        )
        return as_bytes(octets)

    def _read_file(self, file: str, offset: int, size: int) -> bytes:
        try:
            with (self.folder / file).open("rb") as stream:
                stream.seek(offset)
                return stream.read(size)
        except OSError as error:
            raise Unavailable(f"content file {file}: {error}") from error


CONTENT = Insert("content", ("size", "file", "octets"))


def _content_row(content: bytes | Large) -> Values:
    if isinstance(content, Large):
        return content.size, content.file, None
    return len(content), "", content


def as_bytes(value: Value) -> bytes:
    """A column of octets; the engines give bytes, memoryview or None."""
    return value if isinstance(value, bytes) else bytes(value or b"")  # type: ignore[arg-type]


def keep_file(spool: Path, folder: Path, unique: str) -> Large:
    """Move a written spool file to its place below `folder`, synced.  Call before the transaction that names it."""
    digest = hashlib.sha256()
    with spool.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
        os.fsync(stream.fileno())
        size = stream.tell()
    # The receipt number makes the name unique: a sweep of one letter can never take another's octets.
    name = f"{digest.hexdigest()[:2]}/{digest.hexdigest()}-{unique}"
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    spool.rename(target)
    for directory in (target.parent, folder):
        sync_directory(directory)
    return Large(name, size)


# ── what the sweeper does with octets ──


def compressed(octets: bytes) -> bytes | None:
    """Smaller octets, or None when it is not worth it."""
    packed = packing.packed(octets)
    return packed if len(packed) < len(octets) * WORTH_IT else None


def swap(tx: Tx, ref: int, packed: bytes) -> None:
    """Keep compressed octets instead of the plain ones."""
    tx.run(
        "UPDATE content SET codec = :zstd, octets = :octets WHERE id = :id AND codec = :raw",
        {"zstd": ZSTD, "octets": packed, "id": ref, "raw": RAW},
    )


def free(tx: Tx, ref: int) -> str:
    """Drop octets nobody needs any more; the name of the file to unlink after the commit, or ""."""
    file = single(tx.one("SELECT file FROM content WHERE id = :id", {"id": ref}))
    tx.run("UPDATE content SET codec = :gone, octets = NULL, file = '' WHERE id = :id", {"gone": GONE, "id": ref})
    return str(file or "")


def unpacked(codec: int, octets: bytes) -> bytes:
    """Inline octets as the letter has them; raises Damaged."""
    if codec == RAW:
        return octets
    try:
        return packing.unpacked(octets)
    except packing.NotPacked as error:
        raise Damaged(str(error)) from error


class Unpacking:
    """Compressed octets on their way out; `at` is the offset of the next one."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._machine = zstd.ZstdDecompressor()
        self.at = 0

    def read(self, offset: int, size: int) -> bytes:
        while self.at < offset:
            if not self._take(min(UNPACK, offset - self.at)):
                return b""
        found = []
        wanted = size
        while wanted > 0 and (piece := self._take(wanted)):
            found.append(piece)
            wanted -= len(piece)
        return b"".join(found)

    def _take(self, most: int) -> bytes:
        """Some of the next octets; none at the end."""
        packed, self._packed = self._packed, b""
        try:
            piece = b"" if self._machine.eof else bytes(self._machine.decompress(packed, max_length=most))
        except zstd.ZstdError as error:
            raise Damaged(str(error)) from error
        if not piece and not self._machine.eof:
            raise Damaged("compressed octets end too early")
        self.at += len(piece)
        return piece
