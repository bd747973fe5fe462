"""Pages over HTTPS.

The handshake is ours, as for every other port: certificates by name, exchanged while they are shown, a header of a load
balancer before it, a limit on its time, and the challenge of an authority at the same port (`net.listener`).  The
protocol of pages in clear (`web.patient`) speaks HTTP inside it: to it a Stream looks like a transport.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import Stream

WRITE_S = 60.0  # seconds in which a browser takes something of what it asked for
LEAVE_S = 2.0  # seconds for pages under way when the server stops; a page that is followed never ends by itself
HIGH_WATER = 256 * 1024  # octets it may leave untaken before a page waits for it

Connection = Callable[[Stream], Awaitable[None]]


def https(config: uvicorn.Config) -> Connection:
    """Who serves the streams of one port with the app of `config`, in its protocol."""
    state = ServerState()
    config.load()
    protocol = cast("type[HttpToolsProtocol]", config.http_protocol_class)

    async def serve(stream: Stream) -> None:
        await _Conversation(stream, protocol(config, state, {})).run()

    return serve


class _Wire(asyncio.Transport):
    """What uvicorn's protocol needs of a transport."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream
        self._out = bytearray()
        self._something = asyncio.Event()  # to be written, or the end
        self._closing = False
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.protocol: HttpToolsProtocol | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "peername":
            ip, _, port = self._stream.peer.rpartition(":")
            return ip.strip("[]"), int(port)
        if name == "sslcontext":
            return self._stream.encrypted
        return self._stream.extra(name) if name == "sockname" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._out += data
        self._something.set()
        if len(self._out) > HIGH_WATER and self.protocol is not None:
            self.protocol.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """HIGH_WATER; who takes nothing is known to `carry`."""

    def close(self) -> None:
        self._closing = True
        self.may_read.set()
        self._something.set()

    abort = close  # `carry` waits for nobody

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self.may_read.clear()

    def resume_reading(self) -> None:
        self.may_read.set()

    async def carry(self) -> None:
        """Write what there is to write, until all is written and the end was said."""
        while True:
            await self._something.wait()
            self._something.clear()
            octets = bytes(self._out)
            self._out.clear()
            if octets:
                async with asyncio.timeout(WRITE_S):
                    await self._stream.write(octets)
            if self.protocol is not None:
                self.protocol.resume_writing()
            if self._closing and not self._out:
                return


class _Conversation:
    """One connection."""

    def __init__(self, stream: Stream, http: HttpToolsProtocol) -> None:
        self._stream = stream
        self._wire = _Wire(stream)
        self._http = self._wire.protocol = http
        self._leaves = False
        stream.parting = self._part

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._http.connection_made(self._wire)
        tasks = {loop.create_task(self._read()), loop.create_task(self._wire.carry())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wire.close()
            self._http.connection_lost(None)
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, TlsError, ConnectionError, TimeoutError):
                    await task

    async def _read(self) -> None:
        """Until the browser, or HTTP, has come to an end."""
        while True:
            await self._wire.may_read.wait()
            if self._wire.is_closing():
                await self._for_ever()
            octets = await self._stream.read()
            if not octets:
                return
            self._http.data_received(octets)

    async def _for_ever(self) -> None:
        """What is written last is still under way: `carry` ends the conversation."""
        await asyncio.Event().wait()

    async def _part(self, at_once: bool) -> bool:
        """The server stops: a page under way may come to its end, if that is soon, and is the last."""
        self._http.shutdown()
        if not self._wire.is_closing() and not self._leaves:
            self._leaves = True
            asyncio.get_running_loop().call_later(LEAVE_S, self._wire.close)
        return self._wire.is_closing()
