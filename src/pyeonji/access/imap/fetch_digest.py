"""FETCH of what digests hold: envelope, structure, usual header fields; many letters at once (docs/reading.md).

Octets are carried as text of one character each, because Python fills in templates of text in a third of the time.
"""

from collections.abc import Callable, Iterable, Sequence
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

Show = Callable[[Any], str | None]  # what is in the digest, as the answer has it; None where it does not suffice

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
    known = await station.home.digests.read(digests.read, names, numbers) if names else {}
    columns: list[Iterable[object]] = []
    for item in items:
        if item in digested:
            show = _show(item, utf8=manner.enabled.utf8)
            columns.append(_shown(known, numbers, names.index(_column_name(item)), show, _instead(item)))
        elif isinstance(item, str) and item in KNOWN:
            columns.append(column(letters, span, item, manner.recent))
        else:
            dates = await station.home.engine.read(saved_dates, mailbox_id, letters.uids[span])
            columns.append([response.save_date_item(dates.get(uid)).decode("ascii") for uid in letters.uids[span]])
    return filled(letters, run, list(map(_template, items)), columns, manner)


def _template(item: Item) -> str:
    """How the answer says it; SAVEDATE, THREADID and PREVIEW bring their names along."""
    if isinstance(item, Body):
        return item.label.decode("latin-1").replace("%", "%%") + " %s"
    return f"{item} %s" if item in WHOLE else SHOWN.get(str(item), "%s")


def _column_name(item: Item) -> str:
    if item == THREADID:
        return "facts"
    return "preview" if isinstance(item, Preview) else WHOLE.get(str(item), "fields")


def _show(item: Item, *, utf8: bool) -> Show:
    if item == THREADID:
        return lambda facts: response.thread_id_item(packed_thread(bytes(facts))).decode("ascii")
    if isinstance(item, str):
        return lambda kept: str(form(bytes(kept), utf8=utf8), "latin-1")
    if isinstance(item, Preview):
        return lambda words: response.preview_item(words, utf8=utf8).decode("latin-1")
    assert isinstance(item, Body)
    names = item.section.field_names

    def show(octets: bytes) -> str | None:
        fields = chosen(bytes(octets), names, utf8=utf8)
        return None if fields is None else f"{{{len(fields) + 2}}}\r\n{str(fields, 'latin-1')}\r\n"

    return show


def _instead(item: Item) -> str | None:
    """What is said where there is no digest yet; None where the octets must be read for it."""
    if isinstance(item, Preview) and item.lazy:
        return response.preview_item(None, utf8=False).decode("ascii")
    return None


def _shown(
    known: dict[int, tuple[Any, ...]], numbers: Sequence[int], at: int, show: Show, instead: str | None
) -> list[str | None]:
    return [show(known[number][at]) if number in known else instead for number in numbers]
