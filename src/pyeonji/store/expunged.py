"""The log of expunged UIDs: what QRESYNC tells (RFC 7162 §3.2.5)."""

from pyeonji.store.engine.base import Tx


def expunged_after(tx: Tx, mailbox_id: int, modseq: int) -> list[int]:
    """UIDs expunged after a MODSEQ, ascending."""
    rows = tx.all(
        "SELECT uid FROM expunged WHERE mailbox_id = :id AND modseq > :modseq ORDER BY uid",
        {"id": mailbox_id, "modseq": modseq},
    )
    return [row[0] for row in rows]
