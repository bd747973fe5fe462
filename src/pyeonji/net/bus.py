"""Short messages between the workers of one node: UNIX datagrams, never waited for.

The kernel keeps few of them for whoever is busy (ten, where nobody changed net.unix.max_dgram_qlen).  What it does not
take is told again shortly after; who is behind by hundreds hears `missed` instead, and looks for itself.
"""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

from pyeonji.net.local_name import local_name

MAX_DATAGRAM = 8_192  # octets
TICK_NS = 50_000_000  # two changes of a folder within one tick of the system's clock may look like one
AGAIN_S = 0.01  # seconds until the next try with one who was too busy
MAX_LATE = 400  # messages kept for one who is too busy
LAST_WORDS_S = 2.0  # seconds in which those who are too busy may still hear us when we stop
PREFIX, SUFFIX = "worker-", ".sock"


class Bus(asyncio.DatagramProtocol):
    """The place in `folder` of one worker, or of the indexer; `heard` is called with each message of the others.

    `missed` is what those hear who were too busy for too long.
    """

    def __init__(self, folder: Path, worker: int | str, heard: Callable[[bytes], None], missed: bytes) -> None:
        self._folder = folder
        # A name of its own: after a reload two workers have the same number for a while.
        self._path = folder / f"{PREFIX}{worker}-{secrets.token_hex(4)}{SUFFIX}"
        self._heard = heard
        self._missed = missed
        self._listed: list[Path] = []  # the others, as the folder was when it had changed last
        self._changed = 0
        self._late: dict[Path, list[bytes]] = {}  # what those who are too busy have not been told
        self._all_told = asyncio.Event()
        self._all_told.set()
        self._again: asyncio.TimerHandle | None = None
        self._socket: socket.socket | None = None
        self._transport: asyncio.BaseTransport | None = None

    async def start(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with local_name(self._path) as name:
            self._socket.bind(name)
        self._socket.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def tell(self, message: bytes) -> None:
        """To all other workers."""
        if self._socket is None or len(message) > MAX_DATAGRAM:
            return
        for place in self._others():
            if (late := self._late.get(place)) is not None:
                late.append(message)
                if len(late) > MAX_LATE:
                    late[:] = [self._missed]
            elif not self._told(place, message):
                self._late[place] = [message]
                self._try_again()

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._all_told.wait()
        if self._again is not None:
            self._again.cancel()
        if self._transport is not None:
            self._transport.close()
            self._path.unlink(missing_ok=True)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._heard(data)

    def _told(self, place: Path, message: bytes) -> bool:
        """Whether that one has it; one that is no more needs nothing."""
        assert self._socket is not None
        try:
            with local_name(place) as name:
                self._socket.sendto(message, name)
        except ConnectionRefusedError:  # its process was killed; nobody else will ever have that name
            place.unlink(missing_ok=True)
        except FileNotFoundError:
            return True
        except OSError:  # its queue is full, or the system's memory
            return False
        return True

    def _try_again(self) -> None:
        self._all_told.clear()
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(AGAIN_S, self._tell_late)

    def _tell_late(self) -> None:
        """In the order in which it was said."""
        self._again = None
        for place, late in list(self._late.items()):
            told = 0
            while told < len(late) and self._told(place, late[told]):
                told += 1
            del late[:told]
            if not late:
                del self._late[place]
        if self._late:
            self._try_again()
        else:
            self._all_told.set()

    def _others(self) -> list[Path]:
        """Whoever has begun is known at once; the folder is only read again when it has changed."""
        changed = os.stat(self._folder).st_mtime_ns  # noqa: PTH116 - the same of a Path costs more
        if changed != self._changed:
            self._changed = changed if time.time_ns() - changed > TICK_NS else 0
            self._listed = [
                self._folder / file
                for file in os.listdir(self._folder)  # noqa: PTH208
                if file.startswith(PREFIX) and file.endswith(SUFFIX) and file != self._path.name
            ]
        return self._listed
