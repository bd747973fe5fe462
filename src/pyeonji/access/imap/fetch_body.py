"""FETCH of what must be read from letters: their sections, as they stand or decoded, and what no digest holds yet.

Small letters are read many at once and answered in one write; of large ones see `fetch_large`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyeonji.access.imap import fetch_large
from pyeonji.access.imap.fetch_large import Letter
from pyeonji.access.imap.lines import KNOWN, Manner, Run, beginnings
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.watch import Turn
from pyeonji.message.facts import packed_thread
from pyeonji.message.mime import scan
from pyeonji.message.preview import preview
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.fetch import Item, Preview
from pyeonji.proto.imap.fetched import HEADER, NOTHING, WHOLE, answers, needs_parts, said, takes
from pyeonji.proto.imap.structure import form
from pyeonji.store import digests, messages
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.entries import saved_dates

GATHERED = 256 * 1024  # octets of small letters that are read and sent at once
HEADER_GUESS = 8 * 1024  # octets of a header, as a rule

DIGESTED = {"ENVELOPE": "envelope", "BODYSTRUCTURE": "structure", "THREADID": "facts"}  # columns of the digest


@dataclass(slots=True)
class Reading:
    """Letters are read for one FETCH.

    `lost` are letters that cannot be read; of `undecodable` ones a part was left out: nobody knows its encoding.
    """

    station: Station
    mailbox_id: int
    items: Sequence[Item]
    manner: Manner
    lost: list[int] = field(default_factory=list)
    undecodable: int = 0
    turn: Turn = field(default_factory=Turn)

    async def say(self, letters: Columns, run: Run, steps: Sequence[int], marked: int = 0) -> None:
        """The responses for these letters of a run, counted from 0; see `lines.beginnings` for `marked`."""
        for some in self._batches(letters, run, steps):
            batch = await self._look(letters, run, some, marked)
            if len(batch) == 1 and self._is_large(batch[0].size, batch[0].missing):
                await self._say_large(batch[0])
            else:
                await self.station.put(await self._read(batch))
            await self.turn.over()

    def _batches(self, letters: Columns, run: Run, steps: Sequence[int]) -> Iterator[list[int]]:
        """Letters that are read and answered in one go; a large one alone."""
        batch: list[int] = []
        octets = 0
        for step in steps:
            size = letters.sizes[run[1] + step]
            if max(map(takes, self.items)) < WHOLE:
                size = min(size, HEADER_GUESS)
            if batch and octets + size > GATHERED:
                yield batch
                batch, octets = [], 0
            batch.append(step)
            octets += size
        if batch:
            yield batch

    @staticmethod
    def _is_large(size: int, missing: Sequence[Item]) -> bool:
        return size > fetch_large.LARGE and any(takes(item) == WHOLE for item in missing)

    # ── what is known without the octets ──

    async def _look(self, letters: Columns, run: Run, steps: Sequence[int], marked: int) -> list[Letter]:
        number, place, _ = run
        known = [item for item in self.items if isinstance(item, str) and item in KNOWN]
        others = [item for item in self.items if item not in KNOWN and item != "SAVEDATE"]
        kept = await self._digested([letters.messages[place + step] for step in steps])
        dates = await self._dates([letters.uids[place + step] for step in steps])
        found = []
        for step in steps:
            at = place + step
            (begun,) = beginnings(letters, (number + step, at, 1), known, self.manner, marked)
            told = list(kept.get(letters.messages[at], ()))
            if "SAVEDATE" in self.items:
                told.append(response.save_date_item(dates.get(letters.uids[at])))
            missing = [item for item in others if not (letters.messages[at] in kept and _is_digested(item))]
            begun += b"".join(item + b" " for item in told)
            found.append(Letter(letters.messages[at], letters.sizes[at], begun, missing))
        return found

    async def _dates(self, uids: Sequence[int]) -> dict[int, int]:
        if "SAVEDATE" not in self.items:
            return {}
        return await self.station.home.engine.read(saved_dates, self.mailbox_id, uids)

    async def _digested(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        """What the digests say of the items they hold, by receipt number."""
        wanted = [item for item in self.items if _is_digested(item)]
        if not wanted:
            return {}
        columns = ["preview" if isinstance(item, Preview) else DIGESTED[str(item)] for item in wanted]
        rows = await self.station.home.digests.read(digests.read, columns, numbers)
        return {number: [self._shown(*pair) for pair in zip(wanted, row, strict=True)] for number, row in rows.items()}

    def _shown(self, item: Item, value: Any) -> bytes:
        if isinstance(item, Preview):
            return response.preview_item(value, utf8=self.manner.enabled.utf8)
        if item == "THREADID":
            return response.thread_id_item(packed_thread(bytes(value)))
        return b"%b %b" % (str(item).encode("ascii"), form(bytes(value), utf8=self.manner.enabled.utf8))

    # ── small letters ──

    async def _read(self, batch: Sequence[Letter]) -> bytes:
        """The responses; what must be parsed is parsed away from the event loop."""
        engine = self.station.home.engine
        parse = any(needs_parts(item) for letter in batch for item in letter.missing)
        return await (engine.scan if parse else engine.read)(self._answered, batch)

    def _answered(self, tx: Tx, batch: Sequence[Letter]) -> bytes:
        most = max(takes(item) for letter in batch for item in letter.missing or ["UID"])
        out: list[bytes] = []
        for letter, content in zip(batch, self._contents(tx, batch, most), strict=True):
            if content is None:
                self.lost.append(letter.number)
            else:
                out += self._response(letter, content)
        return b"".join(out)

    def _contents(self, tx: Tx, batch: Sequence[Letter], most: int) -> Iterator[bytes | None]:
        """As much of each as is needed; None for those that cannot be read."""
        if most == NOTHING:
            yield from [b""] * len(batch)
            return
        found = (messages.headers if most == HEADER else messages.contents)(tx, [letter.number for letter in batch])
        for letter in batch:
            if letter.number in found:
                yield found[letter.number][0]
            else:
                yield self._elsewhere(tx, letter.number)

    def _elsewhere(self, tx: Tx, number: int) -> bytes | None:
        try:
            return messages.content(tx, self.station.home.blobs, number)
        except Damaged:
            return None

    def _response(self, letter: Letter, content: bytes) -> list[bytes]:
        root = scan(content) if any(map(needs_parts, letter.missing)) else None

        def words() -> str:
            return preview(root) if root else ""

        made = answers(letter.missing, root, len(content), words, utf8=self.manner.enabled.utf8)
        self.undecodable += made.undecodable
        items = b" ".join([said(answer, content) for answer in made.items])
        return [letter.begun, items, b")\r\n"] if items else [letter.ended]

    # ── large letters ──

    async def _say_large(self, letter: Letter) -> None:
        try:
            self.undecodable += await fetch_large.say(self.station, letter, utf8=self.manner.enabled.utf8)
        except Damaged:
            self.lost.append(letter.number)


def _is_digested(item: Item) -> bool:
    return isinstance(item, Preview) or item in DIGESTED
