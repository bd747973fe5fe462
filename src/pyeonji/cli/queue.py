"""`pyeonji queue`: what waits to be sent on (mailq is `queue list`)."""

import argparse
from typing import Any

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, local_zone, now_us, place, receipt_of
from pyeonji.cli.status import tell_left
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written
from pyeonji.store import queue
from pyeonji.store.queue import QueueRow

SLICE = 1_000  # rows read at once
BECAUSE = "from the command line"


def configure(parser: Parser) -> None:
    listing = parser.verb("list", _list)
    listing.argument("--state", choices=queue.UNDECIDED, metavar="STATE", default=None)
    parser.verb("show", _show).argument("id")
    for name in queue.DECISIONS:
        verb = parser.verb(name, _decide)
        verb.argument("id", nargs="*", key="ids")
        verb.argument("--all", action="store_true", key="all_letters")
        if name == "cancel":
            verb.argument("--yes", action="store_true")


def _list(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    rows = undecided(here, (args.state,) if args.state else queue.UNDECIDED)
    _print(rows, here.now_us(), out)
    if not rows:
        out.say("queue.empty")
    tell_left(here, out)
    return 0


def _show(args: argparse.Namespace, out: Out) -> int:
    receipt = receipt_of(args.id)
    rows: list[QueueRow] = []
    here = place(args)
    with here.homes() as homes:
        for _, home in homes:
            rows += home.engine.read_now(queue.show, receipt.number)
    rows = [row for row in rows if receipt.recipient in (0, row.n)]
    if not rows:
        raise Problem("queue.unknown", id=args.id)
    _print(rows, here.now_us(), out)
    return 0


def _decide(args: argparse.Namespace, out: Out) -> int:
    """Apply one decision to letters, recipients, or everything of a domain."""
    if not args.id and not args.all:
        raise Problem("queue.which", code=2)
    here = place(args)
    wanted = _wanted(args, here)
    if args.all and not wanted and not out.json:
        out.say("queue.empty")
        return 0
    if args.verb == "cancel" and not args.yes:
        count = _how_many(here, wanted)
        out.error("queue.would_cancel" if count else "queue.nothing", count=count)
        return 1
    changed = 0
    with here.homes() as homes:
        for _, home in homes:
            for number, n in wanted:
                changed += home.engine.write_now(queue.DECISIONS[args.verb], number, n, BECAUSE, now_us())
    here.poke()
    if out.json:
        out.data({"changed": changed})
    elif changed or args.all:
        out.say(f"queue.done.{args.verb}", count=changed)
    else:
        out.error("queue.nothing")
    return 0 if changed or args.all else 1


def _how_many(here: Place, wanted: list[tuple[int, int]]) -> int:
    """Recipients that still wait, of those that are named."""
    named = set(wanted)
    waiting = undecided(here, queue.UNDECIDED)
    return sum((row.message_id, row.n) in named or (row.message_id, 0) in named for row in waiting)


def _wanted(args: argparse.Namespace, here: Place) -> list[tuple[int, int]]:
    """(message, recipient or 0) of what the arguments name: receipt numbers or domains."""
    waiting = undecided(here, queue.UNDECIDED) if args.all or any("-" not in word for word in args.id) else []
    if args.all:
        return [(row.message_id, row.n) for row in waiting]
    found: list[tuple[int, int]] = []
    for word in args.id:
        try:
            receipt = parse_receipt(word)
            found.append((receipt.number, receipt.recipient))
        except NotAReceipt:
            rows = [row for row in waiting or undecided(here, queue.UNDECIDED) if row.domain == word.lower()]
            if not rows:
                raise Problem("queue.neither", code=2, value=word) from None
            found += [(row.message_id, row.n) for row in rows]
    return found


def undecided(here: Place, states: tuple[str, ...]) -> list[QueueRow]:
    """Everything of those states in all servers, the oldest letter first."""
    found: dict[tuple[int, int], QueueRow] = {}
    with here.homes() as homes:
        for _, home in homes:
            after, n = 0, 0
            while rows := home.engine.read_now(queue.listing, states=states, after=after, after_n=n, limit=SLICE):
                found |= {(row.message_id, row.n): row for row in rows}
                after, n = rows[-1].message_id, rows[-1].n
    return [found[key] for key in sorted(found)]


def _print(rows: list[QueueRow], now: int, out: Out) -> None:
    if out.json:
        out.data([as_data(row) for row in rows])
        return
    if rows:
        out.table(
            ("id", "state", "next", "attempts", "from", "address", "subject"),
            [
                (written(row.message_id, row.n), out.words(f"queue.state.{row.state}"), _next(row, now), row.attempts,
                 row.reverse_path or "<>", row.address, row.subject[:40])
                for row in rows
            ],
        )  # fmt: skip


def _next(row: QueueRow, now: int) -> str:
    if row.state != "waiting" or not row.due_us:
        return "-"
    return clock(row.due_us, now, local_zone())


def as_data(row: QueueRow) -> dict[str, Any]:
    return {
        "id": written(row.message_id, row.n),
        "address": row.address,
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt_at": rfc3339(row.due_us) if row.state == "waiting" and row.due_us else None,
        "gives_up_at": rfc3339(row.deadline_us) if row.deadline_us else None,
        "accepted_at": rfc3339(row.at_us),
        "size": row.size,
        "from": row.reverse_path,
        "subject": row.subject,
    }
