"""RENAME: a mailbox with everything below it gets another name (RFC 9051 §6.3.6)."""

from pyeonji.proto.imap.names import MAX_NAME
from pyeonji.store import annotations, creation
from pyeonji.store.creation import SECOND_US, levels
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.entries import copy, entries
from pyeonji.store.mailboxes import INBOX, SEPARATOR, Mailbox, fresh_uidvalidity, mailbox, mailboxes


class NameTooLong(Exception):
    """Something below would get a longer name than there may be."""


def rename(tx: Tx, account_id: int, old: str, new: str, *, now_us: int) -> list[int]:
    """The ids of the mailboxes in which something changed; none where there is nothing of the old name.

    Levels above the new name are made.  INBOX stays and gives its letters away.  Raises Conflict when the new name is
    taken or lies below the old one, NameTooLong, and creation.TooMany.
    """
    if old == INBOX:
        return _rename_inbox(tx, account_id, new, now_us)
    below = old + SEPARATOR
    moving = [box for box in mailboxes(tx, account_id) if box.name == old or box.name.startswith(below)]
    if not moving:
        return []
    if mailbox(tx, account_id, new) is not None or new.startswith(below):
        raise Conflict(new)
    if any(len(_moved(box, old, new)) > MAX_NAME for box in moving):
        raise NameTooLong(new)
    creation.make_levels(tx, account_id, levels(new), now_us=now_us)
    fresh = fresh_uidvalidity(tx, now_us // SECOND_US)  # the new name may have had other letters under the same UIDs
    moving.sort()  # by their ids, as everywhere, so that nobody waits for somebody who waits for him
    tx.many(
        "UPDATE mailbox SET name = :name, uidvalidity = :uidvalidity WHERE id = :id",
        [{"name": _moved(box, old, new), "uidvalidity": fresh, "id": box.id} for box in moving],
    )
    return [box.id for box in moving]


def _rename_inbox(tx: Tx, account_id: int, new: str, now_us: int) -> list[int]:
    """What is below INBOX stays where it is, too (RFC 9051 §6.3.6)."""
    source = mailbox(tx, account_id, INBOX)
    if source is None:
        return []
    target = creation.create(tx, account_id, new, now_us=now_us)
    annotations.copy(tx, source.id, target.id)
    copy(tx, source.id, target.id, [entry.uid for entry in entries(tx, source.id)], now_us=now_us, move=True)
    return [source.id, target.id]


def _moved(box: Mailbox, old: str, new: str) -> str:
    return new + box.name[len(old) :]
