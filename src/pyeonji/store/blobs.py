"""Message octets, behind two methods (docs/store.md): `append` and `read`.

Small letters lie inline in the database, in the transaction that accepts them.  Large ones are files, written and
synced (file, then directory) before the transaction that names them, and freed only after the one that drops the last
name.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyeonji.store.engine.base import Damaged, Tx, Unavailable, Value, single

INLINE_LIMIT = 512 * 1024  # octets; above it a file costs less than pages in the database
RAW, ZSTD = 0, 1  # values of content.codec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@dataclass(frozen=True, slots=True)
class Large:
    """A letter that lies in a file already synced: its name below content/, and its octets' number."""

    file: str
    size: int


class Blobs:
    """The octets of all letters; `folder` holds the large ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, tx: Tx, contents: Sequence[bytes | Large]) -> list[int]:
        """Keep octets; one reference for each."""
        return [self._append_one(tx, content) for content in contents]

    def read(self, tx: Tx, ref: int, offset: int = 0, size: int = -1) -> bytes:
        """Octets [offset, offset + size) of a letter; to the end when size is negative."""
        row = tx.one("SELECT codec, file, size FROM content WHERE id = :id", {"id": ref})
        if row is None:
            raise Damaged(f"content {ref} is not there")
        codec, file, whole = row
        wanted = max(0, whole - offset) if size < 0 else size
        if file:
            return self._read_file(file, offset, wanted)
        if codec == ZSTD:
            octets = single(tx.one("SELECT octets FROM content WHERE id = :id", {"id": ref}))
            return bytes(zstd.decompress(as_bytes(octets)))[offset : offset + wanted]
        octets = single(
            tx.one(
                "SELECT substr(octets, :start, :size) FROM content WHERE id = :id",
                {"id": ref, "start": offset + 1, "size": wanted},
            )
        )
        return as_bytes(octets)

    def _append_one(self, tx: Tx, content: bytes | Large) -> int:
        if isinstance(content, Large):
            row = tx.one(
                "INSERT INTO content (size, file) VALUES (:size, :file) RETURNING id",
                {"size": content.size, "file": content.file},
            )
        else:
            row = tx.one(
                "INSERT INTO content (size, octets) VALUES (:size, :octets) RETURNING id",
                {"size": len(content), "octets": content},
            )
        return int(single(row))  # type: ignore[arg-type]

    def _read_file(self, file: str, offset: int, size: int) -> bytes:
        try:
            with (self.folder / file).open("rb") as stream:
                stream.seek(offset)
                return stream.read(size)
        except OSError as error:
            raise Unavailable(f"content file {file}: {error}") from error


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


def sync_directory(directory: Path) -> None:
    """Make names in a directory durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def compress_some(tx: Tx, after: int, limit: int) -> int:
    """Compress up to `limit` inline letters with ids above `after`; the last id looked at, or 0 at the end."""
    rows = tx.all(
        "SELECT id, octets FROM content WHERE id > :after AND codec = 0 AND file = '' ORDER BY id LIMIT :limit",
        {"after": after, "limit": limit},
    )
    for ref, octets in rows:
        packed = zstd.compress(bytes(octets), 3)
        if len(packed) < len(octets) * 0.9:
            tx.run(
                "UPDATE content SET codec = 1, octets = :octets WHERE id = :id AND codec = 0",
                {"octets": packed, "id": ref},
            )
    return int(rows[-1][0]) if rows else 0
