"""Messages between two processes of ours: four octets of length, then so many octets.

Nobody but us can open the socket (mode 0600 in the data folder), so a message may be of any length.
"""

import asyncio
from collections.abc import Callable
from typing import cast

HEAD = 4  # octets that say how long a message is


class Frames(asyncio.Protocol):
    """One connection.  `heard` gets all messages that came with one read."""

    def __init__(
        self,
        opened: "Callable[[Frames], None]",
        heard: "Callable[[Frames, list[bytes]], None]",
        lost: "Callable[[Frames], None]",
    ) -> None:
        self._opened = opened
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._unsent: list[bytes] = []

    def send(self, message: bytes) -> None:
        """Soon: what is said in one turn of the loop goes together, and wakes the other side once."""
        if self._transport is None:
            return
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent += (len(message).to_bytes(HEAD, "big"), message)

    def close(self) -> None:
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent and self._transport is not None:
            self._transport.writelines(unsent)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.WriteTransport, transport)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        messages: list[bytes] = []
        at = 0
        while len(buffer) - at >= HEAD:
            end = at + HEAD + int.from_bytes(buffer[at : at + HEAD], "big")
            if len(buffer) < end:
                break
            messages.append(bytes(buffer[at + HEAD : end]))
            at = end
        del buffer[:at]
        if messages:
            self._heard(self, messages)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lost(self)
