"""SEARCH and UID SEARCH (RFC 9051 §6.4.4); how the answer is said is in `results`."""

from pyeonji.access.imap import contexts
from pyeonji.access.imap.contexts import Question
from pyeonji.access.imap.finding import find, look_at
from pyeonji.access.imap.limited import searched
from pyeonji.access.imap.results import NOTHING_FUZZY, said, saving
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import found, keys
from pyeonji.proto.imap.command.search import Search
from pyeonji.search.relevance import is_fuzzy


async def search(station: Station, args: Search) -> None:
    view = station.box
    wants_modseq = any(isinstance(key, keys.ModSeq) for key in keys.walk(args.key))
    relevant = args.returns is not None and "RELEVANCY" in args.returns.results
    if contexts.in_use(station, args.returns):
        await station.answer("BAD", contexts.TAG_REUSE)
        return
    if relevant and not is_fuzzy(args.key):
        await station.answer("BAD", NOTHING_FUZZY)
        return
    among, limited = searched(station, view, args.key)
    with saving(view, args.returns):
        hits = await find(station, view, args.key, among)
        if relevant:
            await hits.weigh(station, args.key, look_at(station))
    if args.returns is None:
        numbers = hits.uids if args.uid else hits.numbers
        numbers = numbers[::-1] if limited else numbers
        data = found.search(numbers, hits.highest_modseq if wants_modseq and numbers else None)
    else:
        data = said(station, hits, args.returns, uid=args.uid, wants_modseq=wants_modseq)
        if limited and args.returns.update:
            data += contexts.refused(station, "Too many letters are searched")
        else:
            data += contexts.follow(station, hits, Question(args.key, args.uid), args.returns)
    await station.answer("OK", "Searched", data=data, limited=limited)
