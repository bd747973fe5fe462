"""A maildrop: INBOX as it was at login, with numbers from 1 and marks that take effect at QUIT (RFC 1939 §6)."""

from pyeonji.access.context import Visitor
from pyeonji.net.clock import Clock
from pyeonji.store import entries, mailboxes, messages
from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import Entry
from pyeonji.store.lock import Lock, maildrop_lock
from pyeonji.store.mailboxes import INBOX, SEEN, Mailbox

CRLF = b"\r\n"
FIRST_READ = 64 * 1024  # octets read for TOP at first; four times as many when they do not reach


class InUse(Exception):
    """Another session has this maildrop."""


class Maildrop:
    """See the top of this module."""

    def __init__(self, visitor: Visitor, lock: Lock, box: Mailbox, entries: list[Entry]) -> None:
        self._visitor = visitor
        self._lock = lock
        self._box = box
        self._entries = entries
        self._deleted: set[int] = set()
        self._read: set[int] = set()

    @classmethod
    async def open(cls, visitor: Visitor) -> "Maildrop":
        """Raises InUse, StoreError."""
        lock = maildrop_lock(visitor.home.data, visitor.account.id)
        if not lock.taken:
            raise InUse
        box, entries = await visitor.home.engine.scan(_inbox, visitor.account.id)
        return cls(visitor, lock, box, entries)

    def visible(self) -> list[tuple[int, Entry]]:
        """(number, entry) of letters not marked."""
        return [(n, entry) for n, entry in enumerate(self._entries, 1) if n not in self._deleted]

    def entry(self, number: int) -> Entry | None:
        """None when there is no such letter, or it is marked."""
        if number in self._deleted or not 1 <= number <= len(self._entries):
            return None
        return self._entries[number - 1]

    def unique_id(self, entry: Entry) -> str:
        """The same in every session, also after IMAP use (RFC 1939 §7)."""
        return f"{self._box.uidvalidity}.{entry.uid}"

    def delete(self, number: int) -> None:
        self._deleted.add(number)

    def reset(self) -> None:
        self._deleted.clear()

    async def content(self, number: int) -> bytes:
        """The octets of a letter; raises StoreError."""
        home = self._visitor.home
        self._read.add(number)
        return await home.engine.scan(messages.content, home.blobs, self._entries[number - 1].message_id)

    async def top(self, number: int, count: int) -> bytes:
        """The header, the empty line, and `count` lines of the body; of a large letter only so much is read."""
        home, entry = self._visitor.home, self._entries[number - 1]
        content, wanted = b"", FIRST_READ
        while True:
            content = await home.engine.scan(messages.content, home.blobs, entry.message_id, 0, wanted)
            end = top_end(content, count)
            if end is not None:
                return content[:end]
            if len(content) < wanted:
                return content
            wanted *= 4

    async def update(self, clock: Clock) -> int:
        """QUIT: marked letters go, read ones are marked as seen; how many went.  Raises StoreError."""
        uids = [self._entries[n - 1].uid for n in sorted(self._deleted)]
        seen = [self._entries[n - 1].uid for n in sorted(self._read - self._deleted)]
        if not uids and not seen:
            return 0
        gone = await self._visitor.home.engine.write(
            _update, self._box.id, uids, seen, clock.now_us(), self._visitor.account.address
        )
        self._visitor.wake.tell_mailboxes([self._box.id])
        return gone

    def close(self) -> None:
        self._lock.release()


def top_end(content: bytes, count: int) -> int | None:
    """Where the header, the empty line and `count` lines of the body end; None when that is not in `content`."""
    at = 0 if content.startswith(CRLF) else content.find(CRLF + CRLF) + 2
    if at == 1:
        return None
    at += 2
    for _ in range(count):
        end = content.find(CRLF, at)
        if end < 0:
            return None
        at = end + 2
    return at


def _inbox(tx: Tx, account_id: int) -> tuple[Mailbox, list[Entry]]:
    box = mailboxes.mailbox(tx, account_id, INBOX)
    assert box is not None  # made with the account, and can be neither renamed nor deleted
    return box, entries.entries(tx, box.id)


def _update(tx: Tx, mailbox_id: int, uids: list[int], seen: list[int], now_us: int, account: str) -> int:
    entries.set_flags(tx, mailbox_id, [(uid, uid) for uid in seen], "add", SEEN, frozenset())
    return len(entries.expunge(tx, mailbox_id, uids, now_us=now_us, account=account))
