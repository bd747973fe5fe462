"""FETCH of what digests hold: envelope, structure, usual header fields; many letters at once (docs/reading.md)."""

from collections.abc import Iterable, Sequence
from typing import Any

from pyeonji.access.imap.lines import KNOWN, SHOWN, Manner, Run, column, filled
from pyeonji.access.imap.station import Station
from pyeonji.message.facts import packed_thread
from pyeonji.message.kept_fields import chosen
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.fetch import Body, Item, Preview
from pyeonji.proto.imap.structure import form
from pyeonji.store import digests
from pyeonji.store.columns import Columns
from pyeonji.store.entries import saved_dates

WHOLE = {"ENVELOPE": "envelope", "BODYSTRUCTURE": "structure"}  # columns that are the answer
SAVEDATE = "SAVEDATE"
THREADID = "THREADID"


def suffices(items: Sequence[Item]) -> bool:
    """Can these items be answered without the octets of a letter?"""
    return all(_is_kept(item) for item in items)


def _is_kept(item: Item) -> bool:
    if isinstance(item, str):
        return item in KNOWN or item in WHOLE or item in (SAVEDATE, THREADID)
    return isinstance(item, Preview) or _is_fields(item)


def _is_fields(item: Item) -> bool:
    return isinstance(item, Body) and item.partial is None and item.section.is_fields_of_whole


async def lines(
    station: Station, letters: Columns, mailbox_id: int, run: Run, items: Sequence[Item], manner: Manner
) -> tuple[bytes, list[int]]:
    """FETCH responses for a run of letters; and for which of them, counted from 0, the digests do not suffice."""
    _, place, count = run
    span = slice(place, place + count)
    numbers = letters.messages[span]
    if manner.enabled.uidonly:
        items = [item for item in items if item != "UID"]
    digested = [item for item in items if item not in KNOWN and item != SAVEDATE]
    names = tuple(dict.fromkeys(map(_column_name, digested)))
    kept = await station.home.digests.read(digests.columns, names, numbers) if names else []
    columns: list[Iterable[object]] = []
    for item in items:
        if item in digested:
            columns += _show(item, kept[names.index(_column_name(item))], utf8=manner.enabled.utf8)
        elif isinstance(item, str) and item in KNOWN:
            columns.append(column(letters, span, item, manner.recent))
        else:
            dates = await station.home.engine.read(saved_dates, mailbox_id, letters.uids[span])
            columns.append([response.save_date_item(dates.get(uid)) for uid in letters.uids[span]])
    return filled(letters, run, list(map(_template, items)), columns, manner)


def _template(item: Item) -> bytes:
    """How the answer says it; SAVEDATE, THREADID and PREVIEW bring their names along."""
    if isinstance(item, Body):
        return item.label.replace(b"%", b"%%") + b" {%d}\r\n%b\r\n"
    return f"{item} %b".encode("ascii") if item in WHOLE else SHOWN.get(str(item), b"%b")


def _column_name(item: Item) -> str:
    if item == THREADID:
        return "facts"
    return "preview" if isinstance(item, Preview) else WHOLE.get(str(item), "fields")


def _show(item: Item, kept: Sequence[Any], *, utf8: bool) -> list[list[Any]]:
    """As the answer has it, a column for each place in the template; None where the digest does not suffice."""
    if isinstance(item, Body):
        fields = chosen(kept, item.section.field_names, utf8=utf8)
        return [[None if octets is None else len(octets) + 2 for octets in fields], fields]
    if isinstance(item, Preview):
        instead = response.preview_item(None, utf8=False) if item.lazy else None
        return [[instead if words is None else response.preview_item(words, utf8=utf8) for words in kept]]
    if item == THREADID:
        return [[None if facts is None else response.thread_id_item(packed_thread(bytes(facts))) for facts in kept]]
    return [[None if octets is None else _octets(octets, utf8=utf8) for octets in kept]]


def _octets(kept: bytes, *, utf8: bool) -> bytes:
    return form(bytes(kept), utf8=utf8) if b"\0" in kept else kept
