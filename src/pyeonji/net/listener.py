"""Listening sockets: opened once, shared by the workers, one task per connection."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from pyeonji.net.deadlines import Deadlines
from pyeonji.net.introduction import introduced
from pyeonji.net.local_name import local_name
from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import HANDSHAKE_S, Stream
from pyeonji.proto.hello import offered

LAST_WORDS_S = 1.0  # seconds to say goodbye when the time for what was under way is over
AT_ONCE = 2  # connections taken in one go: those that come together are for all workers
APART_S = 0.001  # seconds between two goes of one worker, in which the others take theirs
FULL_S = 1.0  # seconds until the next look where the system has no room for another connection
BACKLOG = 1024  # connections that may wait to be accepted
MAX_CONNECTIONS = 20_000  # per worker and listener; beyond it a connection is closed at once (F25)

# Too many files are open, or there is no memory: whoever waits to be accepted goes on waiting.
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

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
        self._again: asyncio.TimerHandle | None = None  # until the next look
        self._connecting: set[asyncio.Task[None]] = set()  # have no session yet
        self._tasks: dict[asyncio.Task[None], Stream] = {}
        self._deadlines = Deadlines()
        self._stops = False

    @property
    def address(self) -> tuple[str, int]:
        name = self._socket.getsockname()
        return (name[0], name[1]) if isinstance(name, tuple) else (str(name), 0)

    async def start(self) -> None:
        self._look()

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

    def _look(self) -> None:
        self._again = None
        asyncio.get_running_loop().add_reader(self._socket, self._take)

    def _take(self) -> None:
        """Some of those who wait.  The first worker that wakes would else have all ten connections of a burst, and the
        other cores nothing to do."""
        pause_s = 0.0
        for _ in range(AT_ONCE):
            try:
                sock, _ = self._socket.accept()
            except BlockingIOError:  # nobody, or another worker was faster
                break
            except OSError as error:
                if error.errno not in NO_ROOM:
                    continue  # that one has gone again
                pause_s = FULL_S
                break
            pause_s = APART_S
            self._connect(sock)
        if pause_s:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            self._again = loop.call_later(pause_s, self._look)

    def _connect(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(_connected(loop, lambda: Stream(self._opened, self._deadlines), sock))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _close(self) -> None:
        """Nobody new; who has been accepted already gets its session, or it would wait for a greeting for ever."""
        if self._socket.fileno() < 0:
            return  # long closed
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._again is not None:
            self._again.cancel()
        while self._connecting:
            await asyncio.wait(self._connecting)
        self._socket.close()

    async def _ended(self, seconds: float) -> None:
        """Wait for all connections, as long as this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _opened(self, stream: Stream) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS:
            stream.abort()
            return
        # One name for all: asyncio would make one for each, and keep it.
        task = asyncio.get_running_loop().create_task(self._run(stream), name="connection")
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


async def _connected(loop: asyncio.AbstractEventLoop, stream: Callable[[], Stream], sock: socket.socket) -> None:
    sock.setblocking(False)
    with contextlib.suppress(OSError):  # it has gone already
        await loop.connect_accepted_socket(stream, sock)


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
