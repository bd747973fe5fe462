"""LIST, LSUB and STATUS."""

from typing import NamedTuple

from pyeonji.access.imap import tree
from pyeonji.access.imap.place import reach
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.list import List
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.event import MAX_MESSAGE
from pyeonji.proto.imap.names import of_another
from pyeonji.proto.imap.rights import ALL, with_old
from pyeonji.store import entries, mailboxes, rights, subscriptions
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox, object_id

WEIGHED = frozenset({"DELETED", "DELETED-STORAGE"})  # items for which marked letters are looked up


class Visible(NamedTuple):
    """A mailbox as this visitor sees it; whatever its owner uses it for, to another it is only a mailbox."""

    box: Mailbox
    rights: str
    special_use: str

    @property
    def selectable(self) -> bool:
        return "r" in self.rights


async def list_(station: Station, args: List) -> None:
    if not args.extended and args.patterns == ("",):
        await station.answer("OK", "Separator told", data=response.listing(("\\Noselect",), "", utf8=station.utf8))
        return
    boxes, found = await station.home.engine.scan(_told, station.me.account, args)
    word = "LSUB" if args.subscribed_only else "LIST"
    criteria = tree.childinfo(args)
    out = []
    for told in found:
        items = [response.childinfo(criteria)] if criteria and told.below else []
        out.append(response.listing(told.attributes, told.name, word=word, items=items, utf8=station.utf8))
        box = boxes.get(told.name) if told.meets else None
        if box is not None and args.status and box.selectable:
            figures = await _figures(station, box.box, args.status)
            out.append(response.status(told.name, figures, utf8=station.utf8))
        if box is not None and "MYRIGHTS" in args.returns:
            out.append(response.my_rights(told.name, with_old(box.rights), utf8=station.utf8))
    await station.answer("OK", "Listed", data=b"".join(out))


async def status(station: Station, args: Status) -> None:
    here = await reach(station, args.mailbox, "r")
    figures = await _figures(station, here.box, args.items)
    await station.answer("OK", "Status told", data=response.status(here.name, figures, utf8=station.utf8))


def _told(tx: Tx, visitor: Account, args: List) -> tuple[dict[str, Visible], list[tree.Told]]:
    boxes = {box.name: Visible(box, ALL, box.special_use) for box in mailboxes.mailboxes(tx, visitor.id)}
    for box, owner, letters in rights.shared(tx, visitor.id, visitor.address):
        if "l" in letters:
            boxes[of_another(owner, box.name)] = Visible(box, letters, "")
    return boxes, list(tree.told(args, boxes, frozenset(subscriptions.subscribed(tx, visitor.id))))


async def _figures(station: Station, box: Mailbox, items: tuple[str, ...]) -> list[tuple[str, int | str]]:
    values: dict[str, int | str] = {
        "MESSAGES": box.messages,
        "RECENT": 0,
        "UIDNEXT": box.uidnext,
        "UIDVALIDITY": box.uidvalidity,
        "UNSEEN": box.unseen,
        "SIZE": box.octets,
        "MAILBOXID": f"({object_id(box)})",
        "HIGHESTMODSEQ": box.modseq,
        "APPENDLIMIT": MAX_MESSAGE,
    }
    if WEIGHED.intersection(items):
        values["DELETED"], values["DELETED-STORAGE"] = await station.home.engine.read(entries.weighed, box.id)
    return [(item, values[item]) for item in items]
