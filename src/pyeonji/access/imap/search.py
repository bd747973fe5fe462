"""SEARCH and UID SEARCH (RFC 9051 §6.4.4); how the answer is said is in `results`."""

from pyeonji.access.imap.asked import asked, known_places
from pyeonji.access.imap.results import NOTHING_FUZZY, Found, said, saving
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import found, keys
from pyeonji.proto.imap.command.search import Search
from pyeonji.search.relevance import is_fuzzy
from pyeonji.search.searching import Search as Searching
from pyeonji.search.searching import Where
from pyeonji.search.texts import Look


async def search(station: Station, args: Search) -> None:
    view = station.box
    wants_modseq = any(isinstance(key, keys.ModSeq) for key in keys.walk(args.key))
    relevant = args.returns is not None and "RELEVANCY" in args.returns.results
    if relevant and not is_fuzzy(args.key):
        await station.answer("BAD", NOTHING_FUZZY)
        return
    with saving(view, args.returns):
        hits = await find(station, view, args.key)
        if relevant:
            await hits.weigh(station, args.key, look_at(station))
    if args.returns is None:
        numbers = hits.uids if args.uid else hits.numbers
        data = found.search(numbers, hits.highest_modseq if wants_modseq and numbers else None)
    else:
        data = said(station, hits, args.returns, uid=args.uid, wants_modseq=wants_modseq)
    await station.answer("OK", "Searched", data=data)


async def find(station: Station, view: View, key: keys.Key) -> Found:
    """The letters of a view that fit, in the order of their numbers.  Raises StoreError, ConnectionError."""
    where = Where(view.mailbox_id, view.image.letters, known_places(view))
    places = await searching(station).matching(where, asked(key, view))
    return Found(view, where.letters, places)


def searching(station: Station) -> Searching:
    """Questions of this session."""
    return Searching(station.me.known, station.context.clock.now_us(), look_at(station))


def look_at(station: Station) -> Look:
    """Ends work whose result nobody waits for any more."""

    def look() -> None:
        if station.stream.is_lost:
            raise ConnectionResetError("the client has gone")

    return look
