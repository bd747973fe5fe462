"""CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE."""

from pyeonji.access.imap.station import Station
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.imap.command.create import Create
from pyeonji.proto.imap.command.delete import Delete
from pyeonji.proto.imap.command.rename import Rename
from pyeonji.proto.imap.command.subscribe import Subscribe
from pyeonji.proto.imap.names import INBOX, SEPARATOR
from pyeonji.store import mailboxes
from pyeonji.store.engine.base import Conflict, Tx

MAX_MAILBOXES = 10_000  # per account; ours


async def create(station: Station, args: Create) -> None:
    if args.special_use:
        await station.answer("NO", "Special use is given to mailboxes by us", "USEATTR")
        return
    try:
        await station.home.engine.write(_create, station.me.account.id, args.mailbox, _seconds(station))
    except Conflict:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    await station.answer("OK", "Created")


async def delete(station: Station, args: Delete) -> None:
    box = await station.mailbox(args.mailbox)
    if args.mailbox == INBOX:
        await station.answer("NO", "INBOX stays", "CANNOT")
    elif box is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
    else:
        await station.home.engine.write(mailboxes.delete, box.id)
        station.me.wake.tell_mailboxes([box.id])
        await station.answer("OK", "Deleted")


async def rename(station: Station, args: Rename) -> None:
    if args.new_name == INBOX:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    if args.new_name.startswith(args.mailbox + SEPARATOR) and args.mailbox != INBOX:
        await station.answer("NO", "A mailbox cannot move into itself", "CANNOT")
        return
    try:
        found = await station.home.engine.write(
            _rename, station.me.account.id, args.mailbox, args.new_name, _seconds(station)
        )
    except Conflict:
        await station.answer("NO", "There is such a mailbox", "ALREADYEXISTS")
        return
    await (station.answer("OK", "Renamed") if found else station.answer("NO", "No such mailbox", "NONEXISTENT"))


async def subscribe(station: Station, args: Subscribe) -> None:
    done = await station.home.engine.write(mailboxes.subscribe, station.me.account.id, args.mailbox, args.wanted)
    if done or not args.wanted:
        await station.answer("OK", "Noted")
    else:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")


def _seconds(station: Station) -> int:
    return station.context.clock.now_us() // SECOND_US


def _create(tx: Tx, account_id: int, name: str, seconds: int) -> None:
    """With every level above it (RFC 3501 §6.3.3)."""
    if len(mailboxes.mailboxes(tx, account_id)) >= MAX_MAILBOXES:
        raise Conflict(name)
    parts = name.split(SEPARATOR)
    for depth in range(1, len(parts)):
        above = SEPARATOR.join(parts[:depth])
        if above and mailboxes.mailbox(tx, account_id, above) is None:
            mailboxes.create(tx, account_id, above, uidvalidity=seconds)
    mailboxes.create(tx, account_id, name, uidvalidity=seconds)


def _rename(tx: Tx, account_id: int, old: str, new: str, seconds: int) -> bool:
    return mailboxes.rename(tx, account_id, old, new, uidvalidity=seconds)
