"""LIST, LSUB and STATUS."""

from collections.abc import Iterable

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.list import List, matches
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.store import mailboxes
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox


async def list_(station: Station, args: List) -> None:
    if not args.extended and args.patterns == ("",):
        await station.answer("OK", "Separator told", data=response.listing(("\\Noselect",), ""))
        return
    boxes = await station.home.engine.read(mailboxes.mailboxes, station.me.account.id)
    names = {box.name for box in boxes}
    patterns = [args.reference + pattern for pattern in args.patterns]
    out = []
    for box in boxes:
        if not any(matches(pattern, box.name) for pattern in patterns) or not _selected(args, box):
            continue
        word = "LSUB" if args.subscribed_only else "LIST"
        out.append(response.listing(_attributes(args, box, names), box.name, word=word))
        if args.status:
            out.append(response.status(box.name, await _figures(station, box, args.status)))
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


def _attributes(args: List, box: Mailbox, names: Iterable[str]) -> list[str]:
    below = box.name + SEPARATOR
    found = ["\\HasChildren" if any(name.startswith(below) for name in names) else "\\HasNoChildren"]
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
    if "UNSEEN" in items:
        values["UNSEEN"] = await station.home.engine.read(mailboxes.unseen_count, box.id)
    if "DELETED" in items:
        values["DELETED"] = await station.home.engine.read(_marked, box.id)
    return [(item, values[item]) for item in items]


def _marked(tx: Tx, mailbox_id: int) -> int:
    return sum(bool(entry.flags & flags.DELETED) for entry in mailboxes.entries(tx, mailbox_id))
