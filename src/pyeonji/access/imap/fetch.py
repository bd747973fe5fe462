"""FETCH and UID FETCH: answered in slices, so that a slow reader holds back only itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.access.imap import fetch_digest, fetch_whole
from pyeonji.access.imap.fetch_body import Reading
from pyeonji.access.imap.limited import from_above, highest, refusal
from pyeonji.access.imap.lines import KNOWN, Manner, Run, known_lines
from pyeonji.access.imap.place import Refused
from pyeonji.access.imap.resync import tell_vanished
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.store import change_flags
from pyeonji.access.imap.view import View
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.command.fetch import Fetch, Item
from pyeonji.proto.imap.numbers import merged
from pyeonji.store import messages
from pyeonji.store.flagging import Change

SLICE = 500  # letters answered with one write at most, when something of them is read


@dataclass(slots=True)
class _Answer:
    """One FETCH under way: `gone` counts letters that are not there any more."""

    station: Station
    view: View
    items: tuple[Item, ...]
    known: list[str]  # those items for which nothing is read
    manner: Manner
    marks: bool  # reading marks letters as seen
    reading: Reading
    gone: int = 0

    @property
    def is_known(self) -> bool:
        return len(self.known) == len(self.items)

    @property
    def tells_flags(self) -> bool:
        return self.marks or "FLAGS" in self.items


async def fetch(station: Station, args: Fetch) -> None:
    view = station.box
    if args.partial is not None and (refused := refusal(station, args.partial.count)):
        raise Refused(*refused)
    spans = view.pick(args.numbers, uid=args.uid)
    if args.vanished and args.changed_since is not None:
        known = args.numbers.resolve(view.last_possible_uid)
        await tell_vanished(station, view, known, args.changed_since)
    if args.changed_since is not None:
        spans = view.changed_after(args.changed_since, view.ranges_of(spans))
    if args.partial is not None:
        spans = view.part(spans, args.partial)
    spans, limited = highest(station, view, spans)
    if "FLAGS" in args.items:
        view.answered(spans)
    marks = args.sets_seen and not view.read_only and "s" in await station.rights()
    answer = _begun(station, view, args.items, marks=marks)
    await _lines(answer, spans, descends=bool(limited))
    await _end(answer, uid=args.uid, limited=limited)


async def tell_letters(station: Station, view: View, spans: list[range], items: tuple[Item, ...]) -> None:
    """These items of letters, unasked; nothing is marked, and what cannot be read is left out."""
    if station.enabled.uidonly:
        items = tuple(item for item in items if item != "UID")
    await _lines(_begun(station, view, items, marks=False), spans)
    await station.say()


def _begun(station: Station, view: View, items: tuple[Item, ...], *, marks: bool) -> _Answer:
    manner = view.manner(station.enabled)
    known = [item for item in items if isinstance(item, str) and item in KNOWN]
    return _Answer(station, view, items, known, manner, marks, Reading(station, view.mailbox_id, items, manner))


async def _end(answer: _Answer, *, uid: bool, limited: str) -> None:
    station, lost = answer.station, answer.reading.lost
    status, words, code = "OK", "Fetched", ""
    if answer.reading.undecodable:
        words = f"{answer.reading.undecodable} letters have parts in an encoding nobody knows"
        status, code = "NO", "UNKNOWN-CTE"  # RFC 3516 §4.3
    elif lost and await _are_there(station, lost):
        status, words, code = "NO", f"{len(lost)} letters cannot be read", "SERVERBUG"
    elif (answer.gone and not uid) or lost:
        # Expunged by another session, which the client has not been told yet (RFC 2180 §4.1.2).
        status, words, code = "NO", f"{answer.gone + len(lost)} letters have been expunged", "EXPUNGEISSUED"
    await station.answer(status, words, code, limited=limited)


async def _are_there(station: Station, numbers: list[int]) -> bool:
    return bool(await station.home.engine.read(messages.metas, numbers))


async def _lines(answer: _Answer, spans: list[range], *, descends: bool = False) -> None:
    turn, view = Turn(), answer.view
    slices = view.slices(spans) if answer.is_known else view.slices(spans, SLICE)
    for span in reversed(list(slices)) if descends else slices:
        seen = await _mark_seen(answer, span) if answer.marks else 0
        for part in from_above([span]) if descends else [span]:
            await _span_lines(answer, part, seen, turn)


async def _span_lines(answer: _Answer, span: range, seen: int, turn: Turn) -> None:
    at = span.start
    # The image may move on while one run is being said: the next one is looked for then.
    while run := next(answer.view.runs(range(at, span.stop)), None):
        answer.gone += run[0] - 1 - at
        at = run[0] - 1 + run[2]
        if answer.tells_flags:
            await answer.station.put(answer.station.new_words())
        if answer.is_known:
            await answer.station.put(known_lines(answer.view.image.letters, run, answer.known, answer.manner))
        else:
            await _read_lines(answer, run, seen)
        await turn.over()
    answer.gone += span.stop - at


async def _read_lines(answer: _Answer, run: Run, seen: int) -> None:
    """Responses for which something is read; by the digests where they suffice."""
    station, view = answer.station, answer.view
    letters = view.image.letters
    steps: Sequence[int] = range(run[2])
    if fetch_whole.suffices(answer.items):
        steps = await fetch_whole.Whole(station, letters, answer.items, answer.manner, seen).say(run)
    elif not seen and fetch_digest.suffices(answer.items):
        octets, steps = await fetch_digest.lines(station, letters, view.mailbox_id, run, answer.items, answer.manner)
        await station.put(octets)
    await answer.reading.say(letters, run, steps, seen)


async def _mark_seen(answer: _Answer, span: range) -> int:
    """Reading a letter marks it (RFC 9051 §6.4.5): the MODSEQ that those have which were not marked before."""
    view, station = answer.view, answer.station
    letters = view.image.letters
    unseen = [
        letters.uids[place + step]
        for _, place, count in view.runs(span)
        for step in range(count)
        if not letters.flags[place + step] & flags.SEEN
    ]
    if not unseen:
        return 0
    ranges = merged((uid, uid) for uid in unseen)
    done = await change_flags(station, view, ranges, Change("add", flags.SEEN))
    if done.modseq:
        await station.refresh()
    return done.modseq
