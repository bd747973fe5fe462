"""APPEND and REPLACE: letters the client brings along.  OK is said after the commit, as 250 is in SMTP."""

from pyeonji.access.imap import catenate
from pyeonji.access.imap.arriving import Arriving, NothingReplaced, OverQuota
from pyeonji.access.imap.limited import refusal
from pyeonji.access.imap.place import Refused, place, reach
from pyeonji.access.imap.quota import soft_warning
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import NoSuchMessage
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.append import Append
from pyeonji.proto.imap.command.replace import Replace
from pyeonji.proto.imap.event import MAX_MESSAGE, AppendEnd, Catenate, LiteralPart, NewLiteral, NewMessage
from pyeonji.proto.imap.numbers import STAR, NumberSet, compact_in_order
from pyeonji.store.engine.base import StoreError
from pyeonji.store.quota import room


async def append(station: Station, args: Append) -> None:
    await _begin(station, args.mailbox, None)


async def replace(station: Station, args: Replace) -> None:
    view = station.box
    number = NumberSet((), STAR) if args.number == STAR else NumberSet(((args.number, args.number),))
    uids = view.uids_of(view.pick(number, uid=args.uid))
    if not uids and args.uid:  # another session may have expunged it: no mistake of the client
        raise Refused("No such message")
    if not uids:
        raise NoSuchMessage
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    await station.need("t", "e")  # as if the old letter were marked and expunged (RFC 8508 §4.4)
    await _begin(station, args.mailbox, (view.mailbox_id, uids[0]))


async def _begin(station: Station, name: str, replaced: tuple[int, int] | None) -> None:
    here = await reach(station, name, "i", "TRYCREATE")
    station.arriving = Arriving(here, replaced)
    await station.say(station.machine.proceed())


async def message(station: Station, event: NewMessage) -> None:
    arriving = _arriving(station)
    arriving.problem = arriving.problem or refusal(station, len(arriving.letters) + 1)
    if not await _is_refused(station, arriving):
        arriving.begin(station, event)


async def literal(station: Station, event: NewLiteral) -> None:
    """Octets are announced: what cannot be taken is refused before it comes."""
    arriving = _arriving(station)
    owner = arriving.here.account  # whose room it takes, whoever brings it
    if owner.is_limited and arriving.replaced is None:
        found = await station.home.engine.read(room, owner.id)
        if not found.takes(arriving.size + event.size, len(arriving.letters)):
            arriving.problem = ("Mailbox is full", "OVERQUOTA")
    if not await _is_refused(station, arriving):
        await station.say(station.machine.proceed())
        station.stream.acknowledge_soon()


async def part(station: Station, event: LiteralPart) -> None:
    _arriving(station).add(event.octets)


async def url(station: Station, event: Catenate) -> None:
    arriving = _arriving(station)
    incoming = arriving.letters[-1]
    if await _is_refused(station, arriving):
        return
    try:
        async for octets in catenate.octets(station, event.url):
            arriving.add(octets)
            if incoming.spool.size > MAX_MESSAGE:
                arriving.problem = ("The message becomes too large", "TOOBIG")
                break
    except catenate.BadUrl as error:
        arriving.problem = (str(error), f"BADURL {event.url.replace(']', '%5D')}")
    await _is_refused(station, arriving)


async def end(station: Station, event: AppendEnd) -> None:
    arriving = _arriving(station)
    if any(incoming.spool.size == 0 for incoming in arriving.letters):
        arriving.problem = ("A message without an octet is none", "")  # RFC 3502 §6.3.11: so an APPEND is cancelled
    if arriving.problem is None:
        await arriving.encode(station)
    if await _is_refused(station, arriving):
        return
    try:
        await _take(station, arriving)
    finally:
        station.discard_arriving()


async def _take(station: Station, arriving: Arriving) -> None:
    try:
        taken = await arriving.take(station)
    except OverQuota:
        await station.answer("NO", "Mailbox is full", "OVERQUOTA")
        return
    except NothingReplaced:
        await station.answer("NO", "The message was expunged meanwhile", "EXPUNGEISSUED")
        return
    except StoreError:
        if (await place(station, arriving.here.name)).found is None:
            await station.answer("NO", "The mailbox went away", "TRYCREATE")
            return
        raise
    uids = [uid for one in taken for _, uid, _ in one.uids]
    ((_, _, uidvalidity),) = taken[0].uids
    code = f"APPENDUID {uidvalidity} {compact_in_order(uids).decode('ascii')}"
    warning = await soft_warning(station, arriving.here.account)
    if arriving.replaced is None:
        await station.answer("OK", "Appended", code, data=warning)
        return
    station.me.wake.tell_mailboxes([arriving.replaced[0]])
    # RFC 8508 §4.3: the code goes out before the old letter leaves the client's view.
    await station.answer("OK", "Replaced", data=warning + response.untagged("OK", "The new message is there", code))


def _arriving(station: Station) -> Arriving:
    assert station.arriving is not None  # the machine tells nothing of this kind outside an APPEND
    return station.arriving


async def _is_refused(station: Station, arriving: Arriving) -> bool:
    """Say what is wrong, if anything is; what is still to come will be thrown away by the machine."""
    if arriving.problem is None:
        return False
    words, code = arriving.problem
    station.discard_arriving()
    await station.answer("NO", words, code)
    return True
