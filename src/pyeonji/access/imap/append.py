"""APPEND: a letter the client brings along.  OK is said after the commit, as 250 is in SMTP."""

from dataclasses import dataclass

from pyeonji.acceptance.letter import Origin, letter
from pyeonji.acceptance.spool import HeaderTooLong, Spool
from pyeonji.access.imap.station import Station
from pyeonji.delivery.plan import Plan
from pyeonji.message.header import parse_header
from pyeonji.proto.imap.command.append import Append
from pyeonji.proto.imap.session import LiteralEnd, LiteralPart
from pyeonji.store.accept import Filing
from pyeonji.store.directory import used_octets
from pyeonji.store.engine.base import StoreError
from pyeonji.store.mailboxes import Mailbox


@dataclass(slots=True)
class Arriving:
    """A letter on its way in; `problem` is (status words, code) when it cannot be taken any more."""

    args: Append
    box: Mailbox
    spool: Spool
    number: int
    problem: tuple[str, str] | None = None


async def append(station: Station, args: Append) -> None:
    box = await station.mailbox(args.mailbox)
    if box is None:
        await station.answer("NO", "No such mailbox", "TRYCREATE")
        return
    quota = station.me.account.quota_octets
    if quota and await station.home.engine.read(used_octets, station.me.account.id) + args.size > quota:
        await station.answer("NO", "Mailbox is full", "OVERQUOTA")
        return
    number = station.context.ids.receipt()
    station.arriving = Arriving(args, box, Spool(station.home.data / "spool", number), number)
    await station.say(station.machine.proceed())


async def part(station: Station, event: LiteralPart) -> None:
    arriving = station.arriving
    assert arriving is not None
    if arriving.problem is None:
        try:
            arriving.spool.add(event.octets)
        except HeaderTooLong:
            arriving.problem = ("Header too long", "LIMIT")
        except StoreError:
            arriving.problem = ("No room", "UNAVAILABLE")


async def end(station: Station, event: LiteralEnd) -> None:
    arriving = station.arriving
    assert arriving is not None
    try:
        if arriving.problem is None:
            await _take(station, arriving)
        else:
            await station.answer("NO", *arriving.problem)
    finally:
        station.discard_arriving()


async def _take(station: Station, arriving: Arriving) -> None:
    spool, args, me = arriving.spool, arriving.args, station.me
    spool.finish()
    now = station.context.clock.now_us()
    filing = Filing(
        n=0,
        address=me.account.address,
        account_id=me.account.id,
        account=me.account.address,
        mailbox_id=arriving.box.id,
        mailbox=arriving.box.name,
        flags=args.flags.mask,
        keywords=" ".join(sorted(args.flags.keywords)),
        internal_us=args.internal_us or now,
    )
    stored = await spool.stored(spool.head, station.home.blobs.folder)
    origin = Origin(
        number=arriving.number, at_us=now, via="append", reverse_path=None, session=station.recorder.session,
        login=me.account.address,
    )  # fmt: skip
    made = letter(
        origin,
        header=parse_header(spool.head),
        body_at=len(spool.head),
        stored=stored,
        relay_at=0,
        plan=Plan((filing,), (), ()),
        events=(events := station.recorder.take()),
    )
    try:
        taken = await me.acceptance.take(made)
    except StoreError:
        station.recorder.give_back(events)
        if await station.mailbox(arriving.args.mailbox) is None:
            await station.answer("NO", "The mailbox went away", "TRYCREATE")
            return
        raise
    ((_, uid, uidvalidity),) = taken.uids
    await station.answer("OK", "Appended", f"APPENDUID {uidvalidity} {uid}")
