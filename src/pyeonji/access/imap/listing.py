"""LIST, LSUB and STATUS."""

from collections.abc import Container, Iterator

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.list import List, matches
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.store import entries, mailboxes
from pyeonji.store.mailboxes import Mailbox

MANY = 5_000  # letters whose counting is done off the event loop


async def list_(station: Station, args: List) -> None:
    if not args.extended and args.patterns == ("",):
        await station.answer("OK", "Separator told", data=response.listing(("\\Noselect",), ""))
        return
    boxes = {box.name: box for box in await station.home.engine.read(mailboxes.mailboxes, station.me.account.id)}
    parents = {above for name in boxes for above in _above(name)}
    chosen = {name: box for name, box in boxes.items() if _selected(args, box)}
    patterns = [args.reference + pattern for pattern in args.patterns]
    out = []
    for name in sorted(chosen.keys() | {above for below in chosen for above in _above(below)}):
        if not any(matches(pattern, name) for pattern in patterns):
            continue
        box = chosen.get(name)
        if box is None and not _is_passed(args, name, boxes, patterns):
            continue
        word = "LSUB" if args.subscribed_only else "LIST"
        out.append(response.listing(_attributes(args, box, name in parents), name, word=word))
        if args.status and box is not None:
            out.append(response.status(name, await _figures(station, box, args.status)))
    await station.answer("OK", "Listed", data=b"".join(out))


async def status(station: Station, args: Status) -> None:
    box = await station.mailbox(args.mailbox)
    if box is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
        return
    await station.answer("OK", "Status told", data=response.status(box.name, await _figures(station, box, args.items)))


def _selected(args: List, box: Mailbox) -> bool:
    if (args.subscribed_only or "SUBSCRIBED" in args.selections) and not box.subscribed:
        return False
    return "SPECIAL-USE" not in args.selections or bool(box.special_use)


def _above(name: str) -> Iterator[str]:
    """The names of all levels above."""
    at = name.find(SEPARATOR)
    while at >= 0:
        yield name[:at]
        at = name.find(SEPARATOR, at + 1)


def _is_passed(args: List, name: str, boxes: Container[str], patterns: list[str]) -> bool:
    """A level is told that was not asked for itself, because something below it was (RFC 3501 §6.3.8, §6.3.9).

    In LIST such a level is no mailbox any more; in LSUB it may be one, and is told only where "%" stops at it.
    """
    if args.subscribed_only:
        return any(pattern.endswith("%") and matches(pattern, name) for pattern in patterns)
    return not args.selections and name not in boxes


def _attributes(args: List, box: Mailbox | None, has_children: bool) -> list[str]:
    found = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if box is None:
        return ["\\Noselect", *found]
    if box.special_use and not args.subscribed_only:
        found.append(box.special_use)
    if box.subscribed and ("SUBSCRIBED" in args.returns or "SUBSCRIBED" in args.selections):
        found.append("\\Subscribed")
    return found


async def _figures(station: Station, box: Mailbox, items: tuple[str, ...]) -> list[tuple[str, int]]:
    values = {
        "MESSAGES": box.messages,
        "RECENT": 0,
        "UIDNEXT": box.uidnext,
        "UIDVALIDITY": box.uidvalidity,
        "SIZE": box.octets,
    }
    engine = station.home.engine
    read = engine.read if box.messages <= MANY else engine.scan
    if "UNSEEN" in items:
        values["UNSEEN"] = await read(entries.unseen_count, box.id)
    if "DELETED" in items:
        values["DELETED"] = len(await read(entries.marked, box.id))
    return [(item, values[item]) for item in items]
