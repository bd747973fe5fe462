"""Which letters hold a text: the index narrows, wording or header decides, letters without a digest are read."""

import asyncio
from collections.abc import Callable, Sequence

from pyeonji.search.leaf import Leaf, Needs
from pyeonji.search.places import STEP, Places, chosen, without
from pyeonji.store import digests, messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

# Letters that are looked at without asking the index first.
FEW = {Needs.HEADING: 200, Needs.TEXT: 200, Needs.EITHER: 200, Needs.HEADER: 20}
BROAD = (
    10  # times as many, where only beginnings of terms are known: the index gathers all letters of all of them first
)
# So many letters the index may name for one of those that are searched; beyond, looking at all of these is cheaper.
# One index serves all accounts: what others got must not slow down the search of a small mailbox.
FREQUENT = {Needs.HEADING: 5, Needs.TEXT: 10, Needs.EITHER: 10, Needs.HEADER: 30}
# Letters looked at in one go: some 10 ms.
SLICE = {Needs.HEADING: 2_000, Needs.TEXT: 1_000, Needs.EITHER: 1_000, Needs.HEADER: 100}
READ_SLICE = 20  # letters without a digest that are read in one go
EVERY = 1 << 62  # above all receipt numbers

Look = Callable[[], None]  # may raise to end the work


async def holding(home: Home, column: Sequence[int], among: Places, leaves: Sequence[Leaf], look: Look) -> Places:
    """Those places whose letters (receipt numbers in `column`) fit one of the leaves.  Raises StoreError."""
    found: Places = []
    for leaf in leaves:
        if len(found) == len(among):
            break
        look()
        sure, doubtful = await asyncio.to_thread(_narrowed, home, column, among, leaf)
        held = await _decided(home, column, without(doubtful, found), leaf, look)
        found = _together(found, _together(sure, held))
    return found


def _together(some: Places, others: Places) -> Places:
    return sorted({*some, *others}) if some and others else some or others


def _narrowed(home: Home, column: Sequence[int], among: Places, leaf: Leaf) -> tuple[Places, Places]:
    """Places whose letters hold the text, and places that must be looked at."""
    terms = leaf.asks.terms
    few = FEW[leaf.needs] * (BROAD if any(term.begins for term in terms) else 1)
    if not terms or len(among) <= few:
        return [], among
    # The notes first: a letter that is digested in between is found by the index.
    unknown = set(home.engine.read_now(digests.noted, EVERY))
    unknown.update(home.digests.read_now(home.digests.full_text.unnamed))
    limit = FREQUENT[leaf.needs] * len(among)
    held = set(home.digests.read_now(home.digests.full_text.find, leaf.marks, terms, limit))
    if len(held) == limit:
        return [], among
    if leaf.exact:
        return _at(column, among, held - unknown), _at(column, among, unknown)
    return [], _at(column, among, held | unknown)


def _at(column: Sequence[int], among: Places, wanted: set[int]) -> Places:
    """Where these letters are; others have their turn between two steps."""
    found: list[int] = []
    if wanted:
        for start in range(0, len(among), STEP):
            found += chosen(among[start : start + STEP], column, wanted.__contains__)
    return found


async def _decided(home: Home, column: Sequence[int], among: Places, asks: Leaf, look: Look) -> Places:
    """What the wording says, or the octets where there is none."""
    found: list[int] = []
    size = SLICE[asks.needs]
    for start in range(0, len(among), size):
        look()
        part = among[start : start + size]
        numbers = list({column[place] for place in part})  # a letter may be there twice
        if asks.needs is Needs.HEADER:
            holders = await home.engine.scan(_by_header, home, numbers, asks)
        else:
            holders, unknown = await home.digests.scan(_by_wording, numbers, asks)
            for begin in range(0, len(unknown), READ_SLICE):
                look()
                holders |= await home.engine.scan(_by_reading, home, unknown[begin : begin + READ_SLICE], asks)
        found += [place for place in part if column[place] in holders]
    return found


def _by_wording(tx: Tx, numbers: list[int], asks: Leaf) -> tuple[set[int], list[int]]:
    """Letters that hold the text, and letters without a digest."""
    first = digests.headings if asks.needs is Needs.HEADING else digests.texts
    known = first(tx, numbers)
    holders = {number for number, octets in known.items() if asks.test(octets)}
    if asks.needs is Needs.EITHER:
        others = digests.headings(tx, [number for number in known if number not in holders])
        holders.update(number for number, octets in others.items() if asks.test(octets))
    return holders, [number for number in numbers if number not in known]


def _by_reading(tx: Tx, home: Home, numbers: list[int], asks: Leaf) -> set[int]:
    holders = set()
    for number in numbers:
        try:
            wording = digests.make(tx, home.blobs, number).wording
        except Damaged:
            continue  # expunged elsewhere and swept, or unreadable: it holds nothing
        heading = asks.needs is not Needs.TEXT and asks.test(wording.heading)
        if heading or (asks.needs is not Needs.HEADING and asks.test(wording.text)):
            holders.add(number)
    return holders


def _by_header(tx: Tx, home: Home, numbers: list[int], asks: Leaf) -> set[int]:
    inline = messages.headers(tx, numbers)
    holders = {number for number, (octets, body_at) in inline.items() if asks.test(octets[:body_at])}
    for number, known in messages.metas(tx, [number for number in numbers if number not in inline]).items():
        try:
            header = messages.content(tx, home.blobs, number, 0, known.body_at)
        except Damaged:
            continue
        if asks.test(header):
            holders.add(number)
    return holders
