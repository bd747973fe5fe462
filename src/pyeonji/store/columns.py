"""Many letters of a mailbox at once, a column each: 34 octets a letter, where tuples would need three hundred.

Rows become numbers in arrays a thousand at a time, so that a mailbox of a million letters never is a million tuples.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from sys import intern

from pyeonji.store.engine.base import Row, Tx
from pyeonji.store.entries import Entry

CHUNK = 1_000  # rows fetched at once: they fit into the processor's cache, and the collector does not look at them
FEW = 16  # of those that came last, for who asks whether any did
LAST_UID = 2**32 - 1  # RFC 9051 §2.3.1.1


@dataclass(slots=True)
class Columns:
    """Letters in the order of their UIDs: the n-th of one column belongs to the n-th of the others.

    `keywords` are parted by spaces, by UID, and only where a letter has any.  Instants are microseconds since 1970.
    """

    uids: "array[int]" = field(default_factory=lambda: array("I"))
    messages: "array[int]" = field(default_factory=lambda: array("Q"))  # receipt numbers
    flags: "array[int]" = field(default_factory=lambda: array("H"))
    modseqs: "array[int]" = field(default_factory=lambda: array("Q"))
    dates: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("I"))
    keywords: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.uids)

    @property
    def octets(self) -> int:
        """The room they take."""
        return sum(len(column) * column.itemsize for column in self.numbers) + 100 * len(self.keywords)

    @property
    def numbers(self) -> "tuple[array[int], ...]":
        """The columns of numbers, in the order of LETTER."""
        return self.uids, self.messages, self.flags, self.modseqs, self.dates, self.sizes

    def entry(self, place: int) -> Entry:
        """One letter as a value."""
        uid = self.uids[place]
        return Entry(
            uid, self.messages[place], self.flags[place], self.keywords.get(uid, ""), self.modseqs[place],
            self.dates[place], self.sizes[place],
        )  # fmt: skip

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows of LETTER behind the last."""
        *numbers, words = zip(*rows, strict=True)
        for column, values in zip(self.numbers, numbers, strict=True):
            column.extend(array(column.typecode, values))  # an array in between takes half the time
        if any(words):
            self.keywords |= {uid: intern(word) for uid, word in zip(numbers[0], words, strict=True) if word}

    def sort(self) -> None:
        """Rows that came in another order than that of their UIDs."""
        order = sorted(range(len(self.uids)), key=self.uids.__getitem__)
        if order != list(range(len(order))):
            for column in self.numbers:
                column[:] = array(column.typecode, map(column.__getitem__, order))


LETTER = "SELECT uid, message_id, flags, modseq, internal_us, size, keywords FROM entry"
LETTER_AND_CAME = LETTER.replace(" FROM", ", came FROM")
BY_UID = f"{LETTER} WHERE mailbox_id = :id AND uid > :uid ORDER BY uid LIMIT :chunk"
NEWEST = f"{LETTER_AND_CAME} WHERE mailbox_id = :id AND uid < :uid ORDER BY uid DESC LIMIT :chunk"
CHANGED = f"""
{LETTER} WHERE mailbox_id = :id AND (modseq, uid) > (:modseq, :uid) AND modseq > came AND came <= :since
ORDER BY modseq, uid LIMIT :chunk
"""


def letters(tx: Tx, mailbox_id: int) -> Columns:
    """All there are."""
    found = Columns()
    uid = 0
    while rows := tx.all(BY_UID, {"id": mailbox_id, "uid": uid, "chunk": CHUNK}):
        found.extend(rows)
        uid = rows[-1][0]
    return found


def changed(tx: Tx, mailbox_id: int, modseq: int, limit: int = 0) -> Columns | None:
    """Those that came or changed after `modseq`; None when they are more than `limit`."""
    found = Columns()
    for rows in chain(_came(tx, mailbox_id, modseq), _changed(tx, mailbox_id, modseq)):
        found.extend(rows)
        if limit and len(found) > limit:
            return None
    found.sort()
    return found


def _came(tx: Tx, mailbox_id: int, modseq: int) -> Iterator[list[Row]]:
    """Those that came after it: the newest, as far as they did.  No index is needed, so none grows with each letter."""
    at = {"id": mailbox_id, "uid": LAST_UID + 1, "chunk": FEW}
    while rows := tx.all(NEWEST, at):
        if came := [row[:-1] for row in rows if row[-1] > modseq]:
            yield came
        if len(came) < len(rows):
            return
        at |= {"uid": rows[-1][0], "chunk": CHUNK}


def _changed(tx: Tx, mailbox_id: int, modseq: int) -> Iterator[list[Row]]:
    """Those that were there at it, and changed after it."""
    at = {"id": mailbox_id, "since": modseq, "modseq": modseq, "uid": LAST_UID, "chunk": CHUNK}
    while rows := tx.all(CHANGED, at):
        yield rows
        at |= {"modseq": rows[-1][3], "uid": rows[-1][0]}
