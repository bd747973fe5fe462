"""ESEARCH: one question to several mailboxes, none of which is opened for it (RFC 7377)."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence

from pyeonji.access.imap import contexts
from pyeonji.access.imap.contexts import Question
from pyeonji.access.imap.finding import find, look_at
from pyeonji.access.imap.place import Refused
from pyeonji.access.imap.results import NOTHING_FUZZY, said, saving
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap import keys
from pyeonji.proto.imap.command.esearch import Esearch
from pyeonji.proto.imap.names import of_another
from pyeonji.proto.imap.rights import ALL
from pyeonji.proto.imap.scope import Scope
from pyeonji.search.relevance import is_fuzzy
from pyeonji.store import mailboxes, rights, subscriptions
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox

MAX_MAILBOXES = 5_000  # searched by one command; ours
MAX_LETTERS = 5_000_000  # in all of them; ours
SELECTED = Scope("SELECTED")

Named = tuple[str, Mailbox]  # a mailbox under the name it has for the visitor


async def esearch(station: Station, args: Esearch) -> None:
    scopes = args.scopes or (SELECTED,)
    because = _impossible(args, scopes, station.view)
    if contexts.in_use(station, args.returns):
        because = contexts.TAG_REUSE
    if because:
        await station.answer("BAD", because)
        return
    selected = station.view.mailbox_id if station.view else None
    searched = await station.home.engine.scan(_searched, station.me.account, scopes, selected)
    if len(searched) > MAX_MAILBOXES or sum(box.messages for _, box in searched) > MAX_LETTERS:
        raise Refused(f"No more than {MAX_MAILBOXES} mailboxes and {MAX_LETTERS} letters", "LIMIT")
    if args.returns.save and not searched:
        station.box.saved = ()  # it may be read no more
    turn = Turn()
    for name, box in searched:
        await _search(station, args, name, box)
        await turn.over()
    if args.returns.update and all(box.id != selected for _, box in searched):
        await station.put(contexts.refused(station, "Only the selected mailbox is told of"))
    await station.answer("OK", "Searched")


def _impossible(args: Esearch, scopes: Sequence[Scope], view: View | None) -> str:
    """Why this cannot be asked (RFC 7377 §2.2), or nothing."""
    if view is None and (SELECTED in scopes or args.returns.update):
        return "No mailbox is selected"
    if args.returns.save and set(scopes) != {SELECTED}:
        return "SAVE is of the selected mailbox alone"
    if "RELEVANCY" in args.returns.results and not is_fuzzy(args.key):
        return NOTHING_FUZZY
    return ""


async def _search(station: Station, args: Esearch, name: str, box: Mailbox) -> None:
    """One mailbox; nothing is said of one that is gone meanwhile."""
    wants_modseq = any(isinstance(key, keys.ModSeq) for key in keys.walk(args.key))
    async with _looked_into(station, box) as view:
        if view is None:
            return
        with saving(view, args.returns):
            hits = await find(station, view, args.key)
            if "RELEVANCY" in args.returns.results:
                await hits.weigh(station, args.key, look_at(station))
        await station.put(said(station, hits, args.returns, uid=True, wants_modseq=wants_modseq, name=name))
        if view is station.view:
            await station.put(contexts.follow(station, hits, Question(args.key, uid=True, name=name), args.returns))


@contextlib.asynccontextmanager
async def _looked_into(station: Station, box: Mailbox) -> AsyncIterator[View | None]:
    """What the client knows of the mailbox it has open; of another what it would see if it looked, without a trace."""
    if station.view is not None and station.view.mailbox_id == box.id:
        yield station.view
        return
    images = station.me.images
    image = await images.open(box.id)
    try:
        view = None
        if image.box is not None:
            view = View(image, read_only=True)
            view.meet(1)  # what nobody has seen is \Recent
        yield view
    finally:
        images.close(box.id)


def _searched(tx: Tx, visitor: Account, scopes: Sequence[Scope], selected: int | None) -> list[Named]:
    """The mailboxes that are meant and may be read, each once; who does not name them must also be allowed to look
    them up (RFC 7377 §2.2)."""
    subscribed = frozenset(subscriptions.subscribed(tx, visitor.id))
    found = []
    for name, box, letters in _all(tx, visitor):
        meant = [
            scope for scope in scopes if (box.id == selected if scope == SELECTED else scope.holds(name, subscribed))
        ]
        if "r" in letters and any("l" in letters or scope == SELECTED or scope.is_explicit for scope in meant):
            found.append((name, box))
    return found


def _all(tx: Tx, visitor: Account) -> Iterator[tuple[str, Mailbox, str]]:
    for box in mailboxes.mailboxes(tx, visitor.id):
        yield box.name, box, ALL
    for box, owner, letters in rights.shared(tx, visitor.id, visitor.address):
        yield of_another(owner, box.name), box, letters
