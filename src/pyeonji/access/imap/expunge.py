"""EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, §6.4.9)."""

from collections.abc import Sequence

from pyeonji.access.imap.limited import highest, marked
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.command.expunge import Expunge
from pyeonji.proto.imap.numbers import Range
from pyeonji.proto.imap.numbers import among as those_among
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Tx

STEP = 2_000  # letters of one transaction: whoever else writes waits no longer than for these


async def expunge(station: Station, args: Expunge) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    await station.need("e")
    among, limited = None, ""
    if args.uids is not None:
        spans, limited = highest(station, view, marked(station, view, view.pick(args.uids, uid=True)))
        among = view.ranges_of(spans)
    gone = await expunge_marked(station, view.mailbox_id, among)
    await station.answer("OK", "Expunged", expunged=bool(gone), limited=limited)


async def expunge_marked(station: Station, mailbox_id: int, among: Sequence[Range] | None = None) -> int:
    """All letters that are marked, or those `among` these UIDs; every session is told.  How many went."""
    now, account = station.context.clock.now_us(), station.me.account.address
    gone = after = 0
    while True:
        went, after = await station.home.engine.write(_expunge_some, mailbox_id, among, after, now, account)
        gone += went
        if went:
            station.me.wake.tell_mailboxes([mailbox_id])
        if not after:
            return gone


def _expunge_some(
    tx: Tx, mailbox_id: int, among: Sequence[Range] | None, after: int, now_us: int, account: str
) -> tuple[int, int]:
    """How many went, and the UID behind which to go on; 0 at the end.

    Looked up in the transaction: a mark another session has just taken away keeps its letter.
    """
    mailboxes.hold(tx, mailbox_id)
    found = entries.marked(tx, mailbox_id, after, STEP)
    uids = found if among is None else those_among(found, among)
    went = entries.expunge(tx, mailbox_id, uids, now_us=now_us, account=account)
    return len(went), found[-1] if len(found) == STEP else 0
