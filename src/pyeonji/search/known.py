"""What SORT, THREAD and the keys about sending know of letters: facts of digests in columns, kept for mailboxes in use.

Facts of a letter never change, and a UID of a mailbox always means the same letter: so columns are kept, what came is
added, and what went is cut out.
"""

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from sys import intern

from pyeonji.message.facts import Facts, unpack
from pyeonji.message.folded import ordering
from pyeonji.message.thread import Forest
from pyeonji.proto.imap.command.sort import Criterion
from pyeonji.search.texts import Look
from pyeonji.store import digests
from pyeonji.store.blobs import as_bytes
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

MAX_KEPT = 250_000  # letters whose facts are kept in one worker, some 250 octets each
SLICE = 1_000  # letters whose facts are read in one go
READ_SLICE = 20  # letters without a digest that are read in one go
NOTHING = Facts(None, 0, False, False, 0, 0, (), "", "", "", "", "", "")  # known of a letter that cannot be read


@dataclass(slots=True)
class FactColumns:
    """Facts of letters in the order of their UIDs; see `message.facts`.

    `sent_us` falls back to the internal date; texts are as they are ordered.
    """

    uids: "array[int]" = field(default_factory=lambda: array("I"))
    sent_us: "array[int]" = field(default_factory=lambda: array("q"))
    sent_days: "array[int]" = field(default_factory=lambda: array("i"))
    message_ids: "array[int]" = field(default_factory=lambda: array("Q"))
    threads: "array[int]" = field(default_factory=lambda: array("Q"))
    answers: bytearray = field(default_factory=bytearray)
    attachments: bytearray = field(default_factory=bytearray)
    references: list[tuple[int, ...]] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    authors_shown: list[str] = field(default_factory=list)
    recipients_shown: list[str] = field(default_factory=list)
    orders: "dict[Criterion, array[int]]" = field(default_factory=dict)  # kept by `order`: of the first letters, or all
    forests: dict[str, Forest] = field(default_factory=dict)  # kept by `order`, until a letter comes

    def __len__(self) -> int:
        return len(self.uids)

    def add(self, uid: int, internal_us: int, known: Facts) -> None:
        """One letter behind the last."""
        self.uids.append(uid)
        self.sent_us.append(internal_us if known.sent_us is None else known.sent_us)
        self.sent_days.append(known.sent_day)
        self.message_ids.append(known.message_id)
        self.threads.append(known.thread)
        self.answers.append(known.answer)
        self.attachments.append(known.attachment)
        self.references.append(known.references)
        self.subjects.append(intern(ordering(known.subject)))
        self.authors.append(intern(ordering(known.author)))
        self.recipients.append(intern(ordering(known.recipient)))
        self.copied.append(intern(ordering(known.copied)))
        self.authors_shown.append(intern(ordering(known.author_shown)))
        self.recipients_shown.append(intern(ordering(known.recipient_shown)))

    def keep(self, stays: Sequence[bool]) -> "FactColumns":
        """A copy without the letters that do not stay."""
        kept = FactColumns()
        for name in COLUMNS:
            column = getattr(self, name)
            values = compress(column, stays)
            setattr(kept, name, array(column.typecode, values) if isinstance(column, array) else type(column)(values))
        return kept


COLUMNS = (
    "uids", "sent_us", "sent_days", "message_ids", "threads", "answers", "attachments", "references", "subjects",
    "authors", "recipients", "copied", "authors_shown", "recipients_shown",
)  # fmt: skip


class Known:
    """The facts of one home in this worker; see the top of this module."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._kept: OrderedDict[int, FactColumns] = OrderedDict()  # by mailbox, the latest used last

    async def of(self, mailbox_id: int, letters: Columns, look: Look = lambda: None) -> FactColumns:
        """The facts of all letters, a row for each.  Raises StoreError."""
        kept = self._kept.pop(mailbox_id) if mailbox_id in self._kept else FactColumns()
        known = await self._read(_aligned(kept, letters.uids), letters, look)
        self._kept[mailbox_id] = known
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MAX_KEPT:
            self._kept.popitem(last=False)
        return known

    async def _read(self, known: FactColumns, letters: Columns, look: Look) -> FactColumns:
        """The facts of letters behind those that are known."""
        home, end = self.home, len(letters)
        for start in range(len(known), end, SLICE):
            look()
            stop = min(start + SLICE, end)
            numbers = letters.messages[start:stop]
            found = await home.digests.scan(_facts, numbers)
            unknown = [number for number in numbers if number not in found]
            for begin in range(0, len(unknown), READ_SLICE):
                look()
                found |= await home.engine.scan(_read_facts, home, unknown[begin : begin + READ_SLICE])
            known.forests.clear()
            for place in range(start, stop):
                known.add(letters.uids[place], letters.dates[place], found.get(letters.messages[place], NOTHING))
        return known


def _aligned(known: FactColumns, uids: "array[int]") -> FactColumns:
    """The columns without letters that are gone."""
    if known.uids == uids[: len(known)]:
        return known
    there = set(uids)
    kept = known.keep([uid in there for uid in known.uids])
    return kept if kept.uids == uids[: len(kept)] else FactColumns()


def _facts(tx: Tx, numbers: Sequence[int]) -> dict[int, Facts]:
    rows = digests.read(tx, ("facts",), numbers)
    return {number: unpack(as_bytes(row[0])) for number, row in rows.items()}


def _read_facts(tx: Tx, home: Home, numbers: Sequence[int]) -> dict[int, Facts]:
    found = {}
    for number in numbers:
        try:
            found[number] = digests.make(tx, home.blobs, number).facts
        except Damaged:
            continue
    return found
