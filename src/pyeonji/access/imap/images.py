"""The images of one home in this worker: made at the first SELECT, brought up to date, shared, and dropped.

An image outlives its last session by a little: images nobody has open are kept up to KEPT_OCTETS, the latest first,
so that the next SELECT finds it and only has to learn what happened since.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyeonji.access.imap.image import Image
from pyeonji.proto.imap.numbers import Range
from pyeonji.store.changes import changes
from pyeonji.store.engine.base import Engine
from pyeonji.store.flagging import Change, Stored

KEPT_OCTETS = 40 * 2**20  # of images that no session has open: a mailbox of a million letters, or many small ones
OVERHEAD = 2_048  # octets of an image without a letter
MANY = 1_000  # letters that are read and taken in on the event loop; more are read away from it
AT_ONCE = 200_000  # letters whose flags are changed in memory on the event loop: 30 ms


@dataclass(slots=True)
class _Held:
    """An image, and how many sessions have it open.  One step at a time."""

    image: Image = field(default_factory=Image)
    sessions: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Images:
    """See the top of this module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: dict[int, _Held] = {}
        self._kept: OrderedDict[int, int] = OrderedDict()  # mailbox id -> octets, of those nobody has open
        self._kept_octets = 0

    async def open(self, mailbox_id: int) -> Image:
        """The image as the store is now; `close` it when the session leaves.  Raises StoreError."""
        held = self._held.setdefault(mailbox_id, _Held())
        held.sessions += 1
        self._kept_octets -= self._kept.pop(mailbox_id, 0)
        try:
            await self._refresh(mailbox_id, held)
        except BaseException:
            self.close(mailbox_id)
            raise
        return held.image

    def close(self, mailbox_id: int) -> None:
        """One session less."""
        held = self._held[mailbox_id]
        held.sessions -= 1
        if held.sessions:
            return
        if held.image.box is None:
            del self._held[mailbox_id]
            return
        self._kept[mailbox_id] = octets = held.image.octets + OVERHEAD
        self._kept_octets += octets
        while self._kept_octets > KEPT_OCTETS:
            oldest, octets = self._kept.popitem(last=False)
            self._kept_octets -= octets
            del self._held[oldest]

    async def stored(self, mailbox_id: int, ranges: Sequence[Range], change: Change, done: Stored) -> None:
        """A worker knows what it has stored itself and reads nothing, unless something else happened meanwhile."""
        held = self._held[mailbox_id]
        async with held.lock:
            image = held.image
            few = len(image) <= AT_ONCE
            plain = change.since is None and not change.keywords and not image.letters.keywords
            if done.modseq and done.before == image.modseq and few and plain:
                image.store(ranges, change, done.modseq)

    async def refresh(self, mailbox_id: int) -> None:
        """Learn what happened to an open mailbox.  Raises StoreError."""
        await self._refresh(mailbox_id, self._held[mailbox_id])

    async def _refresh(self, mailbox_id: int, held: _Held) -> None:
        image = held.image
        async with held.lock:
            found = await self._engine.read(changes, mailbox_id, image.modseq, MANY)
            if found is not None:
                image.take(found)
                return
            found = await self._engine.scan(changes, mailbox_id, image.modseq)
            assert found is not None  # without a limit there always is an answer
            image.take(found)
