"""What a client knows to be found by a search whose changes it is told (RFC 5267 §4.3).

Pure: letters go out and come in, and what is told of it comes back: at which place which UIDs.  Four octets a letter,
and four more where the order says something.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import compress

from pyeonji.access.imap.image import without
from pyeonji.access.imap.view import joined

Told = list[tuple[int, list[int]]]  # (position in the results from 1, UIDs there); 0 where the order says nothing
Precedes = Callable[[int, int], bool]  # of two UIDs


class Followed:
    """UIDs in the order of the answer; see the top of this module."""

    __slots__ = ("_order", "_uids")

    def __init__(self, uids: Sequence[int], *, in_order: bool) -> None:
        self._uids = array("I", sorted(uids) if in_order else uids)
        self._order = array("I", uids) if in_order else None

    def __len__(self) -> int:
        return len(self._uids)

    def remove(self, uids: Iterable[int]) -> Told:
        """Ascending UIDs do not belong there, whether they did or not."""
        places = [place for uid in uids if (place := self._place(uid)) is not None]
        if not places:
            return []
        gone = [self._uids[place] for place in places]
        self._uids = without(self._uids, places)
        if self._order is None:
            return [(0, gone)]
        order = self._order
        places = list(compress(range(len(order)), map(set(gone).__contains__, order)))
        self._order = without(order, places)
        # From the end to the beginning: no pair shifts the places of a later one.
        return [(span.start + 1, list(order[span.start : span.stop])) for span in reversed(joined(places))]

    def add(self, uids: Iterable[int], precedes: Precedes) -> Told:
        """UIDs in the order of the answer belong there, whether they did or not."""
        fresh = [uid for uid in uids if self._place(uid) is None]
        if not fresh:
            return []
        ascending = sorted(fresh)
        self._uids = _with(self._uids, [(bisect_left(self._uids, uid), uid) for uid in ascending])
        if self._order is None:
            return [(0, ascending)]
        put = [(_position(self._order, uid, precedes), uid) for uid in fresh]
        self._order = _with(self._order, put)
        told: Told = []
        before = -1
        for count, (position, uid) in enumerate(put):
            if position == before:
                told[-1][1].append(uid)
            else:
                told.append((position + count + 1, [uid]))
            before = position
        return told

    def _place(self, uid: int) -> int | None:
        place = bisect_left(self._uids, uid)
        return place if place < len(self._uids) and self._uids[place] == uid else None


def _position(order: "array[int]", uid: int, precedes: Precedes) -> int:
    """Before which of them it belongs."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if precedes(uid, order[middle]):
            high = middle
        else:
            low = middle + 1
    return low


def _with(column: "array[int]", put: Iterable[tuple[int, int]]) -> "array[int]":
    """A copy with values put in before these ascending places."""
    found, start = array(column.typecode), 0
    for place, value in put:
        found.extend(column[start:place])
        found.append(value)
        start = place
    found.extend(column[start:])
    return found
