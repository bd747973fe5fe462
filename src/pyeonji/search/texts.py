"""Which letters hold a text: the index narrows, the wording decides, letters without a digest are read."""

from collections.abc import Callable, Sequence

from pyeonji.search.leaf import Leaf, Needs
from pyeonji.search.places import Places, chosen, in_steps
from pyeonji.store import digests, messages
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

FEW = 200  # letters whose wording is looked at without asking the index first
SLICE = {Needs.HEADING: 2_000, Needs.WORDING: 500, Needs.OCTETS: 100}  # letters looked at in one go: some 10 ms
READ_SLICE = 20  # letters without a digest that are read in one go
EVERY = 1 << 62  # above all receipt numbers

Look = Callable[[], None]  # may raise to end the work


async def holding(home: Home, column: Sequence[int], among: Places, asks: Leaf, look: Look) -> Places:
    """Those places whose letters (receipt numbers in `column`) hold the text.  Raises StoreError."""
    if not asks.asks.terms or not asks.sections or len(among) <= FEW:
        return await _decided(home, column, among, asks, look)
    # The notes first: a letter that is digested in between is found by the index.
    noted = await home.engine.scan(_noted)
    held = await home.digests.scan(_held, home, asks)
    wanted = held | noted if noted else held
    candidates = await in_steps(among, lambda part: chosen(part, column, wanted.__contains__))
    if not asks.exact:
        return await _decided(home, column, candidates, asks, look)
    doubtful = [place for place in candidates if column[place] in noted] if noted else []
    if not doubtful:
        return candidates
    found = await _decided(home, column, doubtful, asks, look)
    return sorted({*candidates}.difference(doubtful).union(found))


def _noted(tx: Tx) -> frozenset[int]:
    return frozenset(digests.noted(tx, EVERY))


def _held(tx: Tx, home: Home, asks: Leaf) -> frozenset[int]:
    return frozenset(home.digests.full_text.find(tx, asks.sections, asks.asks.terms, 0, EVERY))


async def _decided(home: Home, column: Sequence[int], among: Places, asks: Leaf, look: Look) -> Places:
    """What the wording says, or the octets where there is none."""
    found: list[int] = []
    size = SLICE[asks.needs]
    for start in range(0, len(among), size):
        look()
        part = among[start : start + size]
        numbers = list({column[place] for place in part})  # a letter may be there twice
        if asks.needs is Needs.OCTETS:
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
    test = asks.test
    if asks.needs is Needs.HEADING:
        headings = digests.headings(tx, numbers)
        holders = {number for number, heading in headings.items() if test(heading, b"")}
        return holders, [number for number in numbers if number not in headings]
    wordings = digests.wordings(tx, numbers)
    holders = {number for number, (heading, text) in wordings.items() if test(heading, text)}
    return holders, [number for number in numbers if number not in wordings]


def _by_reading(tx: Tx, home: Home, numbers: list[int], asks: Leaf) -> set[int]:
    holders = set()
    for number in numbers:
        try:
            wording = digests.make(tx, home.blobs, number).wording
        except Damaged:
            continue  # expunged elsewhere and swept, or unreadable: it holds nothing
        if asks.test(wording.heading, wording.text):
            holders.add(number)
    return holders


def _by_header(tx: Tx, home: Home, numbers: list[int], asks: Leaf) -> set[int]:
    holders = set()
    for number, known in messages.metas(tx, numbers).items():
        try:
            header = messages.content(tx, home.blobs, number, 0, known.body_at)
        except Damaged:
            continue
        if asks.test(header, b""):
            holders.add(number)
    return holders
