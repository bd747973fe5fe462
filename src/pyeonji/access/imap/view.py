"""What one session has been told about its mailbox: message numbers mean what the client thinks they mean.

Pure: the image says what is there, `tell` says what the client does not know yet.  An expunge shifts numbers, so it is
told only when no command is under way whose numbers the client has sent already (RFC 9051 §7.5.1).  The UIDs are the
image's own array as long as the client knows of the same letters.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress

from pyeonji.access.imap.image import Image
from pyeonji.access.imap.lines import Manner, Run, flag_items, known_lines
from pyeonji.proto.imap import response
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.proto.imap.numbers import NumberSet, Partial, Range, merged, places
from pyeonji.store.entries import Entry

BLOCK = 1_000  # letters told of in one piece
NOTHING_DONE: frozenset[int] = frozenset()
NOT_ANSWERED: tuple[Sequence[range], int] = ((), 0)

Leaving = Callable[[list[range]], bytes]  # what is to be said of letters that stand there and are about to go


class NoSuchMessage(ValueError):
    """A message number beyond the last one (RFC 9051 §9: that is the client's mistake)."""


class View:
    """See the top of this module."""

    __slots__ = (
        "_answered", "_own", "count", "image", "mailbox_id", "modseq", "read_only", "recent", "saved", "settled",
        "taken", "uidnext", "uids", "uidvalidity", "words",
    )  # fmt: skip

    def __init__(self, image: Image, *, read_only: bool) -> None:
        assert image.box is not None
        self.image = image
        self.mailbox_id = image.box.id
        self.uidvalidity = image.box.uidvalidity
        self.uidnext = image.box.uidnext  # when it was opened
        self.read_only = read_only
        self.recent: tuple[Range, ...] = ()  # UIDs that are \Recent to this session
        self.taken = 0  # below this UID letters are \Recent to nobody else any more; the store is to be told
        self.uids = image.letters.uids
        self.count = len(self.uids)  # the array may have more: letters that came since
        self.modseq = image.modseq  # changes of flags up to here have been told
        self.settled = image.modseq  # everything up to here has been told
        self.saved: Sequence[int] = ()  # UIDs the last SEARCH has kept, "$", ascending (RFC 5182)
        self.words = 0  # so many of the image's keywords have been told
        self._own = NOTHING_DONE  # MODSEQs this session gave itself: it told its client what it did
        self._answered = NOT_ANSWERED  # told by the command under way, as of a MODSEQ

    def __len__(self) -> int:
        return self.count

    @property
    def last_uid(self) -> int:
        """Of the last letter the client knows; 0 when it knows of none."""
        return self.uids[self.count - 1] if self.count else 0

    @property
    def last_possible_uid(self) -> int:
        """The greatest UID there ever was."""
        assert self.image.box is not None
        return self.image.box.uidnext - 1

    # ── numbers ──

    def pick(self, numbers: NumberSet, *, uid: bool) -> list[range]:
        """Where the letters of a set stand, from 0; UIDs that are not there are passed over.  Raises NoSuchMessage."""
        if numbers.saved:
            return self.spans_of(self.saved)
        if uid:
            return self.spans_of_ranges(numbers.resolve(self.last_uid)) if self.count else []
        if not self.count and numbers.open_from is not None:
            return []  # "1:*" of an empty mailbox: clients say it without looking, and mean "all there is"
        if numbers.highest > self.count or not self.count:
            raise NoSuchMessage
        return [range(first - 1, last) for first, last in numbers.resolve(self.count)]

    def uids_of(self, spans: Iterable[range]) -> list[int]:
        found: list[int] = []
        for span in spans:
            found += self.uids[span.start : span.stop]
        return found

    def ranges_of(self, spans: Iterable[range]) -> list[Range]:
        """The same letters as ranges of UIDs: the store has no others between them."""
        return [(self.uids[span.start], self.uids[span.stop - 1]) for span in spans]

    def spans_of(self, uids: Iterable[int]) -> list[range]:
        """Where letters of ascending UIDs stand."""
        return joined(number - 1 for uid in uids if (number := self.number_of(uid)))

    def changed_after(self, modseq: int, ranges: Iterable[Range]) -> list[range]:
        """Where letters stand that came or changed after a MODSEQ, of those with UIDs in merged `ranges`."""
        letters = self.image.letters
        found: list[int] = []
        for span in self.slices(self.spans_of_ranges(ranges)):
            for number, place, count in self.runs(span):
                modseqs = letters.modseqs[place : place + count]
                found += compress(range(number - 1, number - 1 + count), map(modseq.__lt__, modseqs))
        return joined(found)

    def part(self, spans: list[range], wanted: Partial) -> list[range]:
        """Some of the letters, counted in their order or from the end (RFC 9394)."""
        chosen, found, at = wanted.of(range(sum(map(len, spans)))), [], 0
        assert isinstance(chosen, range)
        for span in spans:
            first, last = max(chosen.start - at, 0), min(chosen.stop - at, len(span))
            if first < last:
                found.append(span[first:last])
            at += len(span)
        return found

    def spans_of_ranges(self, ranges: Iterable[Range]) -> list[range]:
        """Where the letters stand whose UIDs are in merged `ranges`."""
        found = places(self.uids, ranges)
        return [span for each in found if (span := range(each.start, min(each.stop, self.count)))]

    def slices(self, spans: Iterable[range], size: int = BLOCK) -> Iterator[range]:
        """Spans cut into pieces of `size` letters at most."""
        for span in spans:
            for start in range(span.start, span.stop, size):
                yield range(start, min(start + size, span.stop))

    def index_from(self, uid: int) -> int:
        """Where the first letter stands whose UID is this or greater."""
        return bisect_left(self.uids, uid, 0, self.count)

    def number_of(self, uid: int) -> int | None:
        """The message number of a UID, or None."""
        index = self.index_from(uid)
        return index + 1 if index < self.count and self.uids[index] == uid else None

    def runs(self, span: range) -> Iterator[Run]:
        """Where the letters of one span of `pick` stand in the image now; those that are gone are left out."""
        mine, theirs = self.uids, self.image.letters.uids
        if mine is theirs:
            if span:
                yield span.start + 1, span.start, len(span)
            return
        index = span.start
        while index < span.stop:
            place = bisect_left(theirs, mine[index])
            if place == len(theirs):
                return
            if theirs[place] != mine[index]:  # gone, like all up to the next that is still there
                index = bisect_left(mine, theirs[place], index, span.stop)
                continue
            length = _same(mine, index, theirs, place, min(span.stop - index, len(theirs) - place))
            yield index + 1, place, length
            index += length

    def missing(self, spans: Iterable[range]) -> int:
        """How many letters of these spans are not there any more."""
        if self.uids is self.image.letters.uids:
            return 0
        return sum(len(span) - sum(count for _, _, count in self.runs(span)) for span in spans)

    def letters(self, spans: Iterable[range]) -> Iterator[tuple[int, Entry]]:
        """(message number, letter) of those that are still there."""
        for span in spans:
            for number, place, count in self.runs(span):
                for step in range(count):
                    yield number + step, self.image.letters.entry(place + step)

    # ── \Recent ──

    def manner(self, enabled: Enabled) -> Manner:
        """How letters are spoken of to this client."""
        return Manner(enabled, self._is_recent if self.recent and not enabled.rev2 else None)

    def _is_recent(self, uid: int) -> bool:
        return any(first <= uid <= last for first, last in self.recent)

    @property
    def recent_count(self) -> int:
        return sum(min(span.stop, self.count) - span.start for span in places(self.uids, self.recent))

    def meet(self, first: int) -> None:
        """Letters from this UID on are \\Recent to the first who is told of them; who may write takes that."""
        start, last = max(first, self.image.recent_from), self.last_uid
        if start <= last:
            self.recent = merged([*self.recent, (start, last)])
            if not self.read_only:
                self.image.recent_from = self.taken = last + 1

    # ── what the client is told ──

    def did(self, modseq: int) -> None:
        """The session itself made this step, and its client knows what it did."""
        self._own |= {modseq}

    def answered(self, spans: list[range]) -> None:
        """The command under way tells the flags of these letters as they are now."""
        self._answered = (spans, self.image.modseq)

    def pass_over_flags(self) -> None:
        """The client does not want to know which flags have changed until now."""
        self.modseq = self.image.modseq
        self._own, self._answered = NOTHING_DONE, NOT_ANSWERED

    def tell(
        self,
        enabled: Enabled,
        items: tuple[str, ...] | None = None,
        *,
        may_expunge: bool,
        leaving: Leaving | None = None,
    ) -> Iterator[bytes]:
        """The responses that say what happened, in pieces of BLOCK letters; the image may move on between two.

        `items` are said of a letter whose flags changed: none where the client does not want to know, None for the
        usual ones.  `leaving` is said before letters are told as gone, while they still have their numbers.
        """
        items = flag_items(enabled) if items is None else items
        told = self._told_by_command()
        uids = self.image.changed_after(self.modseq) if items and not self._did_it_all() else []
        self.pass_over_flags()
        manner = self.manner(enabled)
        for start in range(0, len(uids), BLOCK):
            spans = self._untold(uids[start : start + BLOCK], told)
            runs = [run for span in spans for run in self.runs(span)]
            if runs:
                yield b"".join(known_lines(self.image.letters, run, items, manner) for run in runs)
        if may_expunge:
            gone, farewell = self._take_gone(leaving)
            if farewell:
                yield farewell
            yield from _vanished_lines(gone) if enabled.qresync or enabled.uidonly else _expunge_lines(gone)
        if may_expunge or self.uids is self.image.letters.uids:
            self.settled = self.modseq
        last = self.last_uid
        if self._take_new():
            yield response.exists(self.count) + self._recent_line(last + 1, enabled)

    def _recent_line(self, first: int, enabled: Enabled) -> bytes:
        """How many are \\Recent when letters from UID `first` on were told of; nothing of it in IMAP4rev2."""
        if enabled.rev2:
            return b""
        self.meet(first)
        return response.recent(self.recent_count)

    def _did_it_all(self) -> bool:
        """Every step since the client was told of one was this session's: each step has a MODSEQ of its own."""
        return self.image.modseq - self.modseq == sum(modseq > self.modseq for modseq in self._own)

    def _told_by_command(self) -> Callable[[int, int], bool]:
        """Does the client know the flags of a letter: (where it stands in the view, its MODSEQ)?"""
        since, own, (spans, as_of) = self.modseq, self._own, self._answered

        def is_told(index: int, modseq: int) -> bool:
            return modseq <= since or modseq in own or (modseq <= as_of and any(index in span for span in spans))

        return is_told

    def _untold(self, uids: Sequence[int], is_told: Callable[[int, int], bool]) -> list[range]:
        """Where letters stand in the view whose flags the client does not know."""
        image, same = self.image, self.uids is self.image.letters.uids
        found = []
        for uid in uids:
            place = image.place_of(uid)
            index = place if same else (self.number_of(uid) or 0) - 1
            if place is None or index is None or not 0 <= index < self.count:
                continue
            if not is_told(index, image.letters.modseqs[place]):
                found.append(index)
        return joined(found)

    def gone(self) -> list[range]:
        """Where letters stand that are gone and were not told so yet, as spans from 0."""
        if self.uids is self.image.letters.uids:
            return []
        gone, at = [], 0
        for number, _, count in self.runs(range(self.count)):
            if number - 1 > at:
                gone.append(range(at, number - 1))
            at = number - 1 + count
        if at < self.count:
            gone.append(range(at, self.count))
        return gone

    def _take_gone(self, leaving: Leaving | None) -> "tuple[Gone, bytes]":
        """`gone` and all UIDs until now, and what `leaving` says of them; the view forgets them."""
        gone, told = self.gone(), self.uids
        farewell = leaving(gone) if gone and leaving is not None else b""
        self.uids, self.count = self.image.letters.uids, self.count - sum(map(len, gone))
        return (gone, told), farewell

    def _take_new(self) -> int:
        """Letters that came: how many."""
        theirs = self.image.letters.uids
        start = bisect_right(theirs, self.last_uid)
        came = len(theirs) - start
        if came and self.uids is not theirs:
            # Some that are gone are not told yet: from here on the array is this view's own.
            self.uids = self.uids[: self.count] + theirs[start:]
        self.count += came
        return came


def joined(indexes: Iterable[int]) -> list[range]:
    """Ascending indexes as spans."""
    found: list[range] = []
    start = stop = -1
    for index in indexes:
        if index == stop:
            stop += 1
            continue
        if stop > start:
            found.append(range(start, stop))
        start, stop = index, index + 1
    if stop > start:
        found.append(range(start, stop))
    return found


def _same(mine: "array[int]", index: int, theirs: "array[int]", place: int, most: int) -> int:
    """How many letters from `index` and `place` on are the same; at least the first is.

    Both ascend and `theirs` lacks some of `mine`: once they differ they differ to the end, so halving finds the place.
    """
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        if mine[index + middle - 1] == theirs[place + middle - 1]:
            low = middle
        else:
            high = middle - 1
    return low


Gone = tuple[list[range], "array[int]"]


def _vanished_lines(gone: Gone) -> Iterator[bytes]:
    spans, uids = gone
    for start in range(0, len(spans), BLOCK):
        yield response.vanished(uid for span in spans[start : start + BLOCK] for uid in uids[span.start : span.stop])


def _expunge_lines(gone: Gone) -> Iterator[bytes]:
    """From the end to the beginning: no line shifts the number of a later one."""
    numbers = [index + 1 for span in reversed(gone[0]) for index in reversed(span)]
    for start in range(0, len(numbers), BLOCK):
        yield b"".join(map(response.expunged, numbers[start : start + BLOCK]))
