"""Somebody between two servers who passes everything on and remembers it."""

import asyncio
import contextlib
from types import TracebackType

from pyeonji.lab.roster import LOOPBACK
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import Stream, dial

DIAL_S = 5.0
MAX_CAPTURED = 1024 * 1024  # octets that are remembered


class Eavesdropper:
    """Listens on `port` of loopback for who wanted to talk to `target`, while the `async with` lasts."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pieces: list[bytes] = []
        self._size = 0
        self._socket = open_tcp(LOOPBACK, 0)
        self.port: int = self._socket.getsockname()[1]
        self._listener = Listener(self._socket, self._serve)

    async def __aenter__(self) -> "Eavesdropper":
        await self._listener.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._listener.stop(1.0)

    def captured(self) -> bytes:
        """Both directions, in the order in which they passed."""
        return b"".join(self._pieces)

    async def _serve(self, stream: Stream) -> None:
        onward = await dial(LOOPBACK, self._target, timeout=DIAL_S)
        try:
            ways = [asyncio.ensure_future(self._pass(*pair)) for pair in ((stream, onward), (onward, stream))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            await onward.close()

    async def _pass(self, source: Stream, target: Stream) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            while octets := await source.read():
                if self._size < MAX_CAPTURED:
                    self._pieces.append(octets)
                    self._size += len(octets)
                await target.write(octets)
