"""What went away while a client was away: VANISHED (EARLIER) of QRESYNC (RFC 7162 §3.2.5, §3.2.6).

The store remembers which UIDs were expunged after which MODSEQ.  For a client older than that memory, every UID it may
know and that is not there counts as gone: the answer is the same, only longer.
"""

from collections.abc import Iterable, Iterator, Sequence

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap.numbers import NumberSet, Range, among, merged
from pyeonji.store.expunged import remembered_after

RANGES = 1_000  # ranges of UIDs in one line


async def tell_vanished(station: Station, view: View, known: Sequence[Range], modseq: int, matched: int = 0) -> None:
    """Of these UIDs those that are not there any more, if they went after `modseq`."""
    log = await station.home.engine.scan(remembered_after, view.mailbox_id, modseq)
    turn = Turn()
    for line in vanished(view, known, log, matched):
        await station.put(line)
        await turn.over()


def vanished(view: View, known: Sequence[Range], log: Sequence[int] | None, matched: int = 0) -> Iterator[bytes]:
    """The lines.  `known` are the UIDs asked for, merged; `log` what the store remembers, ascending, None for nothing.

    Up to the UID `matched` the client knows of everything.
    """
    asked = above(known, matched + 1)
    if log is None:
        gone: Iterable[Range] = gaps(view, asked)
    else:
        gone = merged((uid, uid) for uid in among(log, asked) if view.number_of(uid) is None)
    part: list[Range] = []
    for found in gone:
        part.append(found)
        if len(part) == RANGES:
            yield _line(part)
            part = []
    if part:
        yield _line(part)


def above(ranges: Iterable[Range], least: int) -> list[Range]:
    """What of merged ranges is `least` or more."""
    return [(max(first, least), last) for first, last in ranges if last >= least]


def gaps(view: View, ranges: Iterable[Range]) -> Iterator[Range]:
    """The UIDs in merged ranges that the view does not have.  What has no gap is passed in leaps."""
    uids, count = view.uids, view.count
    for first, last in ranges:
        index = view.index_from(first)
        while first <= last:
            if index == count or uids[index] > last:
                yield first, last
                break
            if uids[index] > first:
                yield first, uids[index] - 1
            index = _end_of_run(uids, index, count)
            first = uids[index - 1] + 1


def _end_of_run(uids: Sequence[int], start: int, count: int) -> int:
    """Behind the last UID that follows the one at `start` without a gap."""
    low, high = start + 1, count
    while low < high:
        middle = (low + high + 1) // 2
        if uids[middle - 1] - uids[start] == middle - 1 - start:
            low = middle
        else:
            high = middle - 1
    return low


def matched_uid(view: View, pairs: tuple[NumberSet, NumberSet] | None) -> int:
    """Up to which UID a client's message numbers are still right (RFC 7162 §3.2.5.2); 0 for none."""
    if pairs is None:
        return 0
    numbers, uids = pairs
    low, high = 0, numbers.count  # so many pairs from the beginning are right
    while low < high:
        middle = (low + high + 1) // 2
        number, uid = nth(numbers.ranges, middle - 1), nth(uids.ranges, middle - 1)
        if number <= view.count and view.uids[number - 1] == uid:
            low = middle
        else:
            high = middle - 1
    return nth(uids.ranges, low - 1) if low else 0


def nth(ranges: Iterable[Range], index: int) -> int:
    """The number at an index of merged ranges."""
    for first, last in ranges:
        if first + index <= last:
            return first + index
        index -= last - first + 1
    raise IndexError(index)


def _line(ranges: Sequence[Range]) -> bytes:
    return b"* VANISHED (EARLIER) %b\r\n" % str(NumberSet(tuple(ranges))).encode("ascii")
