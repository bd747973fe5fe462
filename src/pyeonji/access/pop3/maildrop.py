"""A maildrop: INBOX as it was at login, with numbers from 1 and marks that take effect at QUIT (RFC 1939 §6)."""

from pyeonji.access.context import Visitor
from pyeonji.journey.receipt import compact
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.imap.numbers import merged
from pyeonji.store import entries, maildrop
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.flagging import Change, set_flags
from pyeonji.store.lock import Lock, maildrop_lock
from pyeonji.store.mailboxes import SEEN
from pyeonji.store.maildrop import Contents
from pyeonji.store.pieces import Pieces

SMALL = 128 * 1024  # octets; larger letters are read and sent in pieces
AHEAD = 32  # letters read with one look, when a client takes one after the other
AHEAD_OCTETS = 256 * 1024  # of them
STEP = 500  # letters marked or removed in one transaction: others write, too

DELETED, READ = 1, 2  # marks


class InUse(Exception):
    """Another session has this maildrop."""


class TooSoon(Exception):
    """The last login was less than the login delay ago (RFC 2449 §6.5)."""


class Maildrop:
    """See the top of this module."""

    def __init__(self, visitor: Visitor, lock: Lock, contents: Contents, twice: dict[int, int]) -> None:
        self._visitor = visitor
        self._lock = lock
        self._contents = contents
        self._twice = twice
        self._marks = bytearray(len(contents.uids))
        self._ahead: dict[int, bytes] = {}
        self._used_up = False  # all that was read ahead was wanted
        self._last = 0
        self.count = len(contents.uids)  # letters not marked
        self.octets = sum(contents.sizes)  # of them

    @classmethod
    async def open(cls, visitor: Visitor, clock: Clock, delay_s: int) -> "Maildrop":
        """Raises InUse, TooSoon, StoreError."""
        lock = maildrop_lock(visitor.home.data, visitor.account.id)
        if not lock.taken:
            raise InUse
        try:
            if delay_s and clock.now_us() - lock.noted() < delay_s * SECOND_US:
                raise TooSoon
            contents, twice = await visitor.home.engine.scan(_looked_at, visitor.account.id)
            if delay_s:
                lock.note(clock.now_us())
        except BaseException:
            lock.release()
            raise
        return cls(visitor, lock, contents, twice)

    @property
    def last(self) -> int:
        """The highest number there is."""
        return len(self._marks)

    def has(self, number: int) -> bool:
        """There is such a letter, and it is not marked as deleted."""
        return 1 <= number <= len(self._marks) and not self._marks[number - 1] & DELETED

    def size(self, number: int) -> int:
        return self._contents.sizes[number - 1]

    def unique_id(self, number: int) -> str:
        """The receipt number: the same in every session and wherever IMAP moves the letter (RFC 1939 §7).

        A letter that lies here twice has it once bare, the second time with its UID.
        """
        receipt = compact(self._contents.numbers[number - 1])
        uid = self._twice.get(number)
        return receipt if uid is None else f"{receipt}.{uid}"

    def delete(self, number: int) -> None:
        self._marks[number - 1] |= DELETED
        self.count -= 1
        self.octets -= self.size(number)

    def reset(self) -> None:
        self._marks = bytearray(mark & READ for mark in self._marks)
        self.count, self.octets = len(self._marks), sum(self._contents.sizes)

    def mark_read(self, number: int) -> None:
        self._marks[number - 1] |= READ

    async def whole(self, number: int) -> bytes:
        """The octets of a small letter; raises StoreError."""
        found = self._ahead.pop(number, None)
        self._used_up = found is not None and not self._ahead
        if found is None:
            await self._read(self._soon(number))
            found = self._ahead.pop(number, None)
            if found is None:
                raise Damaged(f"message {self._contents.numbers[number - 1]}: its octets were freed")
        self._last = number
        return found

    async def read_ahead(self) -> None:
        """While the client takes in the last of those it got in a row: the next ones.  Raises StoreError."""
        following = self._last + 1
        if self._used_up and self.has(following) and self.size(following) <= SMALL:
            self._used_up = False
            await self._read(self._soon(following))

    async def _read(self, wanted: list[int]) -> None:
        home, numbers = self._visitor.home, self._contents.numbers
        read = await home.engine.read(maildrop.octets, home.blobs, [numbers[n - 1] for n in wanted])
        self._ahead = {n: read[numbers[n - 1]] for n in wanted if numbers[n - 1] in read}

    def pieces(self, number: int) -> Pieces:
        return Pieces(self._visitor.home.blobs, self._contents.numbers[number - 1])

    async def read(self, pieces: Pieces, offset: int, size: int) -> bytes:
        """The next piece, read away from the event loop; raises StoreError."""
        return await self._visitor.home.engine.scan(pieces.read, offset, size)

    def forget_ahead(self) -> None:
        """The client does something else: what was read ahead would only lie in memory."""
        self._ahead = {}
        self._used_up = False

    async def update(self, clock: Clock) -> None:
        """QUIT: marked letters go, read ones are marked as seen.  Raises StoreError: some may be gone, some not."""
        engine, box, uids = self._visitor.home.engine, self._contents.box, self._contents.uids
        gone = [uid for uid, mark in zip(uids, self._marks, strict=True) if mark & DELETED]
        seen = [uid for uid, mark in zip(uids, self._marks, strict=True) if mark == READ]
        try:
            for start in range(0, len(seen), STEP):
                ranges = merged((uid, uid) for uid in seen[start : start + STEP])
                await engine.write(set_flags, box.id, ranges, Change("add", SEEN))
            for start in range(0, len(gone), STEP):
                some = gone[start : start + STEP]
                await engine.write(
                    entries.expunge, box.id, some, now_us=clock.now_us(), account=self._visitor.account.address
                )
        finally:
            if gone or seen:
                self._visitor.wake.tell_mailboxes([box.id])

    def close(self) -> None:
        self._lock.release()

    def _soon(self, number: int) -> list[int]:
        """This letter, and those that a client wants next who takes one after the other."""
        wanted, octets = [number], self.size(number)
        if number != self._last + 1:
            return wanted
        for n in range(number + 1, min(number + AHEAD, len(self._marks) + 1)):
            octets += self.size(n)
            if octets > AHEAD_OCTETS:
                break
            if self.has(n):
                wanted.append(n)
        return wanted


def _looked_at(tx: Tx, account_id: int) -> tuple[Contents, dict[int, int]]:
    """The maildrop, and (number, UID) of letters that lie in it already under a lower number."""
    contents = maildrop.contents(tx, account_id)
    return contents, _twice(contents)


def _twice(contents: Contents) -> dict[int, int]:
    if len(set(contents.numbers)) == len(contents.numbers):
        return {}
    known: set[int] = set()
    found = {}
    for number, (receipt, uid) in enumerate(zip(contents.numbers, contents.uids, strict=True), 1):
        if receipt in known:
            found[number] = uid
        known.add(receipt)
    return found
