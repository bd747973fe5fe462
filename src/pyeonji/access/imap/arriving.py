"""Letters on their way in by APPEND or REPLACE, until one commit takes them all."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from pyeonji.acceptance.letter import Origin, letter
from pyeonji.acceptance.spool import HeaderTooLong, Spool
from pyeonji.access.imap.place import Place
from pyeonji.access.imap.station import Station
from pyeonji.delivery.plan import Plan
from pyeonji.journey.event import Event
from pyeonji.message.binary import PIECE, without_nul
from pyeonji.message.header import parse_header
from pyeonji.proto.imap.event import NewMessage
from pyeonji.proto.imap.rights import settable
from pyeonji.store import entries, mailboxes
from pyeonji.store.accept import Filing, Letter, Taken
from pyeonji.store.blobs import INLINE_LIMIT
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.mailboxes import Mailbox
from pyeonji.store.quota import room

MAX_IN_MEMORY = 4 * INLINE_LIMIT  # octets that wait in memory for the other letters of their APPEND; then in files


class OverQuota(Exception):
    """The letters would be more than the account may hold; none was taken."""


class NothingReplaced(Exception):
    """The letter that was to be replaced is gone; no other took its place."""


@dataclass(slots=True)
class Incoming:
    """One letter."""

    said: NewMessage
    spool: Spool
    number: int
    has_nul: bool = False

    def add(self, octets: bytes) -> None:
        """Raises HeaderTooLong, StoreError."""
        self.has_nul = self.has_nul or b"\0" in octets
        self.spool.add(octets)

    async def encode(self, other: Spool) -> None:
        """Parts that hold NUL go into base64, on the way to another spool.  Raises HeaderTooLong, StoreError."""
        self.spool.finish()
        came, self.spool = self.spool, other
        pieces = without_nul(came.reader(), came.size)
        try:
            while octets := await asyncio.to_thread(_some, pieces):
                other.add(octets)
        finally:
            came.discard()


@dataclass(slots=True)
class Arriving:
    """`replaced` is (mailbox id, uid) of the letter they stand for.  `problem` is (status words, code): why they cannot
    be taken any more."""

    here: Place
    replaced: tuple[int, int] | None = None
    letters: list[Incoming] = field(default_factory=list)
    problem: tuple[str, str] | None = None

    @property
    def size(self) -> int:
        """Octets that have come."""
        return sum(incoming.spool.size for incoming in self.letters)

    def begin(self, station: Station, said: NewMessage) -> None:
        """Another letter."""
        number = station.context.ids.receipt()
        self.letters.append(Incoming(said, self._spool(station, number), number))

    def _spool(self, station: Station, number: int) -> Spool:
        return Spool(station.me.acceptance.spool, number, INLINE_LIMIT if self.size < MAX_IN_MEMORY else 0)

    def add(self, octets: bytes) -> None:
        """Octets of the letter that began last."""
        if self.problem is None:
            with self._noted():
                self.letters[-1].add(octets)

    async def encode(self, station: Station) -> None:
        """What IMAP could not tell again as it came is encoded, now that all of it is there (RFC 3516 §6)."""
        with self._noted():
            for incoming in self.letters:
                if incoming.has_nul:
                    await incoming.encode(self._spool(station, station.context.ids.receipt()))

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except HeaderTooLong:
            self.problem = ("Header too long", "LIMIT")
        except StoreError:
            self.problem = ("No room", "UNAVAILABLE")

    def discard(self) -> None:
        """Forget them; leaves nothing behind."""
        for incoming in self.letters:
            incoming.spool.discard()

    async def take(self, station: Station) -> tuple[Taken, ...]:
        """All of them, or none.  Raises StoreError, OverQuota, NothingReplaced."""
        account, owner, now = station.me.account, self.here.account, station.context.clock.now_us()
        events = station.recorder.take()
        # What was said on the connection belongs to the first of them.
        made = [await self._letter(station, one, now, () if n else events) for n, one in enumerate(self.letters)]
        before = also = None
        if self.replaced:
            before = partial(_remove, box=self.here.box, replaced=self.replaced, now_us=now, account=account.address)
        if owner.is_limited:
            also = partial(_check_quota, account_id=owner.id)
        try:
            return await station.me.acceptance.take_all(*made, before=before, also=also)
        except (StoreError, OverQuota, NothingReplaced):
            station.recorder.give_back(events)
            raise

    async def _letter(self, station: Station, incoming: Incoming, now: int, events: tuple[Event, ...]) -> Letter:
        spool, said, owner = incoming.spool, incoming.said, self.here.account
        spool.finish()
        flags = settable(self.here.rights).of(said.flags)  # others are lost without a word (RFC 4314 §4)
        filing = Filing(
            n=0,
            address=owner.address,
            account_id=owner.id,
            account=owner.address,
            mailbox_id=self.here.box.id,
            mailbox=self.here.box.name,
            flags=flags.mask,
            keywords=" ".join(sorted(flags.keywords)),
            internal_us=now if said.internal_us is None else said.internal_us,
        )
        origin = Origin(
            number=incoming.number, at_us=now, via="append", reverse_path=None, session=station.recorder.session,
            login=station.me.account.address,
        )  # fmt: skip
        return letter(
            origin,
            header=parse_header(spool.head),
            body_at=len(spool.head),
            stored=await spool.stored(spool.head, station.home.blobs.folder),
            relay_at=0,
            plan=Plan((filing,), (), ()),
            events=events,
        )


def _some(pieces: Iterator[bytes]) -> bytes:
    """Those that make one of a good size; none at the end."""
    found, size = [], 0
    while size < PIECE and (piece := next(pieces, None)) is not None:
        found.append(piece)
        size += len(piece)
    return b"".join(found)


def _remove(tx: Tx, *, box: Mailbox, replaced: tuple[int, int], now_us: int, account: str) -> None:
    """Mailboxes are held in the order of their ids, so that two that replace crosswise do not wait for each other."""
    source_id, uid = replaced
    for mailbox_id in sorted({source_id, box.id}):
        mailboxes.hold(tx, mailbox_id)
    if not entries.expunge(tx, source_id, [uid], now_us=now_us, account=account):
        raise NothingReplaced


def _check_quota(tx: Tx, *, account_id: int) -> None:
    if not room(tx, account_id).takes(0, 0):
        raise OverQuota
