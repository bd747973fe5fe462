"""CATENATE: octets of letters that are here already, so that nobody sends them twice (RFC 4469)."""

from collections.abc import AsyncIterator

from pyeonji.access.imap.place import place
from pyeonji.access.imap.station import Station
from pyeonji.message.mime import scan
from pyeonji.proto.imap.section import cut, find
from pyeonji.proto.imap.url import MessageUrl, NotAMessageUrl, parse_url
from pyeonji.store import entries, messages
from pyeonji.store.engine.base import Damaged
from pyeonji.store.entries import Entry

PIECE = 1 << 20  # octets of a whole letter that are read at once


class BadUrl(Exception):
    """The URL names nothing that this visitor may read."""


async def octets(station: Station, text: str) -> AsyncIterator[bytes]:
    """What the URL means, in pieces; raises BadUrl."""
    try:
        url = parse_url(text)
    except NotAMessageUrl as error:
        raise BadUrl("Not the URL of a message here") from error
    entry = await _entry(station, url)
    try:
        if url.section.path or url.section.text:
            yield await _section(station, entry, url)
            return
        first, count = url.partial or (0, None)
        end = entry.size if count is None else min(entry.size, first + count)
        for start in range(first, end, PIECE):
            yield await _content(station, entry, start, min(PIECE, end - start))
    except Damaged as error:
        raise BadUrl("The message cannot be read") from error


async def _entry(station: Station, url: MessageUrl) -> Entry:
    mailbox_id, uidvalidity = None, None
    if url.mailbox is not None:
        here = await place(station, url.mailbox)
        if here.found is not None and here.may("r"):
            mailbox_id, uidvalidity = here.found.id, here.found.uidvalidity
    elif station.view is not None:
        mailbox_id = station.view.mailbox_id
    if mailbox_id is None:
        raise BadUrl("No such mailbox")
    if url.uidvalidity not in (None, uidvalidity):
        raise BadUrl("The mailbox has another UIDVALIDITY")
    found = await station.home.engine.read(entries.some, mailbox_id, [url.uid])
    if not found:
        raise BadUrl("No such message")
    return found[0]


async def _section(station: Station, entry: Entry, url: MessageUrl) -> bytes:
    whole = await _content(station, entry, 0, entry.size)
    found = find(scan(whole), url.section)
    if found is None:
        raise BadUrl("The message has no such part")
    first, count = url.partial or (0, None)
    found = cut(found, (first, len(whole) if count is None else count))
    return found if isinstance(found, bytes) else whole[found.start : found.end]


async def _content(station: Station, entry: Entry, start: int, size: int) -> bytes:
    home = station.home
    return await home.engine.scan(messages.content, home.blobs, entry.message_id, start, size)
