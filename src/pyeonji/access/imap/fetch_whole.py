"""FETCH of whole letters and of their headers: what a client downloads, read many at once and not looked into.

A large letter goes out in pieces and is never held whole: a slow reader costs one piece.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from pyeonji.access.imap.lines import KNOWN, Manner, Run, beginnings, flag_items
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.command.fetch import Body, Item
from pyeonji.proto.imap.response import literal
from pyeonji.store import messages
from pyeonji.store.columns import Columns
from pyeonji.store.engine.base import Damaged, StoreError
from pyeonji.store.pieces import Pieces

PART_OCTETS = 1 << 20  # octets of letters in one write at most, unless one alone is larger
PIECE = 256 * 1024  # octets; a larger letter goes out in pieces of this size


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
        return self.letters.sizes[place] > PIECE and not self._only_headers

    def _parts(self, run: Run) -> Iterator[Run]:
        """Parts that are read and said in one go; a large letter by itself."""
        number, place, count = run
        if self._only_headers:
            yield run
            return
        start = octets = 0
        for step in range(count):
            size = self.letters.sizes[place + step]
            if step > start and (octets + size > PART_OCTETS or size > PIECE):
                yield number + start, place + start, step - start
                start, octets = step, 0
            octets += size
            if size > PIECE:
                yield number + step, place + step, 1
                start, octets = step + 1, 0
        if start < count:
            yield number + start, place + start, count - start

    def _heads(self, part: Run) -> list[bytes]:
        items = [item for item in self.items if isinstance(item, str)]
        heads = beginnings(self.letters, part, items, self.manner)
        if not self.marked:
            return heads
        also = [item for item in flag_items(self.manner.enabled) if item not in items]
        told = beginnings(self.letters, part, items + also, self.manner)
        modseqs = self.letters.modseqs[part[1] : part[1] + part[2]]
        return [new if at == self.marked else old for old, new, at in zip(heads, told, modseqs, strict=True)]

    async def _say_small(self, part: Run) -> list[int]:
        """Which of them, counted from 0, lie elsewhere or cannot be read."""
        home, (_, place, count) = self.station.home, part
        numbers = self.letters.messages[place : place + count]
        read = messages.headers if self._only_headers else messages.contents
        found = await home.engine.scan(read, numbers)
        out, left = [], []
        for index, (number, head) in enumerate(zip(numbers, self._heads(part), strict=True)):
            if number not in found:
                left.append(index)
                continue
            octets, body_at = found[number]
            out.append(head)
            for body in self._bodies:
                out += [body.label, b" ", literal(octets[:body_at] if body.section.text else octets), b" "]
            out[-1] = b")\r\n"
        await self.station.say(b"".join(out))
        return left

    async def _say_large(self, part: Run) -> bool:
        """False when it cannot be said like this; nothing has been said then."""
        (body, *more), place = self._bodies, part[1]
        if more:
            return False
        home = self.station.home
        pieces = Pieces(home.blobs, self.letters.messages[place])
        try:
            first = await home.engine.scan(pieces.read, 0, PIECE)
            (head,) = self._heads(part)
            head += b"%b {%d}\r\n" % (body.label, self.letters.sizes[place])
            await self.station.say_pieces(self._octets(pieces, head, first, self.letters.sizes[place]))
        except Damaged:
            return False
        finally:
            pieces.close()
        return True

    async def _octets(self, pieces: Pieces, head: bytes, first: bytes, size: int) -> AsyncIterator[bytes]:
        """A response whose length is said before it is read; what is promised and not there ends the connection."""
        yield head
        at, piece, scan = 0, first, self.station.home.engine.scan
        while piece:
            yield piece.replace(b"\0", b"\x80") if b"\0" in piece else piece
            at += len(piece)
            try:
                piece = await scan(pieces.read, at, min(PIECE, size - at)) if at < size else b""
            except StoreError as error:
                raise ConnectionAbortedError(f"a letter broke off: {error}") from error
        if at != size:
            raise ConnectionAbortedError("a letter is shorter than it was")
        yield b")\r\n"
