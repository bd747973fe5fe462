"""FETCH of whole letters and of their headers: what a client downloads, read many at once and not looked into."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyeonji.access.imap import fetch_large
from pyeonji.access.imap.fetch_large import LARGE, Letter
from pyeonji.access.imap.lines import KNOWN, Manner, Run, beginnings
from pyeonji.access.imap.station import Station
from pyeonji.message.surrogate import surrogate
from pyeonji.proto.imap.command.fetch import Body, Item
from pyeonji.proto.imap.response import literal_mark, without_nul
from pyeonji.store import messages
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import Damaged, Tx

PART_OCTETS = 1 << 20  # octets of letters in one write at most, unless one alone is larger
AT_ONCE = 64 * 1024  # octets that are read on the event loop: in less time than it takes to wake another thread


def suffices(items: Sequence[Item]) -> bool:
    """Are these items the letter as it is or its header, and what is known anyway?"""
    bodies = [item for item in items if isinstance(item, Body)]
    return bool(bodies) and all(map(_is_whole, bodies)) and all(item in KNOWN for item in items if item not in bodies)


def _is_whole(item: Body) -> bool:
    return item.partial is None and not item.section.path and item.section.text in ("", "HEADER")


@dataclass(frozen=True, slots=True)
class Whole:
    """Some letters, and what is asked of them; those with the MODSEQ `marked` have just been marked as seen."""

    station: Station
    letters: Columns
    items: Sequence[Item]
    manner: Manner
    marked: int = 0

    async def say(self, run: Run) -> list[int]:
        """Say the responses; for which letters, counted from 0, there is no such short way."""
        left: list[int] = []
        for part in self._parts(run):
            if self._is_large(part[1]):
                done = await self._say_large(part)
                left += [] if done else [part[1] - run[1]]
            else:
                left += [index + part[1] - run[1] for index in await self._say_small(part)]
        return left

    @property
    def _bodies(self) -> list[Body]:
        return [item for item in self.items if isinstance(item, Body)]

    @property
    def _only_headers(self) -> bool:
        return all(body.section.text for body in self._bodies)

    def _is_large(self, place: int) -> bool:
        return self.letters.sizes[place] > LARGE and not self._only_headers

    def _parts(self, run: Run) -> Iterator[Run]:
        """Parts that are read and said in one go; a large letter by itself."""
        number, place, count = run
        if self._only_headers:
            yield run
            return
        start = octets = 0
        for step in range(count):
            size = self.letters.sizes[place + step]
            if step > start and (octets + size > PART_OCTETS or size > LARGE):
                yield number + start, place + start, step - start
                start, octets = step, 0
            octets += size
            if size > LARGE:
                yield number + step, place + step, 1
                start, octets = step + 1, 0
        if start < count:
            yield number + start, place + start, count - start

    def _heads(self, part: Run) -> list[bytes]:
        items = [item for item in self.items if isinstance(item, str)]
        return beginnings(self.letters, part, items, self.manner, self.marked)

    def _read(self, tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """What of them is here: all that is asked for, and the header as this client reads it, if it is asked for."""
        bodies = self._bodies
        found = (messages.headers if self._only_headers else messages.contents)(tx, numbers)
        if not any(body.section.text for body in bodies):
            return {number: (octets, b"") for number, (octets, _) in found.items()}
        form = _as_it_stands if self.manner.enabled.utf8 else surrogate
        return {number: (octets, form(octets[:body_at])) for number, (octets, body_at) in found.items()}

    async def _say_small(self, part: Run) -> list[int]:
        """Which of them, counted from 0, lie elsewhere or cannot be read."""
        home, (_, place, count) = self.station.home, part
        numbers = self.letters.messages[place : place + count]
        few = sum(self.letters.sizes[place : place + count]) <= AT_ONCE
        found = await (home.engine.read if few else home.engine.scan)(self._read, numbers)
        items = [(body.label + b" ", bool(body.section.text)) for body in self._bodies]
        out: list[bytes] = []
        left = []
        for index, (number, head) in enumerate(zip(numbers, self._heads(part), strict=True)):
            if number not in found:
                left.append(index)
                continue
            whole, header = found[number]
            out.append(head)
            for label, is_header in items:
                octets = without_nul(header if is_header else whole)
                out += (label, literal_mark(len(octets)), octets, b" ")
            out[-1] = b")\r\n"
        await self.station.put(b"".join(out))
        return left

    async def _say_large(self, part: Run) -> bool:
        """False when it cannot be read; nothing has been said then."""
        (head,), place = self._heads(part), part[1]
        letter = Letter(self.letters.messages[place], self.letters.sizes[place], head, self._bodies)
        try:
            await fetch_large.say(self.station, letter, utf8=self.manner.enabled.utf8)
        except Damaged:
            return False
        return True


def _as_it_stands(header: bytes) -> bytes:
    return header
