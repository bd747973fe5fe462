"""Letters whose time in a mailbox is over: trash, junk, and an INBOX that is only for taking away."""

from collections.abc import Mapping

from pyeonji.store.engine.base import Tx, several
from pyeonji.store.entries import expunge
from pyeonji.store.home import Home

EXPIRED = "expired"  # as Expunged says it
USES = ("INBOX", "\\Trash", "\\Junk")  # what a lifetime can be given to

# The use of a mailbox: its special one (RFC 6154), or that it is INBOX.
EXPIRING = """
SELECT b.id, a.address, CASE WHEN b.name = 'INBOX' THEN 'INBOX' ELSE b.special_use END
FROM mailbox b JOIN account a ON a.id = b.account_id
WHERE b.id IN ({names}) AND b.messages > 0 AND (b.name = 'INBOX' OR b.special_use IN ('\\Trash', '\\Junk'))
"""

# UIDs are given in the order of saving: when the first ones are young, all are.
OLDEST = "SELECT uid, saved_us FROM entry WHERE mailbox_id = :id ORDER BY uid LIMIT :limit"


def expire(home: Home, ids: list[int], lifetimes_us: Mapping[str, int], now_us: int, most: int, step: int) -> set[int]:
    """Expunge what is too old in these mailboxes, at most `most` letters of each; the ids of those that changed.

    `lifetimes_us` are counted from when a letter came into the mailbox, by the use of the mailbox (USES).
    """
    changed: set[int] = set()
    for mailbox_id, account, use in home.engine.read_now(_expiring, ids):
        if use not in lifetimes_us:
            continue
        before = now_us - lifetimes_us[use]
        for _ in range(0, most, step):
            count = home.engine.write_now(_expire, mailbox_id, account, before, now_us, step)
            if count:
                changed.add(mailbox_id)
            if count < step:
                break
    return changed


def _expiring(tx: Tx, ids: list[int]) -> list[tuple[int, str, str]]:
    names, parameters = several(ids)
    return [(row[0], row[1], row[2]) for row in tx.all(EXPIRING.format(names=names), parameters)]


def _expire(tx: Tx, mailbox_id: int, account: str, before_us: int, now_us: int, step: int) -> int:
    oldest = tx.all(OLDEST, {"id": mailbox_id, "limit": step})
    uids = [uid for uid, saved_us in oldest if saved_us < before_us]
    return len(expunge(tx, mailbox_id, uids, now_us=now_us, account=account, because=EXPIRED))
