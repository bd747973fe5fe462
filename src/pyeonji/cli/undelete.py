"""`pyeonji undelete`: bring back letters that were removed from a mailbox, or with it."""

import argparse
from collections.abc import Iterator

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, local_zone, place, receipt_of, seconds_of
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import written
from pyeonji.proto.imap.names import NotAName, checked
from pyeonji.store import directory, journey, removed
from pyeonji.store.creation import MAX_MAILBOXES, TooMany
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.removed import Removed
from pyeonji.store.undelete import undelete

SLICE = 500  # letters of one transaction
SHOWN = 60  # characters of a subject


def configure(parser: Parser) -> None:
    parser.argument("address", key="account")
    parser.argument("id", nargs="*", key="removed_ids")
    parser.argument("--mailbox", default="", metavar="NAME", key="was_in")
    parser.argument("--since", default="", metavar="TIME", key="removed_since")
    parser.argument("--into", default="", metavar="NAME", key="into")
    parser.argument("--all", action="store_true", key="all_removed")
    parser.argument("--list", action="store_true", key="list_removed")


def run(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    if not (args.id or args.mailbox or args.since or args.all or args.list):
        raise Problem("undelete.which", code=2)
    into = mailbox_name(args.into)
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(directory.account, fold(address))
        if account is None:
            raise Problem("account.unknown", address=str(address))
        slices = _wanted(home, account, args, here.now_us())
        if args.list:
            return _list(home, [row for rows in slices for row in rows], here.now_us(), out)
        changed: set[int] = set()
        count = 0
        for rows in slices:
            ids = [row.id for row in rows]
            try:
                found = home.engine.write_now(
                    undelete, account.id, account.address, ids, into=into, now_us=here.now_us()
                )
            except TooMany as error:
                raise Problem("undelete.too_many", most=str(MAX_MAILBOXES)) from error
            changed |= found.keys()
            count += sum(found.values())
    here.poke(changed)
    if out.json:
        out.data({"undeleted": count})
    out.say("undelete.done" if count else "undelete.nothing", count=count, address=args.address)
    return 0 if count else 1


def mailbox_name(text: str) -> str:
    """A name of the command line as mailboxes have it; "" stays.  Raises Problem."""
    try:
        return checked(text) if text else ""
    except NotAName as error:
        raise Problem("cli.not_a_mailbox", code=2, value=text) from error


def _wanted(home: Home, account: Account, args: argparse.Namespace, now: int) -> Iterator[list[Removed]]:
    """What the arguments name, in slices."""
    numbers = {receipt_of(word).number for word in args.id}
    since = now - round(seconds_of(args.since) * 1_000_000) if args.since else 0
    mailbox, after = mailbox_name(args.mailbox), 0
    while rows := home.engine.read_now(
        removed.removed, account.id, mailbox=mailbox, since_us=since, after=after, limit=SLICE
    ):
        after = rows[-1].id
        if chosen := [row for row in rows if not numbers or row.message_id in numbers]:
            yield chosen


def _list(home: Home, rows: list[Removed], now: int, out: Out) -> int:
    found = home.engine.read_now(_told, rows)
    if out.json:
        out.data(found)
    elif found:
        zone = local_zone()
        out.table(
            ("id", "removed", "mailbox", "from", "subject"),
            [
                (one["id"], clock(row.removed_us, now, zone), one["mailbox"], one["from"], str(one["subject"])[:SHOWN])
                for one, row in zip(found, rows, strict=True)
            ],
        )
    else:
        out.say("undelete.none")
    return 0


def _told(tx: Tx, rows: list[Removed]) -> list[dict[str, object]]:
    found = []
    for row in rows:
        facts = journey.message(tx, row.message_id)
        found.append(
            {
                "id": written(row.message_id),
                "removed_at": rfc3339(row.removed_us),
                "mailbox": row.mailbox,
                "from": facts.author if facts else "",
                "subject": facts.subject if facts else "",
                "size": row.size,
            }
        )
    return found
