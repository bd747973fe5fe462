"""The letter as the next server gets it: streamed from the store, in slices, from `relay_at` on."""

import asyncio
from collections.abc import AsyncIterator

from pyeonji.message.edit import to_7bit, with_crlf
from pyeonji.store import queue
from pyeonji.store.blobs import INLINE_LIMIT
from pyeonji.store.home import Home
from pyeonji.store.journey import MessageFacts

SLICE = 256 * 1024  # octets read and sent at once


class Load:
    """One letter on its way out."""

    def __init__(self, home: Home, message: MessageFacts) -> None:
        self._home = home
        self._message = message
        self._seven_bit: bytes | None = None

    @property
    def size(self) -> int:
        """Octets with CR LF, RFC 1870 §3."""
        return self._message.size - self._message.relay_at if self._seven_bit is None else len(self._seven_bit)

    @property
    def eight_bit(self) -> bool:
        return self._message.eight_bit if self._seven_bit is None else not self._seven_bit.isascii()

    async def header_is_ascii(self) -> bool:
        message = self._message
        return (await self._read(message.relay_at, message.body_at - message.relay_at)).isascii()

    async def encode(self) -> bool:
        """Make it 7-bit, for a server without 8BITMIME; the letter is held whole for that.

        False when the header is not ASCII: that cannot be mended here.
        """
        message = self._message
        whole = await self._read(message.relay_at, message.size - message.relay_at)
        self._seven_bit = await asyncio.to_thread(to_7bit, whole)
        return self._seven_bit.isascii()

    async def slices(self) -> AsyncIterator[bytes]:
        """The octets.  Every line end is CR LF, whatever came into the store by whatever way (reliability S02)."""
        held = b""
        async for piece in self._raw():
            piece = held + piece
            held = b"\r" if piece.endswith(b"\r") else b""
            yield with_crlf(piece[: len(piece) - len(held)])
        if held:
            yield b"\r\n"

    async def _raw(self) -> AsyncIterator[bytes]:
        if self._seven_bit is not None:
            for start in range(0, len(self._seven_bit), SLICE):
                yield self._seven_bit[start : start + SLICE]
            return
        for start in range(self._message.relay_at, self._message.size, SLICE):
            yield await self._read(start, min(SLICE, self._message.size - start))

    async def _read(self, offset: int, size: int) -> bytes:
        home = self._home
        read = home.engine.read if self._message.size <= INLINE_LIMIT else home.engine.scan
        return await read(queue.piece, home.blobs, self._message.content_id, offset, size)
