"""One mailbox as a worker knows it: columns of all letters, shared by all sessions that have it open.

Pure: what the store says goes in by `take`; sessions (`view`) look at it and are told the difference to what they were
told.  The UIDs are an array that views share: letters that come are added to it, which a view does not see before it
looks; when letters go, a new array takes its place, and views keep the old one until they may tell.

Every step leaves in the log which letters it changed, so that a session that stands a few steps behind is told without
a look at every letter.  The log is bounded; who stands behind it compares the MODSEQ of every letter.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from operator import ne
from sys import byteorder

from pyeonji.proto.imap.numbers import Range, places
from pyeonji.store.changes import Changes
from pyeonji.store.columns import Columns
from pyeonji.store.flagging import Change
from pyeonji.store.mailboxes import Mailbox

MAX_WORDS = 256  # keywords that clients are told of, 100 octets each at most; ours: others stand on letters only
MAX_LOGGED = 4_096  # letters named in the log of one image, 4 octets each
LOW = 0 if byteorder == "little" else 1  # which octet of a mask holds the lower bits
FEW = 8  # at least this many letters stay between two that go: then what stays is moved in runs


class Image:
    """See the top of this module.  `box` is None when the mailbox is gone."""

    __slots__ = ("_log", "_logged", "_logged_from", "_sought", "box", "letters", "modseq", "recent_from", "words")

    def __init__(self) -> None:
        self.box: Mailbox | None = None
        self.letters = Columns()
        self.modseq = 0  # everything up to here is known
        self.recent_from = 1  # letters from this UID on are \Recent to the next session of this worker that is told
        self.words: dict[str, str] = {}  # keywords seen on letters, in that order: small letters to the first spelling
        self._log: list[tuple[int, array[int]]] = []  # (MODSEQ after the step, UIDs it changed), oldest first
        self._logged = 0
        self._logged_from = 0  # the log holds every change after this MODSEQ
        self._sought = 0, 0, -1  # MODSEQ, flag and place that `first_without` has found last

    def __len__(self) -> int:
        return len(self.letters)

    @property
    def octets(self) -> int:
        """The room it takes."""
        return self.letters.octets + 4 * self._logged + 100 * len(self.words)

    def take(self, changes: Changes) -> None:
        """The next step."""
        is_first = self.box is None
        self.box = changes.box
        if changes.box is None:
            return
        fresh = bisect_left(changes.letters.uids, self.letters.uids[-1] + 1) if self.letters.uids else 0
        if fresh:
            self._change(changes.letters, fresh)
        gone = self._missing(changes.letters) if changes.expunged is None else changes.expunged
        if gone:
            self._drop(gone)
        if is_first:
            self.letters = changes.letters  # a copy of a million letters would be 34 MiB for a moment
        else:
            self._add(changes.letters, fresh)
        self._learn(changes.letters.keywords)
        self.modseq = changes.box.modseq
        self.recent_from = max(self.recent_from, changes.box.recent_from)
        if fresh or not self._logged_from:
            self._note(changes.letters.uids[:fresh])

    def store(self, ranges: Iterable[Range], change: Change, modseq: int) -> None:
        """A step that did nothing else: bits of letters with UIDs in merged ranges; nobody uses keywords here."""
        letters = self.letters
        flagged = array("I")
        for span in places(letters.uids, ranges):
            at = slice(span.start, span.stop)
            old = letters.flags[at]
            becomes = {flags: change.bits(flags) for flags in set(old)}
            new = array(old.typecode, map(becomes.__getitem__, old))
            changed = list(map(ne, old, new))
            flagged.extend(compress(letters.uids[at], changed))
            letters.flags[at] = new
            known = letters.modseqs[at]
            if False in changed:
                of_each = [modseq if is_new else before for is_new, before in zip(changed, known, strict=True)]
                letters.modseqs[at] = array(known.typecode, of_each)
            else:
                letters.modseqs[at] = array(known.typecode, [modseq]) * len(changed)
        self.modseq = modseq
        self._note(flagged)

    def place_of(self, uid: int) -> int | None:
        """Where in the columns a letter stands."""
        uids = self.letters.uids
        place = bisect_left(uids, uid)
        return place if place < len(uids) and uids[place] == uid else None

    def changed_after(self, modseq: int) -> Sequence[int]:
        """UIDs of letters that came or changed after `modseq` and are still there, ascending.

        Letters that came are named only where it costs nothing.
        """
        if modseq >= self.modseq:
            return ()
        if modseq < self._logged_from:
            return array("I", compress(self.letters.uids, map(modseq.__lt__, self.letters.modseqs)))
        found: set[int] = set()
        for after, uids in reversed(self._log):
            if after <= modseq:
                break
            found.update(uids)
        return sorted(found)

    def first_without(self, bit: int) -> int | None:
        """The place of the first letter without a flag of the lower octet (\\Seen and the like)."""
        step, asked, place = self._sought
        if step != self.modseq or asked != bit:
            low = self.letters.flags.tobytes()[LOW::2]
            place = low.translate(bytes(value & bit for value in range(256))).find(0)
            self._sought = self.modseq, bit, place
        return None if place < 0 else place

    # ── below ──

    def _missing(self, there: Columns) -> list[int]:
        """Our UIDs that are not among those that are there: nobody remembers when they went."""
        known = set(there.uids)
        return [uid for uid in self.letters.uids if uid not in known]

    def _change(self, new: Columns, count: int) -> None:
        """Flags of letters known already; what never changes is left alone."""
        letters = self.letters
        place = self.place_of(new.uids[0])
        if place is not None and letters.uids[place : place + count] == new.uids[:count]:
            letters.flags[place : place + count] = new.flags[:count]
            letters.modseqs[place : place + count] = new.modseqs[:count]
        else:
            for index in range(count):
                place = self.place_of(new.uids[index])
                if place is not None:
                    letters.flags[place] = new.flags[index]
                    letters.modseqs[place] = new.modseqs[index]
        if letters.keywords or new.keywords:
            for uid in new.uids[:count]:
                if uid in new.keywords:
                    letters.keywords[uid] = new.keywords[uid]
                else:
                    letters.keywords.pop(uid, None)

    def _add(self, new: Columns, start: int) -> None:
        for column, values in zip(self.letters.numbers, new.numbers, strict=True):
            column.extend(values[start:] if start else values)
        self.letters.keywords |= new.keywords

    def _drop(self, expunged: Sequence[int]) -> None:
        """New arrays: views may still hold the old UIDs."""
        old = self.letters
        gone = [place for uid in expunged if (place := self.place_of(uid)) is not None]
        if not gone:
            return
        for uid in expunged:
            old.keywords.pop(uid, None)
        uids, messages, flags, modseqs, dates, sizes = (without(column, gone) for column in old.numbers)
        self.letters = Columns(uids, messages, flags, modseqs, dates, sizes, old.keywords)

    def _learn(self, keywords: Mapping[int, str]) -> None:
        for words in set(keywords.values()):
            for word in words.split():
                if len(self.words) < MAX_WORDS:
                    self.words.setdefault(word.lower(), word)

    def _note(self, uids: "array[int]") -> None:
        """Remember what this step changed; forget the oldest steps where there are too many."""
        if not self._logged_from or len(uids) > MAX_LOGGED:
            self._log.clear()
            self._logged, self._logged_from = 0, self.modseq
            return
        if not uids:
            return  # nobody is told of it, and such steps, which count for nothing, would grow for ever
        self._log.append((self.modseq, uids))
        self._logged += len(uids)
        while self._logged > MAX_LOGGED:
            self._logged_from, forgotten = self._log.pop(0)
            self._logged -= len(forgotten)


def without(column: "array[int]", gone: Sequence[int]) -> "array[int]":
    """A copy without these ascending places."""
    if len(gone) * FEW > len(column):
        stays = bytearray(b"\1") * len(column)
        for place in gone:
            stays[place] = 0
        return array(column.typecode, compress(column, stays))
    found = array(column.typecode)
    start = 0
    for place in gone:
        found.extend(column[start:place])
        start = place + 1
    found.extend(column[start:])
    return found
