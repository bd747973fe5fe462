"""What is kept of each letter beside its place: its octets, and where its parts are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyeonji.store.blobs import GONE, INLINE_LIMIT, RAW, Blobs, Unpacking, as_bytes
from pyeonji.store.engine.base import Damaged, Row, Tx

SLICE = 512  # messages named in one statement


@dataclass(frozen=True, slots=True)
class Meta:
    """`body_at` is the octet where the body begins."""

    message_id: int
    content_id: int
    size: int
    body_at: int


def metas(tx: Tx, numbers: Sequence[int]) -> dict[int, Meta]:
    """By receipt number; unknown numbers are left out."""
    sql = "SELECT m.id, m.content_id, m.size, m.body_at FROM NUMBERS n JOIN message m ON m.id = n.value"
    return {row[0]: Meta(*row) for row in tx.among(sql, numbers)}


WHOLE = "SELECT m.id, m.body_at, c.codec, c.octets"
HEADER = f"""
SELECT m.id, m.body_at, c.codec,
  CASE WHEN c.codec = {RAW} THEN substr(c.octets, 1, CAST(m.body_at AS INTEGER)) ELSE c.octets END
"""
INLINE = f"""
FROM NUMBERS n JOIN message m ON m.id = n.value JOIN content c ON c.id = m.content_id
WHERE c.file = '' AND c.codec <> {GONE}
"""


def contents(tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[bytes, int]]:
    """Octets, and where the body begins, of those of these letters that lie in the database; by receipt number."""
    return dict(_readable(tx.among(WHOLE + INLINE, numbers)))


def headers(tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[bytes, int]]:
    """The same for their headers alone, with the empty line."""
    return dict(_readable(tx.among(HEADER + INLINE, numbers)))


def _readable(rows: list[Row]) -> Iterator[tuple[int, tuple[bytes, int]]]:
    for number, body_at, codec, kept in rows:
        octets = as_bytes(kept)
        if codec != RAW:
            try:
                octets = Unpacking(octets).read(0, INLINE_LIMIT)
            except Damaged:
                continue
        yield number, (octets, body_at)


def content(tx: Tx, blobs: Blobs, number: int, offset: int = 0, size: int = -1) -> bytes:
    """Octets of a letter; raises Damaged when there is no such letter."""
    row = tx.one("SELECT content_id FROM message WHERE id = :id", {"id": number})
    if row is None:
        raise Damaged(f"message {number} is not there")
    return blobs.read(tx, row[0], offset, size)
