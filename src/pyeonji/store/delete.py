"""A mailbox or an account goes, and its letters as if they had been expunged: their journeys say so.

The letters of a deleted mailbox can be brought back (RFC 9051 §6.3.5), those of a removed account cannot.  Both may
hold a million, and an app may have been told of as many: they go in steps, each a transaction of its own, so that
nobody else waits for all of it.  Who is interrupted finds less the next time, and goes on.
"""

from pyeonji.journey.event import Expunged
from pyeonji.store import annotations, apps, directory, expunged, removed
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import SLICE, expunge, tell
from pyeonji.store.home import Home
from pyeonji.store.mailboxes import hold

STEP = 1_000  # letters in one transaction
OF_AN_ACCOUNT = "account"  # why, as Expunged says it: the account was removed

PLACES = "SELECT uid, message_id FROM entry WHERE mailbox_id = :id AND uid > :after ORDER BY uid LIMIT :limit"


def thin_out(tx: Tx, mailbox_id: int, *, now_us: int, account: str, because: str = "", step: int = STEP) -> bool:
    """One step on the way to `delete`; False when what is left may go at once."""
    box = hold(tx, mailbox_id)
    if box is None:
        return False
    if box.messages > step:
        first = [uid for uid, _ in tx.all(PLACES, {"id": mailbox_id, "after": 0, "limit": step})]
        expunge(tx, mailbox_id, first, now_us=now_us, account=account, because=because)
        return True
    return expunged.forget(tx, mailbox_id, step, step) > 0


def delete(tx: Tx, mailbox_id: int, *, now_us: int, account: str, because: str = "") -> None:
    """Nothing happens where there is no such mailbox."""
    box = hold(tx, mailbox_id)
    if box is None:
        return
    after = 0
    while rows := tx.all(PLACES, {"id": mailbox_id, "after": after, "limit": SLICE}):
        tell(tx, now_us, [(number, Expunged(now_us, account, box.name, uid, because)) for uid, number in rows])
        after = rows[-1][0]
    removed.keep_all(tx, mailbox_id, now_us)
    tx.run("DELETE FROM entry WHERE mailbox_id = :id", {"id": mailbox_id})
    annotations.forget_mailbox(tx, mailbox_id)
    tx.run("DELETE FROM mailbox WHERE id = :id", {"id": mailbox_id})


def remove_account(home: Home, account: Account, now_us: int, step: int = STEP) -> list[int]:
    """The account with all it has; the ids of its mailboxes.  From the first step on nothing is filed for it."""
    write = home.engine.write_now
    write(directory.disable, account.id, True)
    boxes = home.engine.read_now(_mailboxes, account.id)
    for mailbox_id in boxes:
        while write(
            thin_out, mailbox_id, now_us=now_us, account=account.address, because=OF_AN_ACCOUNT, step=step
        ):  # fmt: skip
            pass
        write(delete, mailbox_id, now_us=now_us, account=account.address, because=OF_AN_ACCOUNT)
    while write(removed.forget_of, account.id, step):
        pass
    for app_id in home.engine.read_now(apps.of_account, account.id):
        remove_app(home, app_id, step)
    write(directory.remove_account, account.id)
    return boxes


def remove_app(home: Home, app_id: int, step: int = STEP) -> bool:
    """An app with all it has; its letters stay.  False when there is none.  From the first step on it does nothing."""
    write = home.engine.write_now
    write(apps.silence, app_id)
    while write(apps.thin_out, app_id, step):
        pass
    return write(apps.remove, app_id)


def _mailboxes(tx: Tx, account_id: int) -> list[int]:
    return [int(row[0]) for row in tx.all("SELECT id FROM mailbox WHERE account_id = :id", {"id": account_id})]
