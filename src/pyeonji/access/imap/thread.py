"""THREAD and UID THREAD (RFC 5256)."""

import asyncio

from pyeonji.access.imap.finding import find, look_at
from pyeonji.access.imap.limited import searched_whole
from pyeonji.access.imap.results import Found
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import found
from pyeonji.proto.imap.command.thread import Thread
from pyeonji.search.known import FactColumns
from pyeonji.search.order import threaded


async def thread(station: Station, args: Thread) -> None:
    view = station.box
    hits = await find(station, view, args.key, searched_whole(station, view, args.key))
    known = await station.me.known.of(view.mailbox_id, hits.letters, look_at(station))
    data = await asyncio.to_thread(_told, args, hits, known)
    await station.answer("OK", "Threaded", data=data)


def _told(args: Thread, hits: Found, known: FactColumns) -> bytes:
    forest = threaded(args.algorithm, hits.letters, known, hits.places)
    numbers = hits.uids if args.uid else hits.numbers
    return found.thread(forest.roots, forest.children, dict(zip(hits.places, numbers, strict=True)))
