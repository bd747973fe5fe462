"""One name that answers on port 25 in the lab, and the ways it can be broken: really, on the wire."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal, get_args

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import Address
from pyeonji.daemon.assemble import Node
from pyeonji.intake.policy import Policy
from pyeonji.intake.service import MX
from pyeonji.intake.smtpd import serve as serve_smtp
from pyeonji.lab.roster import BLOCK_LIST, LOOPBACK
from pyeonji.net.clock import SECOND_US
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import Stream
from pyeonji.net.tls import VALID_DAYS, TlsContext, self_signed, server_context
from pyeonji.proto.smtp.reply import Reply, listed
from pyeonji.relay.settings import RelaySettings

How = Literal["off", "refuse", "slow", "disk", "certificate", "blocklist", "silent", "drop"]
HOWS: tuple[str, ...] = get_args(How)
DAY_US = 86_400 * SECOND_US
SLOW_S = 20.0  # seconds, by the lab's clock, before a slow host greets
SILENT_S = RelaySettings().command_timeout.total_seconds()  # the same, before a silent host lets go


class FullDisk(Policy):
    """Says what a server says whose disk is full."""

    async def at_content(self, addresses: tuple[Address, ...], size: int) -> Reply | None:
        return Reply(452, "3.1", "Insufficient system storage")


class Listed(Policy):
    """Says what a server says that has its peer on a block list."""

    async def at_recipient(self, address: Address, reverse_path: Address | None, peer_ip: str) -> Reply | None:
        return listed(peer_ip, BLOCK_LIST, "")


class MailHost:
    """A mail exchanger of one Node.  `how` is "" while it is well."""

    def __init__(self, name: str, node: Node, port: int) -> None:
        self.name = name
        self.port = port
        self.how = ""
        self._clock = node.clock
        self._folder = node.home.data / "tls"
        context = node.intake_context()
        ours = node.acceptance
        named = Acceptance(ours.home, ours.clock, ours.ids, name, ours.wake)  # each host greets by its own name
        self._context = replace(context, acceptance=named)
        self._listener: Listener | None = None
        self._ways: dict[str, Callable[[Stream], Awaitable[None]]] = {
            "": self._well,
            "refuse": self._refuse,
            "slow": self._slow,
            "silent": self._silent,
            "drop": self._drop,
            "disk": lambda stream: self._as(stream, policy=FullDisk()),
            "blocklist": lambda stream: self._as(stream, policy=Listed()),
            "certificate": lambda stream: self._as(stream, tls=self._expired()),
        }

    async def start(self) -> None:
        """Raises OSError."""
        sock = open_tcp(LOOPBACK, self.port)
        self.port = sock.getsockname()[1]
        self._listener = Listener(sock, self._serve)
        await self._listener.start()

    async def stop(self, grace: float = 0.0) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop(grace)
            await asyncio.sleep(0)  # the loop lets go of the port

    async def break_(self, how: str) -> None:
        """Who was connected is sent away: he would notice nothing.  Raises ValueError for what is no fault."""
        if how not in HOWS:
            raise ValueError(how)
        await self.stop()
        self.how = how
        if how != "off":
            await self.start()

    async def heal(self) -> None:
        if self.how:
            await self.stop()
            self.how = ""
        if self._listener is None:
            await self.start()

    async def _serve(self, stream: Stream) -> None:
        await self._ways[self.how](stream)

    async def _well(self, stream: Stream) -> None:
        await serve_smtp(stream, MX, self._context)

    async def _as(self, stream: Stream, **changed: Any) -> None:
        """Well, but for what is given."""
        await serve_smtp(stream, MX, replace(self._context, **changed))

    def _expired(self) -> TlsContext:
        """A certificate of its own that was good until two years ago."""
        long_ago = self._clock.now_us() - 2 * VALID_DAYS * DAY_US
        return server_context(*self_signed(self._folder / f"expired-{self.name}", (self.name,), long_ago))

    async def _refuse(self, stream: Stream) -> None:
        await stream.write(f"421 4.3.2 {self.name} Service not available, try again later\r\n".encode())

    async def _slow(self, stream: Stream) -> None:
        await self._clock.sleep(SLOW_S)
        await self._well(stream)

    async def _silent(self, stream: Stream) -> None:
        """Until the lab's clock has passed a courier's patience: that itself is real time, which nobody pushes."""
        listening = asyncio.ensure_future(_hear_out(stream))
        waiting = asyncio.ensure_future(self._clock.sleep(SILENT_S))
        try:
            await asyncio.wait((listening, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, waiting):
                task.cancel()

    async def _drop(self, stream: Stream) -> None:
        stream.abort()


async def _hear_out(stream: Stream) -> None:
    with contextlib.suppress(ConnectionError):
        while await stream.read():
            pass
