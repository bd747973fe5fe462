"""EXPUNGE and UID EXPUNGE (RFC 3501 §6.4.3, RFC 4315 §2.1)."""

from pyeonji.access.imap.select import expunge_now
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.command.expunge import Expunge


async def expunge(station: Station, args: Expunge) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    among = None
    if args.uids is not None:
        among = frozenset(entry.uid for _, entry in view.pick(args.uids, uid=True))
    await expunge_now(station, view.mailbox_id, among)
    await station.answer("OK", "Expunged")
