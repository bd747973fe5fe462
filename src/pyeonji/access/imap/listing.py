"""LIST, LSUB and STATUS."""

from collections.abc import Iterator
from typing import NamedTuple

from pyeonji.access.imap import tree
from pyeonji.access.imap.metadata import chosen, may_note, notes_on
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
    lines = await station.home.engine.scan(_lines, station.me.account, args, station.utf8)
    await station.answer("OK", "Listed", data=b"".join(lines))


async def status(station: Station, args: Status) -> None:
    here = await reach(station, args.mailbox, "r")
    told = await station.home.engine.read(figures, here.box, args.items)
    await station.answer("OK", "Status told", data=response.status(here.name, told, utf8=station.utf8))


async def line_of(station: Station, name: str, said: str = "") -> bytes:
    """The LIST line of one name, unasked; `said` is how the client spelt it, where that is not how we do."""
    return await station.home.engine.scan(_line_of, station.me.account, name, said, station.utf8)


async def respelt(station: Station) -> bytes:
    """In IMAP4rev2: names of the command that we keep otherwise than they were said (RFC 9051 §6.3.9.7)."""
    if not station.enabled.rev2:
        return b""
    return b"".join([await line_of(station, name, said) for said, name in station.respelt])


def _line_of(tx: Tx, visitor: Account, name: str, said: str, utf8: bool) -> bytes:
    args = List("", (name,), returns=frozenset({"SUBSCRIBED"}), extended=True)
    subscribed = frozenset(subscriptions.subscribed(tx, visitor.id))
    found = [told.attributes for told in tree.told(args, _visible(tx, visitor), subscribed) if told.name == name]
    items = [response.old_name(said, utf8=utf8)] if said else []
    return response.listing(found[0] if found else ("\\NonExistent",), name, items=items, utf8=utf8)


def _lines(tx: Tx, visitor: Account, args: List, utf8: bool) -> list[bytes]:
    """All that is told, as of one instant."""
    boxes = _visible(tx, visitor)
    word = "LSUB" if args.subscribed_only else "LIST"
    criteria = tree.childinfo(args)
    out = []
    for told in tree.told(args, boxes, frozenset(subscriptions.subscribed(tx, visitor.id))):
        items = [response.childinfo(criteria)] if criteria and told.below else []
        out.append(response.listing(told.attributes, told.name, word=word, items=items, utf8=utf8))
        if told.meets and told.name in boxes:
            out += _more(tx, visitor, args, told.name, boxes[told.name], utf8)
    return out


def _visible(tx: Tx, visitor: Account) -> dict[str, Visible]:
    boxes = {box.name: Visible(box, ALL, box.special_use) for box in mailboxes.mailboxes(tx, visitor.id)}
    for box, owner, letters in rights.shared(tx, visitor.id, visitor.address):
        if "l" in letters:
            boxes[of_another(owner, box.name)] = Visible(box, letters, "")
    return boxes


def _more(tx: Tx, visitor: Account, args: List, name: str, seen: Visible, utf8: bool) -> Iterator[bytes]:
    """What a return option asks for besides; what the visitor may not know is left out."""
    if args.status and seen.selectable:
        yield response.status(name, figures(tx, seen.box, args.status), utf8=utf8)  # RFC 5819 §2
    if "MYRIGHTS" in args.returns:
        yield response.my_rights(name, with_old(seen.rights), utf8=utf8)  # RFC 8440 §3
    if args.metadata and may_note(seen.rights):
        yield response.metadata(name, chosen(notes_on(tx, visitor, seen.box), args.metadata, 0), utf8=utf8)  # RFC 9590


def figures(tx: Tx, box: Mailbox, items: tuple[str, ...]) -> list[tuple[str, int | str]]:
    """What STATUS tells; nothing of it walks through the mailbox."""
    values: dict[str, int | str] = {
        "MESSAGES": box.messages,
        "UIDNEXT": box.uidnext,
        "UIDVALIDITY": box.uidvalidity,
        "UNSEEN": box.unseen,
        "SIZE": box.octets,
        "MAILBOXID": f"({object_id(box)})",
        "HIGHESTMODSEQ": box.modseq,
        "APPENDLIMIT": MAX_MESSAGE,
    }
    if "RECENT" in items:
        values["RECENT"] = entries.count_from(tx, box.id, box.recent_from) if box.recent_from < box.uidnext else 0
    if not WEIGHED.isdisjoint(items):
        values["DELETED"], values["DELETED-STORAGE"] = entries.weighed(tx, box.id)
    return [(item, values[item]) for item in items]
