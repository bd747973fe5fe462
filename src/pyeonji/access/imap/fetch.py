"""FETCH and UID FETCH: answered in slices, so that a slow reader holds back only itself."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from pyeonji.access.imap.station import Station
from pyeonji.message.mime import Part, scan
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.fetch import Body, Fetch
from pyeonji.proto.imap.dates import print_date_time
from pyeonji.proto.imap.section import cut, find
from pyeonji.proto.imap.structure import envelope, structure
from pyeonji.store import digests, entries, messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.entries import Entry
from pyeonji.store.messages import Meta

SLICE = 100  # letters answered with one write at most
SLICE_OCTETS = 1 << 20  # octets of letters read for one write at most, unless one letter alone is larger
PLAIN_SLICE = 2_000  # letters answered with one write when nothing of them is read
DERIVED = frozenset({"ENVELOPE", "BODYSTRUCTURE"})
KNOWN = frozenset({"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE"})  # told without looking into the store
HEADERS = frozenset({"HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT"})
SMALL = 256 * 1024  # octets of content that are read and cut on the event loop

Items = tuple[str | Body, ...]


class Known(NamedTuple):
    """`digested` are the octets of ENVELOPE and BODYSTRUCTURE, where they are asked for."""

    meta: Meta
    digested: tuple[bytes, ...] | None


Chosen = list[tuple[int, Entry]]


async def fetch(station: Station, args: Fetch) -> None:
    view = station.box
    chosen = view.pick(args.numbers, uid=args.uid)
    items: Items = tuple(item for item in args.items if isinstance(item, str | Body))
    wants_seen = args.sets_seen and not view.read_only
    lost: list[Entry] = []
    for part in _slices(chosen, items):
        marked: frozenset[int] = frozenset()
        if wants_seen:
            part, marked = await _mark_seen(station, part)
        await station.say(await _lines(station, part, items, marked, lost))
        await asyncio.sleep(0)  # others have their turn, however fast this client reads
    if lost:
        await _tell_lost(station, lost)
    else:
        await station.answer("OK", "Fetched")


def _slices(chosen: Chosen, items: Items) -> Iterator[Chosen]:
    """Parts that are read and answered in one go."""
    if KNOWN.issuperset(items):
        for start in range(0, len(chosen), PLAIN_SLICE):
            yield chosen[start : start + PLAIN_SLICE]
        return
    part: Chosen = []
    octets = 0
    for pair in chosen:
        if part and (len(part) == SLICE or octets + pair[1].size > SLICE_OCTETS):
            yield part
            part, octets = [], 0
        part.append(pair)
        octets += pair[1].size
    if part:
        yield part


async def _tell_lost(station: Station, lost: list[Entry]) -> None:
    """Letters that could not be read: expunged elsewhere (RFC 2180 §4.1.2), or damaged."""
    there = await station.home.engine.read(messages.metas, [entry.message_id for entry in lost])
    if there:
        await station.answer("NO", f"{len(lost)} letters cannot be read", "SERVERBUG")
    else:
        await station.answer("NO", f"{len(lost)} letters have been expunged", "EXPUNGEISSUED")


async def _mark_seen(station: Station, chosen: Chosen) -> tuple[Chosen, frozenset[int]]:
    """Reading a letter marks it (RFC 3501 §6.4.5); the letters as they are then, and the numbers of those changed."""
    view = station.box
    unseen = [entry.uid for _, entry in chosen if not entry.flags & flags.SEEN]
    if not unseen:
        return chosen, frozenset()
    changed = await station.home.engine.write(
        entries.set_flags, view.mailbox_id, unseen, "add", flags.SEEN, frozenset()
    )
    marked = frozenset(view.learn(changed))
    station.me.wake.tell_mailboxes([view.mailbox_id])
    return [(number, view.entries[number - 1]) for number, _ in chosen], marked


async def _lines(station: Station, chosen: Chosen, items: Items, marked: frozenset[int], lost: list[Entry]) -> bytes:
    """The answers for one slice; letters that cannot be read go to `lost`."""
    if KNOWN.issuperset(items):
        return _known_lines(chosen, items)
    known = await _metas(station, chosen, items)
    bodies = [item for item in items if isinstance(item, Body)]
    reads = bool(bodies) or "BODY" in items
    only_headers = reads and "BODY" not in items and all(_is_header(item) for item in bodies)
    flagged = items if "FLAGS" in items else (*items, "FLAGS")
    out = []
    for number, entry in chosen:
        meta = known.get(entry.message_id)
        if meta is None or (meta.digested is None and not DERIVED.isdisjoint(items)):
            lost.append(entry)
            continue
        told = flagged if number in marked else items
        try:
            if entry.size > SMALL and reads and not only_headers and "BODY" not in items and _is_plain_cut(bodies):
                out.append(await _cut_line(station, number, entry, meta, told))
                continue
            size = 0 if not reads else meta.meta.body_at if only_headers else entry.size
            content = await _content(station, entry, size)
        except Damaged:
            lost.append(entry)
            continue
        if len(content) > SMALL:
            out.append(await asyncio.to_thread(_line, number, entry, meta, content, told))
        else:
            out.append(_line(number, entry, meta, content, told))
    return b"".join(out)


def _known_lines(chosen: Chosen, items: Items) -> bytes:
    """What needs no store, for a whole slice: a client that opens a large mailbox asks it of every letter."""
    if items in (("UID", "FLAGS"), ("FLAGS", "UID")):
        line = b"* %d FETCH (UID %d FLAGS %b)\r\n"
        return b"".join([line % (n, entry.uid, flags.printed(entry.flags, entry.keywords)) for n, entry in chosen])
    return b"".join([_line(number, entry, None, b"", items) for number, entry in chosen])


def _is_header(item: Body) -> bool:
    """Is it found in the first octets, up to the empty line?"""
    return item.section.text in HEADERS and not item.section.path


def _is_plain_cut(bodies: list[Body]) -> bool:
    """Are they all octets [first, first + count) of the whole letter?"""
    return all(item.partial and not item.section.path and not item.section.text for item in bodies)


async def _cut_line(station: Station, number: int, entry: Entry, meta: Known, items: Items) -> bytes:
    """A client that takes a large letter in pieces: no more is read than the piece."""
    home = station.home
    parts = []
    for item in items:
        if isinstance(item, Body):
            assert item.partial is not None
            first, count = item.partial
            count = max(0, min(count, entry.size - first))
            octets = await home.engine.scan(messages.content, home.blobs, entry.message_id, first, count)
            parts.append(item.label + b" " + response.literal(octets))
        else:
            parts.append(_plain(item, entry, meta, b""))
    return response.fetch(number, parts)


def _line(number: int, entry: Entry, meta: Known | None, content: bytes, items: Items) -> bytes:
    root: Part | None = None
    parts = []
    for item in items:
        if isinstance(item, Body):
            if root is None and (item.section.path or item.section.text):
                root = scan(content)
            parts.append(item.label + b" " + _section(content, root, item))
        else:
            parts.append(_plain(item, entry, meta, content))
    return response.fetch(number, parts)


def _plain(item: str, entry: Entry, meta: Known | None, content: bytes) -> bytes:
    match item:
        case "UID":
            return b"UID %d" % entry.uid
        case "FLAGS":
            return b"FLAGS " + flags.printed(entry.flags, entry.keywords)
        case "INTERNALDATE":
            return b"INTERNALDATE " + print_date_time(entry.internal_us)
        case "RFC822.SIZE":
            return b"RFC822.SIZE %d" % entry.size
        case "ENVELOPE":
            return b"ENVELOPE " + (meta.digested[0] if meta and meta.digested else b"NIL")
        case "BODYSTRUCTURE":
            return b"BODYSTRUCTURE " + (meta.digested[1] if meta and meta.digested else b"NIL")
    return b"BODY " + structure(scan(content), extended=False)


def _section(content: bytes, root: Part | None, item: Body) -> bytes:
    if root is None or not (item.section.path or item.section.text):  # the whole letter
        first, count = item.partial or (0, len(content))
        return response.literal(content[first : first + count])
    found = find(root, item.section)
    if found is None:
        return response.NIL
    found = cut(found, item.partial)
    return response.literal(found if isinstance(found, bytes) else content[found.start : found.end])


async def _content(station: Station, entry: Entry, size: int) -> bytes:
    """The first `size` octets; raises Damaged."""
    if not size:
        return b""
    home = station.home
    read = home.engine.read if size <= SMALL else home.engine.scan
    return await read(messages.content, home.blobs, entry.message_id, 0, size)


async def _metas(station: Station, chosen: Chosen, items: Items) -> dict[int, Known]:
    """What is known of the octets; digests that the indexer has not made yet are made now."""
    home = station.home
    numbers = [entry.message_id for _, entry in chosen]
    metas = await home.engine.read(messages.metas, numbers)
    if DERIVED.isdisjoint(items):
        return {number: Known(meta, None) for number, meta in metas.items()}
    digested = await home.digests.read(digests.read, ("envelope", "structure"), numbers)
    missing = [number for number in metas if number not in digested]
    if missing:
        digested |= await home.engine.scan(_derive, station, missing)
    return {number: Known(meta, digested.get(number)) for number, meta in metas.items()}


def _derive(tx: Tx, station: Station, numbers: list[int]) -> dict[int, tuple[bytes, ...]]:
    made: dict[int, tuple[bytes, ...]] = {}
    for number in numbers:
        try:
            root = scan(messages.content(tx, station.home.blobs, number))
        except Damaged:
            continue  # told as lost by the caller
        made[number] = envelope(root.header), structure(root, extended=True)
    return made
