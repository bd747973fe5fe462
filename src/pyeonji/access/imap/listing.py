"""LIST, LSUB and STATUS."""

from dataclasses import dataclass

from pyeonji.access.imap import tree
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.list import List
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.event import MAX_MESSAGE
from pyeonji.store import entries, mailboxes, subscriptions
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox, object_id

WEIGHED = frozenset({"DELETED", "DELETED-STORAGE"})  # items for which marked letters are looked up


@dataclass(frozen=True, slots=True)
class Visible:
    """A mailbox as this visitor sees it."""

    box: Mailbox

    @property
    def special_use(self) -> str:
        return self.box.special_use

    @property
    def selectable(self) -> bool:
        return True


async def list_(station: Station, args: List) -> None:
    if not args.extended and args.patterns == ("",):
        await station.answer("OK", "Separator told", data=response.listing(("\\Noselect",), "", utf8=station.utf8))
        return
    boxes, found = await station.home.engine.scan(_told, station.me.account.id, args)
    word = "LSUB" if args.subscribed_only else "LIST"
    criteria = tree.childinfo(args)
    out = []
    for told in found:
        items = [response.childinfo(criteria)] if criteria and told.below else []
        out.append(response.listing(told.attributes, told.name, word=word, items=items, utf8=station.utf8))
        if args.status and told.meets and told.name in boxes:
            figures = await _figures(station, boxes[told.name].box, args.status)
            out.append(response.status(told.name, figures, utf8=station.utf8))
    await station.answer("OK", "Listed", data=b"".join(out))


async def status(station: Station, args: Status) -> None:
    box = await station.mailbox(args.mailbox)
    if box is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
        return
    figures = await _figures(station, box, args.items)
    await station.answer("OK", "Status told", data=response.status(box.name, figures, utf8=station.utf8))


def _told(tx: Tx, account_id: int, args: List) -> tuple[dict[str, Visible], list[tree.Told]]:
    boxes = {box.name: Visible(box) for box in mailboxes.mailboxes(tx, account_id)}
    return boxes, list(tree.told(args, boxes, frozenset(subscriptions.subscribed(tx, account_id))))


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
