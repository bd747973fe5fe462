"""SEARCH and UID SEARCH: flags, dates and sizes first; octets are read only for letters that are still in question."""

from dataclasses import dataclass
from functools import partial

from pyeonji.access.imap.letter_text import LetterText
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import found
from pyeonji.proto.imap.command.search import Search
from pyeonji.proto.imap.search import Question
from pyeonji.store import messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.entries import Entry

SLICE = 200  # letters looked at in one go off the event loop


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a letter without reading it."""

    number: int
    uid: int
    flags: int
    keywords: frozenset[str]
    internal_us: int
    size: int


async def search(station: Station, args: Search) -> None:
    view = station.box
    question = Question(args.key, len(view), view.last_uid)
    hits: list[int] = []
    chosen = list(view.letters([range(len(view))]))
    for start in range(0, len(chosen), SLICE):
        part = chosen[start : start + SLICE]
        numbers = await station.home.engine.scan(_matching, station, question, part)
        hits += [entry.uid if args.uid else number for number, entry in part if number in numbers]
    await station.answer("OK", "Searched", data=_told(station, args, hits))


def _matching(tx: Tx, station: Station, question: Question, part: list[tuple[int, Entry]]) -> set[int]:
    matching = set()
    for number, entry in part:
        facts = Known(
            number, entry.uid, entry.flags, frozenset(entry.keywords.lower().split()), entry.internal_us, entry.size
        )
        verdict = question.cheap(facts)
        if verdict is None:
            meta = messages.metas(tx, [entry.message_id]).get(entry.message_id)
            if meta is None:
                continue  # expunged elsewhere and swept
            read = partial(messages.content, tx, station.home.blobs, entry.message_id, 0)
            try:
                verdict = question.full(facts, LetterText(read, meta.body_at))
            except Damaged:
                continue
        if verdict:
            matching.add(number)
    return matching


def _told(station: Station, args: Search, numbers: list[int]) -> bytes:
    if args.returns is None:
        return found.search(numbers)
    wanted = args.returns.results
    items = []
    if numbers and "MIN" in wanted:
        items.append(found.number_item("MIN", min(numbers)))
    if numbers and "MAX" in wanted:
        items.append(found.number_item("MAX", max(numbers)))
    if numbers and "ALL" in wanted:
        items.append(found.all_item(numbers))
    if "COUNT" in wanted:
        items.append(found.number_item("COUNT", len(numbers)))
    return found.esearch(station.tag, items, uid=args.uid)
