"""SELECT, EXAMINE, CLOSE, UNSELECT."""

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.select import Select
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import Entry
from pyeonji.store.mailboxes import Mailbox

ALL_FLAGS = flags.printed(flags.STORED)
SYSTEM_FLAGS = flags.printed(flags.STORED)[:-1] + b" \\*)"


async def select(station: Station, args: Select) -> None:
    station.open(None)
    found = await station.home.engine.scan(_snapshot, station.me.account.id, args.mailbox)
    if found is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
        return
    box, entries = found
    station.open(View(box.id, entries, box.modseq, read_only=args.read_only))
    unseen = next((number for number, entry in enumerate(entries, 1) if not entry.flags & flags.SEEN), 0)
    data = [
        response.data(b"FLAGS " + ALL_FLAGS),
        response.exists(len(entries)),
        response.recent(0),
        response.data(b"OK [PERMANENTFLAGS %b] Kept" % (b"()" if args.read_only else SYSTEM_FLAGS)),
        response.untagged("OK", "UIDs are valid", f"UIDVALIDITY {box.uidvalidity}"),
        response.untagged("OK", "Next UID", f"UIDNEXT {box.uidnext}"),
    ]
    if unseen:
        data.insert(3, response.untagged("OK", "First unseen", f"UNSEEN {unseen}"))
    code = "READ-ONLY" if args.read_only else "READ-WRITE"
    await station.answer("OK", "Mailbox open", code, data=b"".join(data))


async def close(station: Station, args: object) -> None:
    """Marked letters go without a word (RFC 3501 §6.4.2)."""
    view = station.box
    station.open(None)
    if not view.read_only:
        await expunge_now(station, view.mailbox_id)
    await station.answer("OK", "Closed")


async def unselect(station: Station, args: object) -> None:
    station.open(None)
    await station.answer("OK", "Closed, nothing expunged")


async def expunge_now(station: Station, mailbox_id: int, among: frozenset[int] | None = None) -> None:
    """All letters that are marked now, or those `among` these UIDs; every session is told."""
    now = station.context.clock.now_us()
    if await station.home.engine.write(_expunge_marked, mailbox_id, among, now, station.me.account.address):
        station.me.wake.tell_mailboxes([mailbox_id])


def _snapshot(tx: Tx, account_id: int, name: str) -> tuple[Mailbox, list[Entry]] | None:
    box = mailboxes.mailbox(tx, account_id, name)
    return (box, entries.entries(tx, box.id)) if box else None


def _expunge_marked(tx: Tx, mailbox_id: int, among: frozenset[int] | None, now_us: int, account: str) -> list[int]:
    """Looked up in the transaction: a mark another session has just taken away keeps its letter."""
    mailboxes.hold(tx, mailbox_id)
    uids = [uid for uid in entries.marked(tx, mailbox_id) if among is None or uid in among]
    return entries.expunge(tx, mailbox_id, uids, now_us=now_us, account=account)
