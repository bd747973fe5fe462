"""CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: the tree of mailboxes, one's own and those others share."""

from pyeonji.access.imap.listing import line_of, respelt
from pyeonji.access.imap.place import NO_SUCH, NOT_ALLOWED, Refused, above, find, reach
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.command.create import Create
from pyeonji.proto.imap.command.delete import Delete
from pyeonji.proto.imap.command.rename import Rename
from pyeonji.proto.imap.command.subscribe import Subscribe
from pyeonji.proto.imap.names import INBOX, SEPARATOR
from pyeonji.store import creation, subscriptions
from pyeonji.store.creation import MAX_MAILBOXES, USES, TooMany, UseTaken
from pyeonji.store.delete import delete as delete_mailbox
from pyeonji.store.delete import thin_out
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.mailboxes import Mailbox, object_id
from pyeonji.store.rename import NameTooLong
from pyeonji.store.rename import rename as rename_mailbox
from pyeonji.store.subscriptions import MAX_SUBSCRIPTIONS

EXISTS = ("There is such a mailbox", "ALREADYEXISTS")
FULL = (f"No more than {MAX_MAILBOXES} mailboxes", "LIMIT")


async def create(station: Station, args: Create) -> None:
    _check_levels(args.mailbox)
    use = _use(args.special_use)
    now = station.context.clock.now_us()
    try:
        made = await station.home.engine.write(_create, station.me.account, args.mailbox, use, now)
    except Conflict as error:
        raise Refused(*EXISTS) from error
    except TooMany as error:
        raise Refused(*FULL) from error
    except UseTaken as error:
        raise Refused(f"Another mailbox is {use}, and has letters", "USEATTR") from error
    station.me.wake.tell_trees([made.account_id])
    await station.answer("OK", "Created", f"MAILBOXID ({object_id(made)})", data=await respelt(station))


async def delete(station: Station, args: Delete) -> None:
    here = await reach(station, args.mailbox, "x")
    if here.local == INBOX:
        raise Refused("INBOX stays", "CANNOT")
    now, me = station.context.clock.now_us(), station.me.account.address
    while await station.home.engine.write(thin_out, here.box.id, now_us=now, account=me):
        station.me.wake.tell_mailboxes([here.box.id])
    await station.home.engine.write(delete_mailbox, here.box.id, now_us=now, account=me)
    station.me.wake.tell_mailboxes([here.box.id])
    await station.answer("OK", "Deleted", data=await respelt(station))


async def rename(station: Station, args: Rename) -> None:
    _check_levels(args.new_name)
    now = station.context.clock.now_us()
    try:
        changed = await station.home.engine.write(_rename, station.me.account, args, now)
    except Conflict as error:
        raise Refused(*EXISTS) from error
    except TooMany as error:
        raise Refused(*FULL) from error
    except NameTooLong as error:
        raise Refused("A name would be too long", "LIMIT") from error
    station.me.wake.tell_mailboxes(changed)
    told = b""
    if station.machine.enabled.rev2 and args.mailbox != INBOX:  # RFC 9051 §6.3.6
        told = await line_of(station, args.new_name, args.mailbox)
    await station.answer("OK", "Renamed", data=told + await respelt(station))


async def subscribe(station: Station, args: Subscribe) -> None:
    """Any name: it may be a mailbox later, or may have been one (RFC 9051 §6.3.7)."""
    engine, account_id = station.home.engine, station.me.account.id
    if not args.wanted:
        await engine.write(subscriptions.unsubscribe, account_id, args.mailbox)
    else:
        try:
            await engine.write(subscriptions.subscribe, account_id, [args.mailbox])
        except subscriptions.TooMany as error:
            raise Refused(f"No more than {MAX_SUBSCRIPTIONS} subscriptions", "LIMIT") from error
    station.me.wake.tell_trees([account_id])
    await station.answer("OK", "Noted")


def _check_levels(name: str) -> None:
    """Every level has a name; "a//b" would put a mailbox "a/" where no client finds it."""
    if not all(name.split(SEPARATOR)):
        raise Refused("A level has no name", "CANNOT")


def _use(words: tuple[str, ...]) -> str:
    """The one special use asked for, as we write it; "" for none."""
    if not words:
        return ""
    known = {use.lower(): use for use in USES}
    use = known.get(words[0].lower(), "")
    if len(words) > 1 or not use:
        raise Refused("One of these uses: " + " ".join(USES), "USEATTR")
    return use


def _create(tx: Tx, visitor: Account, name: str, use: str, now_us: int) -> Mailbox:
    here = find(tx, visitor, name)
    if here.owner is None or not above(tx, visitor, here).may("k"):
        raise Refused(*NOT_ALLOWED)
    if use and here.owner.id != visitor.id:
        raise Refused("Special uses are for one's own mailboxes", "USEATTR")
    return creation.create(tx, here.owner.id, here.local, use, now_us=now_us)


def _rename(tx: Tx, visitor: Account, args: Rename, now_us: int) -> list[int]:
    """Ids of the mailboxes in which something changed."""
    old, new = find(tx, visitor, args.mailbox), find(tx, visitor, args.new_name)
    is_own = old.owner is not None and old.owner.id == visitor.id
    if not is_own:
        old.need("x")
    if old.owner is None or new.owner is None or new.owner.id != old.owner.id:
        raise Refused("A mailbox stays with its owner", "CANNOT")
    if old.local == INBOX and not is_own:
        raise Refused("INBOX stays", "CANNOT")
    if new.local.startswith(old.local + SEPARATOR) and old.local != INBOX:
        raise Refused("A mailbox cannot move into itself", "CANNOT")
    if not above(tx, visitor, new).may("k"):
        raise Refused(*NOT_ALLOWED)
    changed = rename_mailbox(tx, old.owner.id, old.local, new.local, now_us=now_us)
    if not changed:
        raise Refused(*NO_SUCH)
    return changed
