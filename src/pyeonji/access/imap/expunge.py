"""EXPUNGE and UID EXPUNGE (RFC 3501 §6.4.3, RFC 4315 §2.1)."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.command.expunge import Expunge
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Tx


async def expunge(station: Station, args: Expunge) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    await station.need("e")
    among = None
    if args.uids is not None:
        among = frozenset(view.uids_of(view.pick(args.uids, uid=True)))
    gone = await expunge_marked(station, view.mailbox_id, among)
    await station.answer("OK", "Expunged", expunged=gone)


async def expunge_marked(station: Station, mailbox_id: int, among: frozenset[int] | None = None) -> bool:
    """All letters that are marked now, or those `among` these UIDs; every session is told.  Did any go?"""
    now = station.context.clock.now_us()
    gone = await station.home.engine.write(_expunge_marked, mailbox_id, among, now, station.me.account.address)
    if gone:
        station.me.wake.tell_mailboxes([mailbox_id])
    return bool(gone)


def _expunge_marked(tx: Tx, mailbox_id: int, among: frozenset[int] | None, now_us: int, account: str) -> list[int]:
    """Looked up in the transaction: a mark another session has just taken away keeps its letter."""
    mailboxes.hold(tx, mailbox_id)
    uids = [uid for uid in entries.marked(tx, mailbox_id) if among is None or uid in among]
    return entries.expunge(tx, mailbox_id, uids, now_us=now_us, account=account)
