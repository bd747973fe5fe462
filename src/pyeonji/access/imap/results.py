"""What SEARCH and SORT found, and how it is said (RFC 4731, RFC 5182, RFC 5267, RFC 6203, RFC 9394)."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import found, keys
from pyeonji.proto.imap.command.search import Returns
from pyeonji.search.order import NO_SCORES
from pyeonji.search.places import Places
from pyeonji.search.relevance import scores
from pyeonji.search.texts import Look
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import StoreError

NOTHING_FUZZY = "RELEVANCY is told of FUZZY questions only"  # RFC 6203 §4


class Found:
    """Letters of a view, at `places` of the columns that were searched, in the order of the answer."""

    def __init__(self, view: View, letters: Columns, places: Places, scores: Mapping[int, int] = NO_SCORES) -> None:
        self.places = places
        self.scores = scores  # by place
        self.view = view
        self.letters = letters

    @cached_property
    def uids(self) -> Sequence[int]:
        uids = self.letters.uids
        return [uids[place] for place in self.places]

    @cached_property
    def numbers(self) -> Sequence[int]:
        """Message numbers, as the client knows them."""
        if self.view.uids is self.letters.uids:
            return [place + 1 for place in self.places]
        return [number for uid in self.uids if (number := self.view.number_of(uid))]

    async def weigh(self, station: Station, key: keys.Key, look: Look) -> None:
        """How well each of them fits.  Raises StoreError."""
        self.scores = await scores(station.home, self.letters.messages, self.places, key, look)

    @property
    def highest_modseq(self) -> int:
        """Of all of them; 0 where there are none."""
        return max((self.letters.modseqs[place] for place in self.places), default=0)

    def modseq_of(self, place: int) -> int:
        return self.letters.modseqs[place]


@contextlib.contextmanager
def saving(view: View, returns: Returns | None) -> Iterator[None]:
    """Around a search: what cannot be searched leaves nothing to be kept as "$" (RFC 5182 §2.1)."""
    try:
        yield
    except StoreError:
        if returns is not None and returns.save:
            view.saved = ()
        raise


def said(
    station: Station,
    hits: Found,
    returns: Returns,
    *,
    uid: bool,
    wants_modseq: bool = False,
    in_order: bool = False,
    name: str | None = None,
) -> bytes:
    """The ESEARCH response; keeps what is to be kept as "$".

    `in_order`: the order says something (SORT).  `name` of the mailbox, where that is told: then nothing is told of
    one in which nothing was found (RFC 7377 §2.1).
    """
    numbers = hits.uids if uid else hits.numbers
    wanted = returns.results
    items: list[bytes] = []
    if numbers and "MIN" in wanted:
        items.append(found.number_item("MIN", numbers[0]))
    if numbers and "MAX" in wanted:
        items.append(found.number_item("MAX", numbers[-1]))
    if numbers and "ALL" in wanted:
        items.append(found.all_item(numbers, in_order=in_order))
    if returns.partial is not None:
        items.append(found.partial_item(returns.partial, returns.partial.of(numbers), in_order=in_order))
    if "COUNT" in wanted:
        items.append(found.number_item("COUNT", len(numbers)))
    if numbers and "RELEVANCY" in wanted:
        items.append(found.relevancy_item([hits.scores[place] for place in _told(hits.places, returns)]))
    if wants_modseq and numbers:
        items.append(found.number_item("MODSEQ", _modseq(hits, returns)))
    if returns.save:
        hits.view.saved = sorted(_kept(hits.uids, returns))
    if returns.save and not wanted and returns.partial is None:
        return b""  # RFC 5182 §2.2
    if name is None:
        return found.esearch(station.tag, items, uid=uid)
    where = (name, hits.view.uidvalidity)
    return found.esearch(station.tag, items, uid=uid, where=where, utf8=station.utf8) if numbers else b""


def _told(places: Places, returns: Returns) -> Places:
    return places if returns.partial is None else returns.partial.of(places)


def _modseq(hits: Found, returns: Returns) -> int:
    """Of the letters that are told, RFC 4731 §3.2."""
    if returns.partial is not None or not {"ALL", "COUNT"}.isdisjoint(returns.results):
        return hits.highest_modseq
    told = [place for word, place in (("MIN", hits.places[0]), ("MAX", hits.places[-1])) if word in returns.results]
    return max(map(hits.modseq_of, told), default=hits.highest_modseq)


def _kept(uids: Sequence[int], returns: Returns) -> set[int]:
    """RFC 5182 §2.4, RFC 9394 §3.4: what is told, or all where ALL or COUNT is asked for, or nothing but SAVE."""
    narrow = returns.partial is not None or not {"MIN", "MAX"}.isdisjoint(returns.results)
    if not narrow or not {"ALL", "COUNT"}.isdisjoint(returns.results):
        return set(uids)
    kept = set(returns.partial.of(uids)) if returns.partial is not None else set()
    return kept.union(uids[:1] if "MIN" in returns.results else (), uids[-1:] if "MAX" in returns.results else ())
