"""EXPUNGE and UID EXPUNGE."""

from pyeonji.access.imap.select import expunge_now
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.command.expunge import Expunge


async def expunge(station: Station, args: Expunge) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    news = await station.news(may_expunge=True)  # marks that other sessions have set count, too
    chosen = view.entries if args.uids is None else [entry for _, entry in view.pick(args.uids, uid=True)]
    await expunge_now(station, view.mailbox_id, [entry.uid for entry in chosen if entry.flags & flags.DELETED])
    await station.answer("OK", "Expunged", data=news)
