"""DELETE: a mailbox goes, and its letters as if they had been expunged: they can be brought back (RFC 9051 §6.3.5)."""

from pyeonji.journey.event import Expunged
from pyeonji.store import annotations, removed
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import SLICE, tell
from pyeonji.store.mailboxes import hold

PLACES = "SELECT uid, message_id FROM entry WHERE mailbox_id = :id AND uid > :after ORDER BY uid LIMIT :limit"


def delete(tx: Tx, mailbox_id: int, *, now_us: int, account: str) -> None:
    """Nothing happens where there is no such mailbox."""
    box = hold(tx, mailbox_id)
    if box is None:
        return
    after = 0
    while rows := tx.all(PLACES, {"id": mailbox_id, "after": after, "limit": SLICE}):
        tell(tx, now_us, [(number, Expunged(now_us, account, box.name, uid)) for uid, number in rows])
        after = rows[-1][0]
    removed.keep_all(tx, mailbox_id, now_us)
    tx.run("DELETE FROM entry WHERE mailbox_id = :id", {"id": mailbox_id})
    annotations.forget_mailbox(tx, mailbox_id)
    tx.run("DELETE FROM mailbox WHERE id = :id", {"id": mailbox_id})
