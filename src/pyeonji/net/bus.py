"""Short messages between the workers of one node: UNIX datagrams, never waited for, never relied on.

Whatever a datagram says is also in the store; a lost one only costs the time until the next look.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from pyeonji.net.local_name import local_name

MAX_DATAGRAM = 8_192  # octets
LISTED_S = 0.1  # seconds for which the others are known: thousands of letters may be told of meanwhile
PREFIX, SUFFIX = "worker-", ".sock"


class Bus(asyncio.DatagramProtocol):
    """One worker's place in `folder`, or that of the indexer; `heard` is called with each message of the others."""

    def __init__(self, folder: Path, worker: int | str, heard: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._path = folder / f"{PREFIX}{worker}{SUFFIX}"
        self._heard = heard
        self._inode = 0  # of our place: after a reload it belongs to the next worker of the same number
        self._listed_until = 0.0
        self._listed: list[Path] = []
        self._socket: socket.socket | None = None
        self._transport: asyncio.BaseTransport | None = None

    async def start(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with local_name(self._path) as name:
            self._socket.bind(name)
        self._inode = self._path.stat().st_ino
        self._socket.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def tell(self, message: bytes) -> None:
        """To all other workers; whoever does not listen misses it."""
        if self._socket is None or len(message) > MAX_DATAGRAM:
            return
        for place in self._others():
            with contextlib.suppress(OSError), local_name(place) as name:
                self._socket.sendto(message, name)

    def _others(self) -> list[Path]:
        """Whoever begins is heard of before it serves anybody."""
        now = asyncio.get_running_loop().time()
        if now >= self._listed_until:
            self._listed_until = now + LISTED_S
            self._listed = [
                self._folder / file
                for file in os.listdir(self._folder)  # noqa: PTH208 - a Path for each file costs more
                if file.startswith(PREFIX) and file.endswith(SUFFIX) and file != self._path.name
            ]
        return self._listed

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._heard(data)
