"""Bringing expunged letters back: as new entries, with the flags and dates they had (docs/reading.md)."""

from pyeonji.journey.event import Moved
from pyeonji.store import creation, mailboxes, removed
from pyeonji.store.accept import ENTRIES
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import DELETED, tell
from pyeonji.store.mailboxes import Mailbox
from pyeonji.store.removed import Removed


def undelete(tx: Tx, account_id: int, account: str, ids: list[int], *, into: str, now_us: int) -> dict[int, int]:
    """Letters brought back, by the id of the mailbox they are in now.

    Each goes where it was, or to `into`; a mailbox that is gone is made again.  A letter that somebody else brought
    back meanwhile is passed over.
    """
    wanted: dict[str, list[Removed]] = {}
    for row in removed.some(tx, account_id, ids):
        wanted.setdefault(into or row.mailbox, []).append(row)
    boxes = {name: creation.at_hand(tx, account_id, name, now_us=now_us) for name in wanted}
    found: dict[int, int] = {}
    # In the order of their ids, as everywhere, so that nobody waits for somebody who waits for him.
    for name, box in sorted(boxes.items(), key=lambda pair: pair[1].id):
        _file(tx, box, account, wanted[name], now_us)
        removed.forget(tx, [row.id for row in wanted[name]])
        found[box.id] = len(wanted[name])
    return found


def _file(tx: Tx, box: Mailbox, account: str, rows: list[Removed], now_us: int) -> None:
    first, modseq = mailboxes.take_uids(tx, box.id, len(rows), sum(row.size for row in rows), mailboxes.unseen(rows))
    tx.insert(
        ENTRIES,
        [
            (box.id, uid, box.account_id, row.message_id, row.flags & ~DELETED, row.keywords, modseq,
             row.internal_us, now_us, row.size, modseq)
            for uid, row in enumerate(rows, first)
        ],
    )  # fmt: skip
    tell(
        tx, now_us,
        [(row.message_id, Moved(now_us, account, box.name, uid, "undeleted")) for uid, row in enumerate(rows, first)],
    )  # fmt: skip
