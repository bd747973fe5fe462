"""UPDATE: searches of the open mailbox whose changes are told as they happen (RFC 5267 §4.3).

What is gone and what changed is looked at before the client is told of it, what came after: so the message numbers that
are said are those it knows.  Only letters that came or changed are searched again.
"""

import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyeonji.access.imap.asked import asked, floats, known_places, settled
from pyeonji.access.imap.fetch import tell_letters
from pyeonji.access.imap.finding import look_at, searching
from pyeonji.access.imap.followed import Followed, Told
from pyeonji.access.imap.results import Found
from pyeonji.access.imap.station import Block, Station
from pyeonji.access.imap.view import View
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.imap import found, keys, response
from pyeonji.proto.imap.command.cancelupdate import CancelUpdate
from pyeonji.proto.imap.command.fetch import Item
from pyeonji.proto.imap.command.search import Returns
from pyeonji.proto.imap.command.sort import Criterion
from pyeonji.search.known import FactColumns
from pyeonji.search.order import NEEDS_NO_FACTS, ordered, precedes
from pyeonji.search.places import Places
from pyeonji.search.searching import Where
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import StoreError

MAX_CONTEXTS = 10  # whose changes one session is told; ours
MAX_FOLLOWED = 1_000_000  # letters found by all of them, when there are several; ours
MAX_KEYS = 500  # keys in all of them, when there are several; ours: each may read each letter that comes
AGING_US = 60 * SECOND_US  # after which all letters are looked at again where their age is asked for (RFC 5032 §2)
TAG_REUSE = "That tag is of a search whose changes you are told"


@dataclass(frozen=True, slots=True)
class Question:
    """What is followed: in the order of `criteria`, or of the mailbox; `name` is told where ESEARCH asked."""

    key: keys.Key
    uid: bool
    criteria: tuple[Criterion, ...] = ()
    name: str | None = None


@dataclass(slots=True)
class Context:
    """One of them, and up to where it is: all changes up to `modseq` and all letters up to `last_uid` are in it."""

    tag: str
    asks: Question
    returns: Returns
    followed: Followed
    modseq: int
    last_uid: int
    floats: bool
    ages: bool  # the age of letters is asked for
    looked_us: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What has to be found out for one context, as of one instant."""

    letters: Columns
    modseq: int
    last_uid: int
    gone: Sequence[int]
    among: Places  # where the letters stand that are searched again


def in_use(station: Station, returns: Returns | None) -> bool:
    """Does this search want to be told of changes under a tag that is taken (RFC 5267 §4.3)?"""
    return bool(returns and returns.update and station.contexts and station.tag in station.contexts)


def follow(station: Station, hits: Found, asks: Question, returns: Returns) -> bytes:
    """Tell changes of this search from here on, if that is wanted; else what is said instead."""
    if not returns.update:
        return b""
    contexts = station.contexts or Contexts(station)
    if not contexts.has_room(len(hits.places), asks.key):
        return refused(station, "Too many searches are told of")
    if any(criterion.by == "RELEVANCY" for criterion in asks.criteria):
        return refused(station, "Relevancy is not followed")
    contexts.add(hits, asks, returns)
    station.contexts = contexts
    return b""


def refused(station: Station, words: str) -> bytes:
    """RFC 5267 §4.3.1: no changes will be told."""
    return response.untagged("NO", words, f'NOUPDATE "{station.tag}"')


async def cancel_update(station: Station, args: CancelUpdate) -> None:
    if station.contexts is None or not station.contexts.cancel(args.tags):
        await station.answer("BAD", "No search of that tag is told of")
        return
    await station.answer("OK", "No further updates")


class Contexts:
    """Those of one open mailbox."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._contexts: dict[str, Context] = {}
        self._gone: list[range] = []  # where letters stood that all of them knew to be gone

    def __contains__(self, tag: str) -> bool:
        return tag in self._contexts

    def has_room(self, count: int, key: keys.Key) -> bool:
        """For one more that found so many letters; the first always has (RFC 5267 §4.3.1)."""
        contexts = self._contexts.values()
        followed = count + sum(len(context.followed) for context in contexts)
        asked_for = sum(1 for each in (key, *(context.asks.key for context in contexts)) for _ in keys.walk(each))
        fits = len(contexts) < MAX_CONTEXTS and followed <= MAX_FOLLOWED and asked_for <= MAX_KEYS
        return fits or not contexts

    def add(self, hits: Found, asks: Question, returns: Returns) -> None:
        # Since the search began nothing was told: it saw at least what the client had been told until then.
        view = self._view
        asks = Question(settled(asks.key, view), asks.uid, asks.criteria, asks.name)
        followed = Followed(hits.uids, in_order=bool(asks.criteria))
        tag, key = self._station.tag, asks.key
        ages = any(isinstance(leaf, keys.Younger | keys.Older) for leaf in keys.walk(key))
        self._contexts[tag] = Context(
            tag, asks, returns, followed, view.modseq, view.last_uid, floats(key, view), ages, self._now_us
        )

    def cancel(self, tags: Iterable[str]) -> bool:
        """False, and nothing happens, where one of them is not known."""
        if not self._contexts.keys() >= set(tags):
            return False
        for tag in tags:
            self._contexts.pop(tag, None)
        return True

    async def tell(self, block: Block) -> None:
        """What changed for letters the client knows; of letters that came since the last time, also what it wants to
        know of them (RFC 5465 §3)."""
        if self._station.enabled.uidonly:  # no message number is said any more
            self._contexts = {tag: context for tag, context in self._contexts.items() if context.asks.uid}
        gone = self._view.gone()
        for context in self._contexts.values():
            last_uid = context.last_uid
            try:
                removed, added = await self._changes(context)
            except StoreError:
                gone = []
                continue  # the next time
            if not removed and not added:
                continue
            came = sorted(uid for _, uids in added for uid in uids if uid > last_uid)
            if came and context.returns.update_items:
                await block.end()
                await self._fetch(came, context.returns.update_items)
            await block.add(await asyncio.to_thread(self._line, context, removed, added))
        self._gone = gone

    def leave(self, spans: list[range]) -> bytes:
        """What is said before the client hears that the letters that stand there are gone."""
        if spans == self._gone:  # as a rule: only what went just now is still to be told
            return b""
        gone = self._view.uids_of(spans)
        return b"".join([self._line(context, context.followed.remove(gone), []) for context in self._contexts.values()])

    # ── below ──

    @property
    def _view(self) -> View:
        return self._station.box

    @property
    def _now_us(self) -> int:
        return self._station.context.clock.now_us()

    async def _changes(self, context: Context) -> tuple[Told, Told]:
        """What goes out and what comes in.  Raises StoreError; then nothing has been changed."""
        view, asks = self._view, context.asks
        whole, now_us = self._is_all_to_be_seen(context), self._now_us
        step = await self._step(context, whole=whole)
        if not step.gone and not step.among:
            context.modseq, context.last_uid = step.modseq, step.last_uid
            return [], []
        where = Where(view.mailbox_id, step.letters, step.among)
        fits = await searching(self._station).matching(where, asked(asks.key, view)) if step.among else []
        known = FactColumns()
        if fits and not NEEDS_NO_FACTS.issuperset(criterion.by for criterion in asks.criteria):
            known = await self._station.me.known.of(view.mailbox_id, step.letters, look_at(self._station))
        told = await asyncio.to_thread(_taken, context, step, fits, known)
        context.modseq, context.last_uid, context.floats = step.modseq, step.last_uid, floats(asks.key, view)
        context.looked_us = now_us if whole else context.looked_us
        return told

    def _is_all_to_be_seen(self, context: Context) -> bool:
        view = self._view
        if context.last_uid != view.last_uid and (context.floats or floats(context.asks.key, view)):
            return True
        return context.ages and self._now_us - context.looked_us >= AGING_US

    async def _step(self, context: Context, *, whole: bool) -> _Step:
        view, image = self._view, self._view.image
        letters, modseq, last_uid = image.letters, image.modseq, view.last_uid
        gone = view.uids_of(view.gone())
        changed = image.changed_after(context.modseq)
        if whole:
            among = known_places(view)
        elif changed or context.last_uid != last_uid:
            among = await asyncio.to_thread(_places, letters, changed, view, context.last_uid)
        else:
            among = []
        return _Step(letters, modseq, last_uid, gone, among)

    async def _fetch(self, uids: Iterable[int], items: tuple[Item, ...]) -> None:
        """What cannot be read now is left out: the client can ask for it."""
        with contextlib.suppress(StoreError):
            await tell_letters(self._station, self._view, self._view.spans_of(uids), items)

    def _line(self, context: Context, removed: Told, added: Told) -> bytes:
        if not removed and not added:
            return b""
        items = [found.removed_item(self._said(context, removed))] if removed else []
        items += [found.added_item(self._said(context, added))] if added else []
        where = None if context.asks.name is None else (context.asks.name, self._view.uidvalidity)
        utf8 = self._station.utf8
        return found.esearch(context.tag, items, uid=context.asks.uid, where=where, utf8=utf8)

    def _said(self, context: Context, told: Told) -> Told:
        """As the client calls the letters."""
        if context.asks.uid:
            return told
        number_of = self._view.number_of
        return [(place, [number for uid in uids if (number := number_of(uid))]) for place, uids in told]


def _places(letters: Columns, changed: Sequence[int], view: View, last_uid: int) -> list[int]:
    """Where letters stand that changed or came behind this UID, of those the client knows and that are there."""
    uids, count = letters.uids, len(letters.uids)
    wanted = {uid for uid in changed if uid <= view.last_uid}
    wanted.update(view.uids[view.index_from(last_uid + 1) : view.count])
    found = []
    for uid in sorted(wanted):
        place = bisect_left(uids, uid, 0, count)
        if place < count and uids[place] == uid:
            found.append(place)
    return found


def _taken(context: Context, step: _Step, fits: Places, known: FactColumns) -> tuple[Told, Told]:
    """The results as they are now."""
    letters, criteria = step.letters, context.asks.criteria
    uids = letters.uids
    fitting = set(fits)
    removed = context.followed.remove(
        sorted({*step.gone, *(uids[place] for place in step.among if place not in fitting)})
    )
    places = ordered(criteria, letters, known, fits) if criteria else fits
    compare = precedes(criteria, letters, known)

    def comes_before(uid: int, other: int) -> bool:
        return compare(bisect_left(uids, uid), bisect_left(uids, other))

    return removed, context.followed.add([uids[place] for place in places], comes_before)
