"""CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE."""

from pyeonji.access.imap.station import Station
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.imap.command.create import Create
from pyeonji.proto.imap.command.delete import Delete
from pyeonji.proto.imap.command.rename import Rename
from pyeonji.proto.imap.command.subscribe import Subscribe
from pyeonji.proto.imap.names import INBOX, MAX_NAME, SEPARATOR
from pyeonji.store import mailboxes, subscriptions
from pyeonji.store.delete import delete as delete_mailbox
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.rename import rename as rename_mailbox
from pyeonji.store.subscriptions import MAX_SUBSCRIPTIONS

MAX_MAILBOXES = 10_000  # per account; ours


class TooMany(Exception):
    """The account would have too many mailboxes, or one with too long a name."""


async def create(station: Station, args: Create) -> None:
    if args.special_use:
        await station.answer("NO", "Special use is given to mailboxes by us", "USEATTR")
        return
    if not _is_well_formed(args.mailbox):
        await station.answer("NO", "A level has no name", "CANNOT")
        return
    try:
        await station.home.engine.write(_create, station.me.account.id, args.mailbox, _seconds(station))
    except Conflict:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    except TooMany:
        await station.answer("NO", f"No more than {MAX_MAILBOXES} mailboxes", "LIMIT")
        return
    await station.answer("OK", "Created")


async def delete(station: Station, args: Delete) -> None:
    box = await station.mailbox(args.mailbox)
    if args.mailbox == INBOX:
        await station.answer("NO", "INBOX stays", "CANNOT")
    elif box is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
    else:
        await station.home.engine.write(
            delete_mailbox, box.id, now_us=station.context.clock.now_us(), account=station.me.account.address
        )
        station.me.wake.tell_mailboxes([box.id])
        await station.answer("OK", "Deleted")


async def rename(station: Station, args: Rename) -> None:
    if args.new_name == INBOX:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    if args.new_name.startswith(args.mailbox + SEPARATOR) and args.mailbox != INBOX:
        await station.answer("NO", "A mailbox cannot move into itself", "CANNOT")
        return
    if not _is_well_formed(args.new_name):
        await station.answer("NO", "A level has no name", "CANNOT")
        return
    try:
        told = await station.home.engine.write(
            _rename, station.me.account.id, args.mailbox, args.new_name, _seconds(station)
        )
    except Conflict:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    except TooMany:
        await station.answer("NO", "Too many mailboxes, or a name too long", "LIMIT")
        return
    if not told:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
        return
    station.me.wake.tell_mailboxes(told)
    await station.answer("OK", "Renamed")


async def subscribe(station: Station, args: Subscribe) -> None:
    """Any name: it may be a mailbox later, or may have been one (RFC 9051 §6.3.7)."""
    engine, account_id = station.home.engine, station.me.account.id
    if not args.wanted:
        await engine.write(subscriptions.unsubscribe, account_id, args.mailbox)
    else:
        try:
            await engine.write(subscriptions.subscribe, account_id, [args.mailbox])
        except subscriptions.TooMany:
            await station.answer("NO", f"No more than {MAX_SUBSCRIPTIONS} subscriptions", "LIMIT")
            return
    await station.answer("OK", "Noted")


def _seconds(station: Station) -> int:
    return station.context.clock.now_us() // SECOND_US


def _is_well_formed(name: str) -> bool:
    """Every level has a name; "a//b" would put a mailbox "a/" where no client finds it."""
    return all(name.split(SEPARATOR))


def _create(tx: Tx, account_id: int, name: str, seconds: int) -> None:
    """With every level above it (RFC 3501 §6.3.3)."""
    _create_above(tx, account_id, name, seconds)
    mailboxes.create(tx, account_id, name, uidvalidity=seconds)


def _create_above(tx: Tx, account_id: int, name: str, seconds: int) -> None:
    names = {box.name for box in mailboxes.mailboxes(tx, account_id)}
    if len(names) + name.count(SEPARATOR) >= MAX_MAILBOXES:
        raise TooMany
    at = name.find(SEPARATOR)
    while at >= 0:
        if name[:at] not in names:
            mailboxes.create(tx, account_id, name[:at], uidvalidity=seconds)
        at = name.find(SEPARATOR, at + 1)


def _rename(tx: Tx, account_id: int, old: str, new: str, seconds: int) -> list[int]:
    """Ids of the mailboxes in which something changed; empty when there is none of the old name."""
    below = old + SEPARATOR
    moving = [box for box in mailboxes.mailboxes(tx, account_id) if box.name == old or box.name.startswith(below)]
    if not moving or moving[0].name != old:
        return []
    if old != INBOX and any(len(box.name) - len(old) + len(new) > MAX_NAME for box in moving):
        raise TooMany
    _create_above(tx, account_id, new, seconds)
    if not rename_mailbox(tx, account_id, old, new, uidvalidity=seconds):
        return []
    return [box.id for box in moving]
