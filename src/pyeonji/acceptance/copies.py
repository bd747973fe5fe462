"""What one acceptance commits: the letter itself, and for each list it comes to another one for the members.

A list sends in its own name (RFC 5321 §3.9.2): the members' letter has the list's owner as its reverse-path, so that
bounces come to who can mend the list and not to who wrote to it.  A null reverse-path stays null, whoever hands it on.
Delivered-To names the list, by which the letter is known when it comes back.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.letter import Origin, letter
from pyeonji.acceptance.spool import Spool
from pyeonji.acceptance.stamp import received, return_path
from pyeonji.address import Address, parse_address
from pyeonji.delivery.plan import ListPlan, Plan
from pyeonji.journey.event import Event
from pyeonji.message.header import Header
from pyeonji.message.trace_fields import delivered_to_field
from pyeonji.store.accept import Distributing, Letter
from pyeonji.store.directory import fold


class Incoming(msgspec.Struct, frozen=True):
    """A letter that has come to its end.  `head` are the fields that are kept, with the empty line behind them."""

    header: Header
    head: bytes
    spool: Spool
    from_host: str  # from-clause of our Received field, "" for a letter that began here
    protocol: str  # its "with" word


async def letters(
    acceptance: Acceptance,
    incoming: Incoming,
    origin: Origin,
    recipients: Sequence[Address],
    plan: Plan,
    events: tuple[Event, ...],
    mark: bytes = b"",
) -> list[Letter]:
    """The letter first, those of its lists behind it.  Raises StoreError (no room for a large one).

    `mark` stands between Return-Path, which stays here, and Received.
    """
    path = return_path(origin.reverse_path)
    stamp = received(
        from_host=incoming.from_host, by=acceptance.hostname, protocol=incoming.protocol,
        number=origin.number, recipients=recipients, now_us=origin.at_us,
    )  # fmt: skip
    head = path + mark + stamp + incoming.head
    stored = await incoming.spool.stored(head, acceptance.home.blobs.folder)
    written = letter(
        origin, header=incoming.header, body_at=len(head), stored=stored, relay_at=len(path), plan=plan, events=events
    )
    if plan.filings and await acceptance.routes.are_any():
        written = replace(written, routed=acceptance.routes.of([*map(fold, recipients), *plan.addresses]))
    if not plan.lists:
        return [written]
    numbers = [0 if one.plan.is_empty else acceptance.ids.receipt() for one in plan.lists]
    found = [replace(written, distributings=tuple(map(_distributing, plan.lists, numbers)))]
    for one, number in zip(plan.lists, numbers, strict=True):
        if number:
            address = parse_address(one.list.address)
            own = _of_list(origin, one, number)
            mark_too = delivered_to_field(address) + mark
            found += await letters(acceptance, incoming, own, [address], one.plan, (), mark_too)
    return found


def _distributing(one: ListPlan, number: int) -> Distributing:
    """A list as a recipient."""
    return Distributing(one.n, one.list.address, number, one.list.owner, one.wanted.original, one.wanted.notify)


def _of_list(above: Origin, one: ListPlan, number: int) -> Origin:
    """Where the members' letter comes from: what the writer asked for (ENVID, RET) ends here (RFC 3461 §5.2.7.3)."""
    return Origin(
        number=number,
        at_us=above.at_us,
        via="list",
        reverse_path=above.reverse_path and parse_address(one.list.owner),
        smtputf8=above.smtputf8,
        requiretls=above.requiretls,
        parent=above.number,
    )
