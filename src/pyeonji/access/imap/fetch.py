"""FETCH and UID FETCH: answered in slices, so that a slow reader holds back only itself."""

import asyncio

from pyeonji.access.imap.station import Station
from pyeonji.message.mime import Part, scan
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.fetch import Body, Fetch
from pyeonji.proto.imap.dates import print_date_time
from pyeonji.proto.imap.section import cut, find
from pyeonji.proto.imap.structure import envelope, structure
from pyeonji.store import mailboxes, messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.mailboxes import Entry
from pyeonji.store.messages import Meta

SLICE = 100  # letters answered with one write
DERIVED = frozenset({"ENVELOPE", "BODYSTRUCTURE"})
SMALL = 256 * 1024  # octets of content that are read and cut on the event loop


async def fetch(station: Station, args: Fetch) -> None:
    view = station.box
    chosen = view.pick(args.numbers, uid=args.uid)
    items = args.items
    if args.uid and "UID" not in items:
        items = ("UID", *items)
    wants_seen = args.sets_seen and not view.read_only
    for start in range(0, len(chosen), SLICE):
        part = chosen[start : start + SLICE]
        if wants_seen:
            part = await _mark_seen(station, part)
        await station.say(await _lines(station, part, items, wants_seen))
    await station.answer("OK", "Fetched")


async def _mark_seen(station: Station, chosen: list[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """Reading a letter marks it (RFC 3501 §6.4.5)."""
    view = station.box
    unseen = [entry.uid for _, entry in chosen if not entry.flags & flags.SEEN]
    if unseen:
        changed = await station.home.engine.write(
            mailboxes.set_flags, view.mailbox_id, unseen, "add", flags.SEEN, frozenset()
        )
        view.learn(changed)
        station.me.wake.tell_mailboxes([view.mailbox_id])
    return [(number, view.entries[number - 1]) for number, _ in chosen]


async def _lines(
    station: Station, chosen: list[tuple[int, Entry]], items: tuple[str | Body, ...], tell_flags: bool
) -> bytes:
    metas = await _metas(station, [entry.message_id for _, entry in chosen], items)
    if tell_flags and "FLAGS" not in items:
        items = (*items, "FLAGS")
    needs_content = any(isinstance(item, Body) or item == "BODY" for item in items)
    out = []
    for number, entry in chosen:
        meta = metas.get(entry.message_id)
        content = b""
        if needs_content:
            try:
                content = await _content(station, entry)
            except Damaged:
                continue  # expunged elsewhere and swept: told with the next EXPUNGE (RFC 2180 §4.1.1)
        if entry.size > SMALL and needs_content:
            out.append(await asyncio.to_thread(_line, number, entry, meta, content, items))
        else:
            out.append(_line(number, entry, meta, content, items))
    return b"".join(out)


def _line(number: int, entry: Entry, meta: Meta | None, content: bytes, items: tuple[str | Body, ...]) -> bytes:
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


def _plain(item: str, entry: Entry, meta: Meta | None, content: bytes) -> bytes:
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
            return b"ENVELOPE " + ((meta.envelope if meta else None) or b"NIL")
        case "BODYSTRUCTURE":
            return b"BODYSTRUCTURE " + ((meta.structure if meta else None) or b"NIL")
    return b"BODY " + structure(scan(content), extended=False)


def _section(content: bytes, root: Part | None, item: Body) -> bytes:
    if root is None:  # the whole letter
        first, count = item.partial or (0, len(content))
        return response.literal(content[first : first + count])
    found = find(root, item.section)
    if found is None:
        return response.NIL
    found = cut(found, item.partial)
    return response.literal(found if isinstance(found, bytes) else content[found.start : found.end])


async def _content(station: Station, entry: Entry) -> bytes:
    home = station.home
    read = home.engine.read if entry.size <= SMALL else home.engine.scan
    return await read(messages.content, home.blobs, entry.message_id)


async def _metas(station: Station, numbers: list[int], items: tuple[str | Body, ...]) -> dict[int, Meta]:
    """What is derived from the octets, made now where nobody needed it before (docs/adr/0003)."""
    if not DERIVED.intersection(item for item in items if isinstance(item, str)):
        return {}
    home = station.home
    metas = await home.engine.read(messages.metas, numbers)
    missing = [number for number, meta in metas.items() if meta.envelope is None]
    if missing:
        made = await asyncio.to_thread(home.engine.read_now, _derive, station, missing)
        await home.engine.write(_save, made)
        metas = await home.engine.read(messages.metas, numbers)
    return metas


def _derive(tx: Tx, station: Station, numbers: list[int]) -> list[tuple[int, bytes, bytes]]:
    made = []
    for number in numbers:
        root = scan(messages.content(tx, station.home.blobs, number))
        made.append((number, envelope(root.header), structure(root, extended=True)))
    return made


def _save(tx: Tx, made: list[tuple[int, bytes, bytes]]) -> None:
    for number, envelope_octets, structure_octets in made:
        messages.save_derived(tx, number, envelope_octets, structure_octets)
