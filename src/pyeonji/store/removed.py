"""Expunged letters that can still be brought back (docs/reading.md, "What went away").

A row stands for the last place a letter had in an account: clients move a letter by copying and expunging it, and what
they moved did not go away.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pyeonji.store.engine.base import Tx, several

if TYPE_CHECKING:
    from pyeonji.store.entries import Entry


class Removed(NamedTuple):
    """One letter that is in no mailbox of its account any more.  `mailbox` is the name of the one it was in."""

    id: int
    mailbox: str
    message_id: int
    flags: int
    keywords: str
    internal_us: int
    size: int
    removed_us: int


# Said after the entry itself is gone: whatever is found is another place of the letter.
KEEP = """
INSERT INTO removed (account_id, mailbox, uid, message_id, flags, keywords, internal_us, size, removed_us)
SELECT :account_id, :mailbox, :uid, :message_id, :flags, :keywords, :internal_us, :size, :now
WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.message_id = :message_id AND e.account_id = :account_id)
"""

# The same for a whole mailbox, before its entries go.
KEEP_ALL = """
INSERT INTO removed (account_id, mailbox, uid, message_id, flags, keywords, internal_us, size, removed_us)
SELECT e.account_id, b.name, e.uid, e.message_id, e.flags, e.keywords, e.internal_us, e.size, :now
FROM entry e JOIN mailbox b ON b.id = e.mailbox_id WHERE e.mailbox_id = :id AND NOT EXISTS (
  SELECT 1 FROM entry o WHERE o.message_id = e.message_id AND o.account_id = e.account_id
    AND o.mailbox_id <> e.mailbox_id)
ORDER BY e.uid
"""


def keep(tx: Tx, account_id: int, mailbox: str, entries: "Iterable[Entry]", now_us: int) -> None:
    """Remember entries that have just been taken out of a mailbox."""
    tx.many(
        KEEP,
        [
            {
                "account_id": account_id,
                "mailbox": mailbox,
                "uid": entry.uid,
                "message_id": entry.message_id,
                "flags": entry.flags,
                "keywords": entry.keywords,
                "internal_us": entry.internal_us,
                "size": entry.size,
                "now": now_us,
            }
            for entry in entries
        ],
    )


def keep_all(tx: Tx, mailbox_id: int, now_us: int) -> None:
    """Remember every entry of a mailbox that is about to go."""
    tx.run(KEEP_ALL, {"id": mailbox_id, "now": now_us})


REMOVED = """
SELECT id, mailbox, message_id, flags, keywords, internal_us, size, removed_us FROM removed
WHERE account_id = :account AND removed_us >= :since AND (:mailbox = '' OR mailbox = :mailbox) AND id > :after
ORDER BY id LIMIT :limit
"""


def removed(tx: Tx, account_id: int, *, mailbox: str, since_us: int, after: int, limit: int) -> list[Removed]:
    """What can be brought back, in the order it went away; `mailbox` "" stands for all of them."""
    rows = tx.all(
        REMOVED, {"account": account_id, "mailbox": mailbox, "since": since_us, "after": after, "limit": limit}
    )
    return list(map(Removed._make, rows))


def some(tx: Tx, account_id: int, ids: list[int]) -> list[Removed]:
    """Those of these rows that are still there."""
    if not ids:
        return []
    names, parameters = several(ids)
    rows = tx.all(
        "SELECT id, mailbox, message_id, flags, keywords, internal_us, size, removed_us FROM removed"
        f" WHERE account_id = :account AND id IN ({names}) ORDER BY id",
        {**parameters, "account": account_id},
    )
    return list(map(Removed._make, rows))


def forget(tx: Tx, ids: Iterable[int]) -> None:
    """These rows are not needed any more: the letters are back."""
    tx.many("DELETE FROM removed WHERE id = :id", [{"id": number} for number in ids])


def forget_of(tx: Tx, account_id: int, limit: int) -> int:
    """Let go at most `limit` letters of an account that is removed; how many."""
    return tx.run(
        "DELETE FROM removed WHERE id IN (SELECT id FROM removed WHERE account_id = :id LIMIT :limit)",
        {"id": account_id, "limit": limit},
    )


def forget_before(tx: Tx, before_us: int, limit: int) -> int:
    """Let go at most `limit` letters that went away before an instant; how many."""
    return tx.run(
        "DELETE FROM removed WHERE id IN"
        " (SELECT id FROM removed WHERE removed_us < :before ORDER BY removed_us LIMIT :limit)",
        {"before": before_us, "limit": limit},
    )
