"""What one session has been told about its mailbox: message numbers mean what the client thinks they mean.

Pure: changes go in, responses come out.  An expunge shifts numbers, so it is told only when no command is under way
whose numbers the client has sent already (RFC 3501 §7.4.1).
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.numbers import NumberSet, places
from pyeonji.store.entries import Entry

FEW = 50  # letters taken out of the list one by one; more, and the list is made anew


class NoSuchMessage(ValueError):
    """A message number beyond the last one (RFC 3501 §9: that is the client's mistake)."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a mailbox after `since`: entries new or changed, UIDs gone, and its MODSEQ now."""

    modseq: int
    entries: Sequence[Entry]
    expunged: Sequence[int]
    deleted: bool = False  # the mailbox itself is gone, and all letters with it (RFC 2180 §3.3)


class View:
    """See the top of this module."""

    def __init__(self, mailbox_id: int, entries: list[Entry], modseq: int, *, read_only: bool) -> None:
        self.mailbox_id = mailbox_id
        self.read_only = read_only
        self.modseq = modseq  # changes up to here are known; those of `_gone` are known but not told
        self.entries = entries
        self.uids = [entry.uid for entry in entries]
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self.entries)

    def pick(self, numbers: NumberSet, *, uid: bool) -> list[tuple[int, Entry]]:
        """(message number, entry) of a set; UIDs that are not there are passed over.  Raises NoSuchMessage."""
        if numbers.saved:
            raise NoSuchMessage  # SEARCHRES is not offered yet
        if uid:
            if not self.uids:
                return []
            found = places(self.uids, numbers.resolve(self.uids[-1]))
        else:
            if not self.entries and numbers.open_from is not None:
                return []  # "1:*" of an empty mailbox: clients say it without looking, and mean "all there is"
            if numbers.highest > len(self.entries) or not self.entries:
                raise NoSuchMessage
            found = [range(first - 1, last) for first, last in numbers.resolve(len(self.entries))]
        return [(index + 1, self.entries[index]) for span in found for index in span]

    def number_of(self, uid: int) -> int | None:
        """The message number of a UID, or None."""
        index = bisect_left(self.uids, uid)
        return index + 1 if index < len(self.uids) and self.uids[index] == uid else None

    def learn(self, changed: Iterable[Entry]) -> list[int]:
        """Take in entries the client is told of by the command itself; the message numbers of those it knows."""
        numbers = []
        for entry in changed:
            number = self.number_of(entry.uid)
            if number is not None:
                self.entries[number - 1] = entry
                numbers.append(number)
        return numbers

    def tell(self, changes: Changes, *, may_expunge: bool) -> bytes:
        """Take in changes; the responses that say them."""
        out = bytearray()
        before = len(self.entries)
        self._gone.update(self.uids if changes.deleted else changes.expunged)
        fresh = []
        for entry in changes.entries:
            number = self.number_of(entry.uid)
            if number is None:
                if entry.uid > (self.uids[-1] if self.uids else 0) and entry.uid not in self._gone:
                    fresh.append(entry)
                continue
            known = self.entries[number - 1]
            self.entries[number - 1] = entry
            if (known.flags, known.keywords) != (entry.flags, entry.keywords):
                out += flags_line(number, entry)
        self.entries += fresh
        self.uids += [entry.uid for entry in fresh]
        self.modseq = max(self.modseq, changes.modseq)
        if may_expunge:
            out += self._tell_gone()
        if len(self.entries) > before or (fresh and may_expunge):
            out += response.exists(len(self.entries)) + response.recent(0)
        return bytes(out)

    def _tell_gone(self) -> bytes:
        """EXPUNGE lines from the end to the beginning: no line shifts the number of a later one."""
        if not self._gone:
            return b""
        numbers = [number for uid in self._gone if (number := self.number_of(uid)) is not None]
        numbers.sort(reverse=True)
        if len(numbers) <= FEW:
            for number in numbers:
                del self.entries[number - 1]
                del self.uids[number - 1]
        else:
            self.entries = [entry for entry in self.entries if entry.uid not in self._gone]
            self.uids = [entry.uid for entry in self.entries]
        self._gone.clear()
        return b"".join(map(response.expunged, numbers))


def flags_line(number: int, entry: Entry, *, uid: bool = False) -> bytes:
    """* n FETCH (FLAGS (...))"""
    items = [b"FLAGS " + flags.printed(entry.flags, entry.keywords)]
    if uid:
        items.insert(0, b"UID %d" % entry.uid)
    return response.fetch(number, items)
