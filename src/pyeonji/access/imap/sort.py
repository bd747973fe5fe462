"""SORT and UID SORT (RFC 5256, RFC 5957, RFC 5267 §3)."""

import asyncio

from pyeonji.access.imap import contexts
from pyeonji.access.imap.contexts import Question
from pyeonji.access.imap.finding import find, look_at
from pyeonji.access.imap.limited import searched_whole
from pyeonji.access.imap.results import NOTHING_FUZZY, Found, said
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import found, keys
from pyeonji.proto.imap.command.sort import Sort
from pyeonji.search.known import FactColumns
from pyeonji.search.order import NEEDS_NO_FACTS, ordered
from pyeonji.search.relevance import is_fuzzy


async def sort(station: Station, args: Sort) -> None:
    if contexts.in_use(station, args.returns):
        await station.answer("BAD", contexts.TAG_REUSE)
        return
    view = station.box
    hits = await find(station, view, args.key, searched_whole(station, view, args.key))
    letters = hits.letters
    known = FactColumns()
    if not NEEDS_NO_FACTS.issuperset(criterion.by for criterion in args.criteria):
        known = await station.me.known.of(view.mailbox_id, letters, look_at(station))
    if is_relevant(args):
        if not is_fuzzy(args.key):
            await station.answer("BAD", NOTHING_FUZZY)
            return
        await hits.weigh(station, args.key, look_at(station))
    places = await asyncio.to_thread(ordered, args.criteria, letters, known, hits.places, hits.scores)
    hits = Found(view, letters, places, hits.scores)
    wants_modseq = any(isinstance(key, keys.ModSeq) for key in keys.walk(args.key))
    if args.returns is None:
        numbers = hits.uids if args.uid else hits.numbers
        data = found.sort(numbers, hits.highest_modseq if wants_modseq and numbers else None)
    else:
        data = said(station, hits, args.returns, uid=args.uid, wants_modseq=wants_modseq, in_order=True)
        data += contexts.follow(station, hits, Question(args.key, args.uid, args.criteria), args.returns)
    await station.answer("OK", "Sorted", data=data)


def is_relevant(args: Sort) -> bool:
    """Are scores wanted?"""
    told = args.returns is not None and "RELEVANCY" in args.returns.results
    return told or any(criterion.by == "RELEVANCY" for criterion in args.criteria)
