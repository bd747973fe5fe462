"""FETCH and UID FETCH: answered in slices, so that a slow reader holds back only itself."""

from collections.abc import Iterator

from pyeonji.access.imap import fetch_body
from pyeonji.access.imap.lines import KNOWN, flag_items, known_lines
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.command.fetch import Body, Fetch
from pyeonji.store import entries, messages
from pyeonji.store.entries import Entry

SLICE = 100  # letters answered with one write at most, when octets of them are read
SLICE_OCTETS = 1 << 20  # octets of letters read for one write at most, unless one letter alone is larger

Items = tuple[str | Body, ...]
Chosen = list[tuple[int, Entry]]


async def fetch(station: Station, args: Fetch) -> None:
    view = station.box
    spans = view.pick(args.numbers, uid=args.uid)
    if "FLAGS" in args.items:
        view.answered(spans)
    known = tuple(item for item in args.items if isinstance(item, str) and item in KNOWN)
    if len(known) == len(args.items):
        missing = await _fetch_known(station, view, spans, known)
        damaged: list[Entry] = []
    else:
        missing, damaged = await _fetch_octets(station, view, spans, args)
    if damaged and await _are_there(station, damaged):
        await station.answer("NO", f"{len(damaged)} letters cannot be read", "SERVERBUG")
    elif (missing and not args.uid) or damaged:
        # Expunged by another session, which the client has not been told yet (RFC 2180 §4.1.2).
        await station.answer("NO", f"{missing + len(damaged)} letters have been expunged", "EXPUNGEISSUED")
    else:
        await station.answer("OK", "Fetched")


async def _are_there(station: Station, letters: list[Entry]) -> bool:
    return bool(await station.home.engine.read(messages.metas, [entry.message_id for entry in letters]))


async def _fetch_known(station: Station, view: View, spans: list[range], items: tuple[str, ...]) -> int:
    """What is in the image already; how many letters are gone."""
    missing, turn = 0, Turn()
    recent = view.recent_test(station.enabled)
    for span in view.slices(spans):
        missing += len(span)
        lines = []
        for run in view.runs(span):
            lines.append(known_lines(view.image.letters, run, items, recent))
            missing -= run[2]
        await station.say(b"".join(lines))
        await turn.over()
    return missing


async def _fetch_octets(station: Station, view: View, spans: list[range], args: Fetch) -> tuple[int, list[Entry]]:
    """What must be read; how many letters are gone, and those that cannot be read."""
    missing, turn = 0, Turn()
    damaged: list[Entry] = []
    items: Items = tuple(item for item in args.items if isinstance(item, str | Body))
    wants_seen = args.sets_seen and not view.read_only and "s" in await station.rights()
    for span in view.slices(spans, SLICE):
        seen = await _mark_seen(station, view, span) if wants_seen else 0
        chosen = list(view.letters([span]))
        missing += len(span) - len(chosen)
        for part in _parts(chosen):
            await station.say(await fetch_body.lines(station, part, items, _also(station, items, seen), damaged))
            await turn.over()
    return missing, damaged


def _also(station: Station, items: Items, seen: int) -> dict[int, Items]:
    """By MODSEQ of a letter: what is said of it besides.  Reading a letter marks it, which is told at once."""
    return {seen: tuple(item for item in flag_items(station.enabled) if item not in items)} if seen else {}


async def _mark_seen(station: Station, view: View, span: range) -> int:
    """Reading a letter marks it (RFC 3501 §6.4.5): the MODSEQ that those have which were not marked before."""
    letters = view.image.letters
    unseen = [
        letters.uids[place + step]
        for _, place, count in view.runs(span)
        for step in range(count)
        if not letters.flags[place + step] & flags.SEEN
    ]
    if not unseen:
        return 0
    done = await station.home.engine.write(
        entries.set_flags, view.mailbox_id, [(uid, uid) for uid in unseen], "add", flags.SEEN, frozenset()
    )
    if done.modseq:
        station.me.wake.tell_mailboxes([view.mailbox_id])
        view.did(done.modseq)
        await station.refresh()
    return done.modseq


def _parts(chosen: Chosen) -> Iterator[Chosen]:
    """Parts that are read and answered in one go."""
    part: Chosen = []
    octets = 0
    for pair in chosen:
        if part and octets + pair[1].size > SLICE_OCTETS:
            yield part
            part, octets = [], 0
        part.append(pair)
        octets += pair[1].size
    if part:
        yield part
