"""Letters on their way out of an account, mailbox by mailbox: what `pyeonji export` hands to its writers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from pyeonji.journey.receipt import compact
from pyeonji.proto.imap.flags import Flags
from pyeonji.store import exported, mailboxes
from pyeonji.store.engine.base import Damaged
from pyeonji.store.entries import Entry
from pyeonji.store.home import Home
from pyeonji.store.mailboxes import Mailbox
from pyeonji.store.maildrop import octets
from pyeonji.store.pieces import Pieces
from pyeonji.transfer.source import Troubles

SLICE = 200  # letters looked up at once
SMALL = 128 * 1024  # octets; larger letters are read in pieces
AT_ONCE = 4 << 20  # octets of small letters read at once
PIECE = 1 << 20  # octets of a large letter read at once


@dataclass(frozen=True, slots=True)
class Leaving:
    """One letter with what is known of it.  `pieces` gives its octets, from the beginning each time it is called."""

    receipt: str
    uid: int
    flags: Flags
    internal_us: int
    size: int
    pieces: Callable[[], Iterator[bytes]]


class Writer(Protocol):
    """Where letters go: a Maildir, mbox files, single files.  All methods raise OSError."""

    def open(self, mailbox: str) -> None:
        """From now on letters are from this mailbox."""
        ...

    def has(self, leaving: Leaving) -> bool:
        """An earlier run wrote it already."""
        ...

    def write(self, leaving: Leaving) -> None: ...

    def close(self) -> None:
        """The mailbox is complete."""
        ...

    def abandon(self) -> None:
        """The mailbox will not be completed."""
        ...


@dataclass(slots=True)
class Written:
    """What became of the letters of one mailbox."""

    mailbox: str
    written: int = 0
    octets: int = 0
    there: int = 0  # an earlier run wrote them


@dataclass(slots=True)
class Departure:
    """What an export did."""

    mailboxes: list[Written] = field(default_factory=list)
    troubles: Troubles = field(default_factory=Troubles)


def depart(
    home: Home, boxes: list[Mailbox], writer: Writer, report: Departure, watch: Callable[[int, str], None]
) -> None:
    """Write all letters of these mailboxes; `watch` hears how many, and where we are.  Raises OSError, StoreError."""
    count = 0
    for box in boxes:
        told = Written(box.name)
        report.mailboxes.append(told)
        writer.open(box.name)
        try:
            for leaving in letters(home, box):
                count += 1
                _write(writer, leaving, told, report.troubles, box.name)
                watch(count, box.name)
            writer.close()
        except BaseException:
            writer.abandon()
            raise


def _write(writer: Writer, leaving: Leaving, told: Written, troubles: Troubles, mailbox: str) -> None:
    if writer.has(leaving):
        told.there += 1
        return
    try:
        writer.write(leaving)
    except Damaged as error:
        troubles.add(f"{mailbox} UID {leaving.uid}", str(error))
        return
    told.written += 1
    told.octets += leaving.size


def letters(home: Home, box: Mailbox) -> Iterator[Leaving]:
    """All letters that are in the mailbox now, in the order of their UIDs."""
    after = 0
    while rows := home.engine.read_now(exported.entries_after, box.id, after, box.uidnext, SLICE):
        for some in _handfuls(rows):
            yield from _read(home, some)
        after = rows[-1].uid


def chosen(home: Home, account_id: int, names: list[str]) -> list[Mailbox]:
    """The mailboxes of these names, or all of an account; raises KeyError with a name that is not there."""
    there = {box.name: box for box in home.engine.read_now(mailboxes.mailboxes, account_id)}
    return [there[name] for name in dict.fromkeys(names or there)]


def _handfuls(rows: list[Entry]) -> Iterator[list[Entry]]:
    """Letters whose octets are read at once."""
    some: list[Entry] = []
    total = 0
    for row in rows:
        size = row.size if row.size <= SMALL else 0
        if some and total + size > AT_ONCE:
            yield some
            some, total = [], 0
        some.append(row)
        total += size
    if some:
        yield some


def _read(home: Home, rows: list[Entry]) -> Iterator[Leaving]:
    small = _small(home, [row.message_id for row in rows if row.size <= SMALL])
    for row in rows:
        content = small.get(row.message_id)
        yield Leaving(
            compact(row.message_id),
            row.uid,
            Flags(row.flags, frozenset(row.keywords.split())),
            row.internal_us,
            row.size,
            _Whole(content) if content is not None else _InPieces(home, row),
        )


def _small(home: Home, numbers: list[int]) -> dict[int, bytes]:
    """What can be read at once; what is damaged is found out, and told of, when it is written."""
    try:
        return home.engine.read_now(octets, home.blobs, numbers) if numbers else {}
    except Damaged:
        return {}


class _Whole:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __call__(self) -> Iterator[bytes]:
        yield self._content


class _InPieces:
    def __init__(self, home: Home, row: Entry) -> None:
        self._home = home
        self._row = row

    def __call__(self) -> Iterator[bytes]:
        """Raises Damaged, Unavailable."""
        pieces, at = Pieces(self._home.blobs, self._row.message_id), 0
        try:
            while at < self._row.size:
                piece = self._home.engine.read_now(pieces.read, at, PIECE)
                if not piece:
                    raise Damaged(f"{self._row.size - at} octets are missing")
                at += len(piece)
                yield piece
        finally:
            pieces.close()
