"""The log of expunged UIDs: what QRESYNC tells (RFC 7162 §3.2.5)."""

from pyeonji.store.engine.base import Tx, single


def expunged_after(tx: Tx, mailbox_id: int, modseq: int) -> list[int]:
    """UIDs expunged after a MODSEQ, ascending."""
    rows = tx.all(
        "SELECT uid FROM expunged WHERE mailbox_id = :id AND modseq > :modseq ORDER BY uid",
        {"id": mailbox_id, "modseq": modseq},
    )
    return [row[0] for row in rows]


def remembered_after(tx: Tx, mailbox_id: int, modseq: int) -> list[int] | None:
    """The same for a MODSEQ from outside; None when not all is remembered that went away after it."""
    forgotten = single(tx.one("SELECT forgotten FROM mailbox WHERE id = :id", {"id": mailbox_id}))
    return None if forgotten is None or int(forgotten) > modseq else expunged_after(tx, mailbox_id, modseq)


# The MODSEQ of the newest row there is no room for.
CUT = """
SELECT modseq FROM expunged WHERE mailbox_id = :id ORDER BY modseq DESC LIMIT 1 OFFSET :most
"""
FORGET = """
DELETE FROM expunged WHERE mailbox_id = :id AND uid IN (
  SELECT uid FROM expunged WHERE mailbox_id = :id AND modseq <= :cut ORDER BY modseq LIMIT :limit)
"""


def are_more(tx: Tx, mailbox_id: int, most: int) -> bool:
    return tx.one(CUT, {"id": mailbox_id, "most": most}) is not None


def forget(tx: Tx, mailbox_id: int, most: int, limit: int) -> int:
    """Keep the `most` newest rows of a mailbox; at most `limit` older ones go: how many."""
    cut = single(tx.one(CUT, {"id": mailbox_id, "most": most}))
    if cut is None:
        return 0
    tx.run("UPDATE mailbox SET forgotten = :cut WHERE id = :id AND forgotten < :cut", {"cut": cut, "id": mailbox_id})
    return tx.run(FORGET, {"id": mailbox_id, "cut": cut, "limit": limit})
