"""Listening sockets: opened once, shared by the workers, one task per connection."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from pyeonji.net.introduction import introduced
from pyeonji.net.local_name import local_name
from pyeonji.net.stream import HANDSHAKE_S, Stream, TlsError
from pyeonji.proto.hello import offered

LAST_WORDS_S = 1.0  # seconds to say goodbye when the time for what was under way is over
TURNS = 4  # of the event loop, until a connection that the kernel has given us has its task
BACKLOG = 1024  # connections that may wait to be accepted
MAX_CONNECTIONS = 20_000  # per worker and listener; beyond it a connection is closed at once (F25)

Serve = Callable[[Stream], Awaitable[None]]
Admits = Callable[[str], bool]  # the IP address of a peer


def anybody(peer_ip: str) -> bool:
    return True


def nobody(peer_ip: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Apart:
    """Who asks for this protocol and no other (RFC 7301) is answered by somebody else, at the same port."""

    protocol: bytes
    tls: ssl.SSLContext
    serve: Serve


class PortTaken(OSError):
    """Somebody else listens there, or we may not; `filename` is the place."""


def open_tcp(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortTaken or OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio would not switch Nagle off: 40 ms for each answer written in two pieces.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise PortTaken(error.errno, error.strerror, f"{host}:{port}") from error
    return sock


def open_unix(path: Path, mode: int = 0o600) -> socket.socket:
    """A listening UNIX socket; an old one of that name is replaced."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with local_name(path) as name:
        sock.bind(name)
    path.chmod(mode)
    sock.listen(BACKLOG)
    sock.setblocking(False)
    return sock


class Listener:
    """Serves the connections of one socket in this worker.

    With `tls` it comes first, for those whom `may_start_tls` admits.  Whom `introduces` knows is a load balancer: its
    connections begin with a PROXY header, even before TLS, or they are closed.
    """

    def __init__(
        self,
        sock: socket.socket,
        serve: Serve,
        tls: ssl.SSLContext | None = None,
        may_start_tls: Admits = anybody,
        introduces: Admits = nobody,
        apart: Apart | None = None,
    ) -> None:
        self._socket = sock
        self._serve = serve
        self._tls = tls
        self._may_start_tls = may_start_tls
        self._introduces = introduces
        self._apart = apart
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], Stream] = {}
        self._stops = False

    @property
    def address(self) -> tuple[str, int]:
        name = self._socket.getsockname()
        return (name[0], name[1]) if isinstance(name, tuple) else (str(name), 0)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._socket.family == socket.AF_UNIX:
            self._server = await loop.create_unix_server(lambda: Stream(self._opened), sock=self._socket)
        else:
            self._server = await loop.create_server(lambda: Stream(self._opened), sock=self._socket, backlog=BACKLOG)

    async def stop(self, grace: float) -> None:
        """Accept no more; who has nothing under way is told goodbye, the others get `grace` seconds to finish."""
        self._stops = True
        await self._close()
        for stream in self._tasks.values():
            stream.server_stops()
        await self._ended(grace)
        for stream in self._tasks.values():
            stream.server_stops(at_once=True)
        await self._ended(LAST_WORDS_S)
        for task in self._tasks:
            task.cancel()
        await self._ended(LAST_WORDS_S)

    async def _close(self) -> None:
        """Nobody new; who has been accepted already gets its session, or it would wait for a greeting for ever."""
        server, self._server = self._server, None
        if server is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)  # asyncio's own loop accepts in several turns, and a closed server cannot
        for _ in range(TURNS):
            await asyncio.sleep(0)
        server.close()
        for _ in range(TURNS):  # uvloop accepts until it is closed
            await asyncio.sleep(0)

    async def _ended(self, seconds: float) -> None:
        """Wait for all connections, as long as this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _opened(self, stream: Stream) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS:
            stream.abort()
            return
        task = asyncio.get_running_loop().create_task(self._run(stream))
        self._tasks[task] = stream
        task.add_done_callback(self._tasks.pop)
        if self._stops:
            stream.server_stops()

    async def _run(self, stream: Stream) -> None:
        try:
            if self._introduces(stream.peer_ip):
                await introduced(stream)
            if self._tls is not None:
                if not self._may_start_tls(stream.peer_ip):
                    stream.abort()  # nothing can be said that the peer would understand
                    return
                if self._apart is not None and await _asks_for(stream, self._apart.protocol):
                    await stream.start_tls(self._apart.tls, server_side=True)
                    await self._apart.serve(stream)
                    return
                await stream.start_tls(self._tls, server_side=True)
            await self._serve(stream)
        except (TlsError, ConnectionError, TimeoutError):
            pass  # the peer went away; the session has recorded what was said
        finally:
            await stream.close()


async def _asks_for(stream: Stream, protocol: bytes) -> bool:
    """Whether the peer offers to speak this and nothing else; what it said stays unread."""
    said = b""
    async with asyncio.timeout(HANDSHAKE_S):
        while (protocols := offered(said)) is None:
            more = await stream.read()
            if not more:
                break
            said += more
    stream.unread(said)
    return protocols == (protocol,)
