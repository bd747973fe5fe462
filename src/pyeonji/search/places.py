"""Sets of letters of one mailbox, as ascending places in its columns; and what the columns alone can tell."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import compress

from pyeonji.proto.imap import keys
from pyeonji.proto.imap.dates import DAY_US, EPOCH_DAY
from pyeonji.proto.imap.numbers import places
from pyeonji.store.columns import Columns

Places = Sequence[int]
ColumnKey = (
    keys.HasFlags | keys.HasKeyword | keys.Arrived | keys.Younger | keys.Older | keys.ModSeq | keys.EmailId
    | keys.Larger | keys.Smaller | keys.Uids
)  # fmt: skip
STEP = 100_000  # letters looked at in one turn of the event loop: some milliseconds
SECOND_US = 1_000_000


def chosen(among: Places, column: Sequence[int], test: Callable[[int], object]) -> Places:
    """Those places whose value in a column passes."""
    if isinstance(among, range):
        return list(compress(among, map(test, column[among.start : among.stop])))
    return [place for place in among if test(column[place])]


async def in_steps(among: Places, choose: Callable[[Places], Places]) -> Places:
    """What is chosen of a part, for all parts; others have their turn between two of them."""
    if len(among) <= STEP:
        return choose(among)
    found: list[int] = []
    for start in range(0, len(among), STEP):
        found += choose(among[start : start + STEP])
        await asyncio.sleep(0)
    return found


def without(among: Places, others: Places) -> Places:
    """Those that are not among the others."""
    if not others:
        return among
    gone = set(others)
    return [place for place in among if place not in gone]


def by_columns(key: ColumnKey, letters: Columns, among: Places, now_us: int) -> Places:
    """Those places whose letters pass, without reading any letter."""
    match key:
        case keys.HasFlags(mask, wanted):
            return chosen(among, letters.flags, mask.__and__ if wanted else lambda flags: not flags & mask)
        case keys.HasKeyword(keyword, wanted):
            having = {uid for uid, words in letters.keywords.items() if keyword in words.lower().split()}
            return chosen(among, letters.uids, having.__contains__ if wanted else lambda uid: uid not in having)
        case keys.Arrived(first, last):
            return between(among, letters.dates, first, last)
        case keys.Younger(seconds):
            return chosen(among, letters.dates, (now_us - seconds * SECOND_US).__le__)
        case keys.Older(seconds):
            return chosen(among, letters.dates, (now_us - seconds * SECOND_US).__ge__)
        case keys.ModSeq(at_least):
            return chosen(among, letters.modseqs, at_least.__le__)
        case keys.EmailId(text):
            number = int(text[1:]) if text[:1] == "E" and text[1:].isdecimal() else -1
            return chosen(among, letters.messages, number.__eq__)
        case keys.Larger(octets):
            return chosen(among, letters.sizes, octets.__lt__)
        case keys.Smaller(octets):
            return chosen(among, letters.sizes, octets.__gt__)
        case keys.Uids(numbers):
            having = {place for span in places(letters.uids, numbers.ranges) for place in span}
            return [place for place in among if place in having]


def between(among: Places, instants: Sequence[int], first: int | None, last: int | None) -> Places:
    """Those whose instant lies within days [first, last) of UTC."""
    if first is not None:
        among = chosen(among, instants, _start_us(first).__le__)
    return among if last is None else chosen(among, instants, _start_us(last).__gt__)


def _start_us(day: int) -> int:
    return (day - EPOCH_DAY) * DAY_US
