"""Where a letter lies in somebody's mailboxes now, and moving it from among junk to INBOX."""

from typing import NamedTuple

from pyeonji.proto.imap.flags import JUNK, NOT_JUNK
from pyeonji.proto.imap.numbers import Range
from pyeonji.store import mailboxes
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import copy
from pyeonji.store.flagging import Change, set_flags

OF_JUNK = "\\Junk"  # special use of a mailbox, RFC 6154


class Place(NamedTuple):
    mailbox_id: int
    mailbox: str
    special_use: str
    uid: int

    @property
    def is_junk(self) -> bool:
        return self.special_use == OF_JUNK


PLACES = """
SELECT e.mailbox_id, m.name, m.special_use, e.uid FROM entry e JOIN mailbox m ON m.id = e.mailbox_id
WHERE e.message_id = :message AND e.account_id = :account ORDER BY e.mailbox_id, e.uid
"""


def places(tx: Tx, account_id: int, message_id: int) -> list[Place]:
    return list(map(Place._make, tx.all(PLACES, {"message": message_id, "account": account_id})))


def to_inbox(tx: Tx, account_id: int, message_id: int, now_us: int) -> list[int]:
    """From among junk, marked as none, so that filters may learn; ids of the mailboxes that changed, INBOX last."""
    inbox = mailboxes.mailbox(tx, account_id, mailboxes.INBOX)
    junk = [place for place in places(tx, account_id, message_id) if place.is_junk]
    if inbox is None or not junk:
        return []
    for place in junk:
        _, pairs = copy(tx, place.mailbox_id, inbox.id, [place.uid], now_us=now_us, move=True)
        for _, uid in pairs:
            span: list[Range] = [(uid, uid)]
            set_flags(tx, inbox.id, span, Change("remove", JUNK))
            set_flags(tx, inbox.id, span, Change("add", NOT_JUNK))
    return [*dict.fromkeys(place.mailbox_id for place in junk), inbox.id]
