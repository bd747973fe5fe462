"""What is kept of each letter beside its place: its octets, and where its parts are."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.store.blobs import Blobs
from pyeonji.store.engine.base import Damaged, Tx

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


def content(tx: Tx, blobs: Blobs, number: int, offset: int = 0, size: int = -1) -> bytes:
    """Octets of a letter; raises Damaged when there is no such letter."""
    row = tx.one("SELECT content_id FROM message WHERE id = :id", {"id": number})
    if row is None:
        raise Damaged(f"message {number} is not there")
    return blobs.read(tx, row[0], offset, size)
