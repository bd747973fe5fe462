"""RENAME: a mailbox with everything below it gets another name (RFC 9051 §6.3.6)."""

from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.entries import copy, entries
from pyeonji.store.mailboxes import INBOX, SEPARATOR, create, fresh_uidvalidity, mailbox, mailboxes


def rename(tx: Tx, account_id: int, old: str, new: str, *, uidvalidity: int) -> bool:
    """With everything below it; False when there is none.  INBOX stays and gives its letters away (RFC 3501 §6.3.5).

    Raises Conflict when the new name is taken, or lies below the old one.
    """
    source = mailbox(tx, account_id, old)
    if source is None:
        return False
    if old == INBOX:
        target = create(tx, account_id, new, uidvalidity=uidvalidity)
        uids = [entry.uid for entry in entries(tx, source.id)]
        copy(tx, source.id, target.id, uids, now_us=uidvalidity * 1_000_000, move=True)
        return True
    if mailbox(tx, account_id, new) is not None or new.startswith(old + SEPARATOR):
        raise Conflict(new)
    fresh = fresh_uidvalidity(tx, uidvalidity)  # the new name may have had other letters under the same UIDs
    below = old + SEPARATOR
    for found in mailboxes(tx, account_id):
        if found.name == old or found.name.startswith(below):
            tx.run(
                "UPDATE mailbox SET name = :name, uidvalidity = :uidvalidity WHERE id = :id",
                {"name": new + found.name[len(old) :], "uidvalidity": fresh, "id": found.id},
            )
    return True
