"""`pyeonji search`: letters that hold the words, the newest first, with the words around them (docs/search.md)."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, local_zone, place
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import written
from pyeonji.message.text import readable
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.names import NotAName, checked
from pyeonji.search.known import Known
from pyeonji.search.query import BadQuery, Query, parse
from pyeonji.search.searching import Search, Where
from pyeonji.search.snippet import Snippet, snippet
from pyeonji.store import digests, directory, journey, mailboxes, messages
from pyeonji.store.columns import Columns, letters
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home
from pyeonji.store.mailboxes import Mailbox

LIMIT = 20  # letters shown, unless more are asked for
SHOWN_ACCOUNTS, SHOWN_MAILBOXES = 5, 12  # named when one has to be chosen


@dataclass(frozen=True, slots=True)
class Hit:
    """One letter in one mailbox."""

    mailbox: str
    uid: int
    message_id: int
    date_us: int
    flags: int
    size: int


def configure(parser: Parser) -> None:
    parser.argument("query", nargs="+", key="query")
    parser.argument("--account", default="", metavar="ADDRESS", key="search_account")
    parser.argument("--mailbox", default=[], action="append", metavar="NAME", key="search_mailbox")
    parser.argument("--limit", default=LIMIT, type=int, metavar="N", key="search_limit")


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when letters were found, 1 when none was, 2 when the question means nothing."""
    here = place(args)
    now = here.now_us()
    try:
        query = parse(" ".join(args.query), now, local_zone())
    except BadQuery as error:
        raise Problem(f"search.{error.why}", code=2, **error.slots) from error
    with _home(here, args.account) as (home, account):
        wanted = _mailboxes(home, account, (*query.mailboxes, *args.mailbox))
        hits = asyncio.run(_hits(home, wanted, query, now))
        hits.sort(key=lambda hit: (hit.date_us, hit.message_id), reverse=True)
        shown = [_told(home, hit, query) for hit in hits[: max(args.limit, 0)]]
    if out.json:
        out.data({"found": len(hits), "letters": [one for one, _ in shown]})
    else:
        _print(shown, hits, now, out)
    return 0 if hits else 1


@contextmanager
def _home(here: Place, asked: str) -> Iterator[tuple[Home, Account]]:
    """The account's home; without `asked` the only account there is.  Raises Problem."""
    if asked:
        address = address_of(asked)
        with here.home(address.domain) as home:
            account = home.engine.read_now(directory.account, fold(address))
            if account is None:
                raise Problem("account.unknown", address=str(address))
            yield home, account
        return
    with here.homes() as homes:
        found = [(home, account) for _, home in homes for account in home.engine.read_now(directory.accounts)]
        if len(found) != 1:
            known = ", ".join(account.address for _, account in found[:SHOWN_ACCOUNTS])
            raise Problem("search.which_account" if found else "search.no_account", code=2, known=known)
        yield found[0]


def _mailboxes(home: Home, account: Account, names: tuple[str, ...]) -> list[Mailbox]:
    """Those of these names, or all; names in any case of the letters, as people type them.  Raises Problem."""
    every = home.engine.read_now(mailboxes.mailboxes, account.id)
    if not names:
        return every
    wanted = {_mailbox_name(name).casefold(): name for name in names}
    found = [box for box in every if box.name.casefold() in wanted]
    missing = wanted.keys() - {box.name.casefold() for box in found}
    if missing:
        known = ", ".join(box.name for box in every[:SHOWN_MAILBOXES])
        raise Problem("search.no_mailbox", code=2, name=wanted[min(missing)], known=known)
    return found


def _mailbox_name(text: str) -> str:
    try:
        return checked(text)
    except NotAName as error:
        raise Problem("cli.not_a_mailbox", code=2, value=text) from error


async def _hits(home: Home, boxes: list[Mailbox], query: Query, now_us: int) -> list[Hit]:
    search, found = Search(Known(home), now_us), []
    for box in boxes:
        columns = home.engine.read_now(letters, box.id)
        places = await search.matching(Where(box.id, columns, range(len(columns))), query.key)
        found += [_hit(box, columns, place) for place in places]
    return found


def _hit(box: Mailbox, columns: Columns, place: int) -> Hit:
    return Hit(
        box.name, columns.uids[place], columns.messages[place], columns.dates[place], columns.flags[place],
        columns.sizes[place],
    )  # fmt: skip


def _told(home: Home, hit: Hit, query: Query) -> tuple[dict[str, object], Snippet]:
    """One letter as programs read it, and the piece of it that people see."""
    facts = home.engine.read_now(journey.message, hit.message_id)
    piece = _piece(home, hit, query)
    told = {
        "id": written(hit.message_id), "date": rfc3339(hit.date_us), "mailbox": hit.mailbox, "uid": hit.uid,
        "from": facts.author if facts else "", "subject": facts.subject if facts else "", "size": hit.size,
        "unread": not hit.flags & flags.SEEN, "snippet": piece.text, "hit": [piece.start, piece.end],
    }  # fmt: skip
    return told, piece


def _piece(home: Home, hit: Hit, query: Query) -> Snippet:
    """The words around the first hit in the text, else the first words of the letter."""
    found = home.engine.read_now(_around, home, hit.message_id, query.words) if query.words else None
    if found is None:
        known = home.digests.read_now(digests.read, ("preview",), [hit.message_id])
        found = Snippet(known[hit.message_id][0] if hit.message_id in known else "", 0, 0)
    return found


def _around(tx: Tx, home: Home, number: int, words: tuple[str, ...]) -> Snippet | None:
    try:
        return snippet(readable(messages.content(tx, home.blobs, number)), words)
    except Damaged:
        return None


def _print(shown: list[tuple[dict[str, object], Snippet]], hits: list[Hit], now: int, out: Out) -> None:
    zone = local_zone()
    for (told, piece), hit in zip(shown, hits, strict=False):
        head = (told["id"], clock(hit.date_us, now, zone), told["mailbox"], told["from"], told["subject"])
        out.line("  ".join(str(part) for part in head if part))
        if piece.text:
            out.hit(piece.text, piece.start, piece.end)
    if len(hits) > len(shown):
        out.say("search.more", shown=len(shown), found=len(hits))
    else:
        out.say("search.found" if hits else "search.none", found=len(hits))
