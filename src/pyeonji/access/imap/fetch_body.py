"""FETCH of what must be read: ENVELOPE, BODYSTRUCTURE and sections of letters."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyeonji.access.imap.station import Station
from pyeonji.message.mime import scan
from pyeonji.message.part import Part
from pyeonji.message.preview import preview
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.fetch import Binary, BinarySize, Body, Preview
from pyeonji.proto.imap.dates import print_date_time
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.proto.imap.section import UnknownEncoding, cut, decoded, find
from pyeonji.proto.imap.structure import envelope, structure
from pyeonji.store import digests, messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.entries import Entry
from pyeonji.store.messages import Meta

HEADERS = frozenset({"HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT"})
SMALL = 256 * 1024  # octets of content that are read and cut on the event loop

Items = tuple[str | Body | Binary | BinarySize | Preview, ...]
Chosen = list[tuple[int, Entry]]


class Known(NamedTuple):
    """`digested` are ENVELOPE and BODYSTRUCTURE as octets, and the preview, where one of them is asked for."""

    meta: Meta
    digested: tuple[Any, ...] | None
    enabled: Enabled


class Lost:
    """Letters of which something could not be told."""

    def __init__(self) -> None:
        self.unreadable: list[Entry] = []
        self.undecodable: list[Entry] = []  # the transfer encoding of a part is not known


async def lines(station: Station, chosen: Chosen, items: Items, also: Mapping[int, Items], lost: Lost) -> bytes:
    """The answers for one slice.  `also` says by MODSEQ what is said of a letter besides."""
    known = await _metas(station, chosen, items)
    bodies = [item for item in items if isinstance(item, Body | Binary | BinarySize)]
    reads = bool(bodies) or "BODY" in items
    only_headers = reads and "BODY" not in items and all(_is_header(item) for item in bodies)
    out = []
    for number, entry in chosen:
        meta = known.get(entry.message_id)
        if meta is None or (meta.digested is None and _is_derived(items)):
            lost.unreadable.append(entry)
            continue
        told = items + also.get(entry.modseq, ())
        if station.enabled.uidonly:  # the response begins with it (RFC 9586 §3.3)
            told = tuple(item for item in told if item != "UID")
        try:
            if entry.size > SMALL and reads and not only_headers and "BODY" not in items and _is_plain_cut(bodies):
                out.append(await _cut_line(station, number, entry, meta, told))
                continue
            size = 0 if not reads else meta.meta.body_at if only_headers else entry.size
            content = await _content(station, entry, size)
            if len(content) > SMALL:
                out.append(await asyncio.to_thread(_line, number, entry, meta, content, told))
            else:
                out.append(_line(number, entry, meta, content, told))
        except Damaged:
            lost.unreadable.append(entry)
        except UnknownEncoding:
            lost.undecodable.append(entry)
    return b"".join(out)


def _is_derived(items: Items) -> bool:
    return any(item in ("ENVELOPE", "BODYSTRUCTURE") or isinstance(item, Preview) for item in items)


def _is_header(item: Body | Binary | BinarySize) -> bool:
    """Is it found in the first octets, up to the empty line?"""
    return isinstance(item, Body) and item.section.text in HEADERS and not item.section.path


def _is_plain_cut(bodies: list[Body | Binary | BinarySize]) -> bool:
    """Are they all octets [first, first + count) of the whole letter?"""
    return all(
        isinstance(item, Body) and item.partial and not item.section.path and not item.section.text for item in bodies
    )


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
            assert not isinstance(item, Binary | BinarySize)
            parts.append(_plain(item, entry, meta, b""))
    return _said(number, entry, meta, parts)


def _said(number: int, entry: Entry, meta: Known, parts: list[bytes]) -> bytes:
    return response.uid_fetch(entry.uid, parts) if meta.enabled.uidonly else response.fetch(number, parts)


def _line(number: int, entry: Entry, meta: Known, content: bytes, items: Items) -> bytes:
    root: Part | None = None
    parts = []
    for item in items:
        if root is None and _looks_inside(item):
            root = scan(content)
        if isinstance(item, Body):
            parts.append(item.label + b" " + _section(content, root, item))
        elif isinstance(item, Binary | BinarySize):
            parts.append(item.label + b" " + _binary(content, root, item))
        else:
            parts.append(_plain(item, entry, meta, content))
    return _said(number, entry, meta, parts)


def _looks_inside(item: object) -> bool:
    """Are the letter's parts to be found for it?"""
    if isinstance(item, Body):
        return bool(item.section.path or item.section.text)
    return isinstance(item, Binary | BinarySize) and bool(item.path)


def _binary(content: bytes, root: Part | None, item: Binary | BinarySize) -> bytes:
    """Raises UnknownEncoding."""
    octets = content if root is None or not item.path else decoded(root, content, item.path)
    if isinstance(item, BinarySize):
        return b"%d" % len(octets or b"")
    if octets is None:
        return response.NIL
    first, count = item.partial or (0, len(octets))
    return response.binary(octets[first : first + count])


def _plain(item: str | Preview, entry: Entry, meta: Known, content: bytes) -> bytes:
    digested = meta.digested or (b"NIL", b"NIL", "")
    match item:
        case Preview():
            return response.preview_item(digested[2], utf8=meta.enabled.utf8)
        case "UID":
            return b"UID %d" % entry.uid
        case "FLAGS":
            return b"FLAGS " + flags.printed(entry.flags, entry.keywords)
        case "MODSEQ":
            return b"MODSEQ (%d)" % entry.modseq
        case "INTERNALDATE":
            return b"INTERNALDATE " + print_date_time(entry.internal_us)
        case "RFC822.SIZE":
            return b"RFC822.SIZE %d" % entry.size
        case "EMAILID":
            return response.email_id_item(f"E{entry.message_id}")
        case "THREADID":
            return response.thread_id_item(None)
        case "ENVELOPE":
            return b"ENVELOPE " + bytes(digested[0])
        case "BODYSTRUCTURE":
            return b"BODYSTRUCTURE " + bytes(digested[1])
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
    if not _is_derived(items):
        return {number: Known(meta, None, station.enabled) for number, meta in metas.items()}
    digested = await home.digests.read(digests.read, ("envelope", "structure", "preview"), numbers)
    missing = [number for number in metas if number not in digested]
    if missing:
        digested |= await home.engine.scan(_derive, station, missing)
    return {number: Known(meta, digested.get(number), station.enabled) for number, meta in metas.items()}


def _derive(tx: Tx, station: Station, numbers: list[int]) -> dict[int, tuple[Any, ...]]:
    made: dict[int, tuple[Any, ...]] = {}
    for number in numbers:
        try:
            root = scan(messages.content(tx, station.home.blobs, number))
        except Damaged:
            continue  # told as lost by the caller
        made[number] = envelope(root.header), structure(root, extended=True), preview(root)
    return made
