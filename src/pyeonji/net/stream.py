"""One connection, plain or encrypted, as the stations see it: read octets, write octets, start TLS, close.

Why not asyncio's streams: they allocate a 256 KiB buffer per TLS connection (277 KiB each when idle against 18), and
octets that arrive before a STARTTLS handshake stay readable after it.  Here TLS is over memory (net/memory_tls), so
starting it is a change of two functions, and what was buffered before is never carried over.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, cast

from pyeonji.net.deadlines import LATE_S, Deadlines, Moment
from pyeonji.net.deflate import Deflate
from pyeonji.net.memory_tls import MemoryTls, TlsError, TlsInfo
from pyeonji.net.peer import login_name, peer_uid

READ_LIMIT = 256 * 1024  # octets buffered before we stop reading from the peer
WRITE_LIMIT = 256 * 1024  # octets the peer may leave unread before writing waits (reliability I06)
DEFLATE_CHUNK = 256 * 1024  # octets compressed at once: 3 ms
HANDSHAKE_S = 10.0  # seconds for a whole TLS handshake (S24)
LINGER_S = 20.0  # seconds in which a peer that still sends may read our last words
LINGER_OCTETS = 64 << 20  # what it may send meanwhile: a letter of the largest size, thrown away as it comes
SILENT_S = 3.0  # seconds for which a stop waits for a peer from which, or to which, no octet moves (adr/0037)
CLOSE_S = 30.0  # seconds for our last octets to leave: 256 KiB over a slow line, then we hang up
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux
STOPS = "the server stops"
LOCAL = "local"  # the peer of a UNIX socket


class ServerStops(ConnectionError):
    """Our server stops and ends the connection; what there was to say has been said."""


Parting = Callable[[bool], Awaitable[bool]]


async def part_silently(at_once: bool) -> bool:
    """Whoever has nothing to say, and never anything under way while it reads."""
    return True


class Stream(asyncio.Protocol):
    """See the top of this module.  One reader and one writer at a time.

    When the server stops, a station that waits for its peer is asked to part: `parting(at_once)` says goodbye and is
    True, or is False because something is under way that the peer will finish.  `at_once`: there is no time for it, or
    the peer does not go on.
    """

    __slots__ = (
        "_buffered", "_chunks", "_deadline", "_deflate", "_early", "_eof", "_half_closed", "_loop", "_lost", "_moment",
        "_opened", "_reader", "_reading_paused", "_stops", "_stops_at_once", "_tls", "_transport", "_writer",
        "_writing_paused", "deadlines", "parting", "peer", "peer_ip", "through", "tls",
    )  # fmt: skip

    def __init__(self, opened: "Callable[[Stream], None] | None" = None, deadlines: Deadlines | None = None) -> None:
        self.deadlines = deadlines or Deadlines()  # of all that come to the same listener
        self.peer = ""
        self.peer_ip = ""
        self.through = ""  # the peer that says it speaks for `peer`: a load balancer
        self.tls: TlsInfo | None = None
        self._opened = opened  # is called once
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._reading_paused = False
        self._eof = False
        self._lost: BaseException | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._writing_paused = False
        self._deadline: float | None = None
        self._moment: Moment | None = None  # when we look at the deadline
        self._tls: MemoryTls | None = None
        self._deflate: Deflate | None = None
        self._early = b""  # came behind the end of what was compressed
        self.parting: Parting = part_silently
        self._stops = False
        self._stops_at_once = False
        self._half_closed = False

    # ── what stations use ──

    @property
    def encrypted(self) -> bool:
        return self._tls is not None

    @property
    def bindings(self) -> Mapping[str, bytes]:
        """What a login in this connection may be bound to (RFC 5056), by name; nothing in clear."""
        return self.tls.bindings if self.tls is not None else {}

    @property
    def certified(self) -> tuple[str, ...]:
        """The (folded) logins that its certificate vouches for; none in clear."""
        return self.tls.certified if self.tls is not None else ()

    @property
    def is_loopback(self) -> bool:
        """The peer is on this machine: nobody in between can overhear."""
        try:
            return not self.peer_ip or ipaddress.ip_address(self.peer_ip).is_loopback
        except ValueError:
            return False

    @property
    def peer_user(self) -> str:
        """Who has opened a local connection, as the kernel knows; "" for any other."""
        sock = self.extra("socket") if self.peer == LOCAL else None
        uid = peer_uid(sock.fileno()) if sock is not None else None  # type: ignore[attr-defined]
        return "" if uid is None else login_name(uid)

    def set_deadline(self, seconds: float | None) -> None:
        """From now on reads and writes together have this long, or LATE_S more; then TimeoutError.  None takes it away.

        Deadlines move with every command, and the moment is not moved with them: we look at the deadline when it comes.
        """
        if seconds is None:
            self._deadline = None
            return
        self._deadline = deadline = self._loop.time() + seconds
        if (moment := self._moment) is None or moment.when > deadline + LATE_S:
            self._ring_no_more()
            self._moment = self.deadlines.put(self, seconds)

    def _ring_no_more(self) -> None:
        if self._moment is not None:
            self._moment.discard(self)
            self._moment = None

    def ring(self) -> None:
        self._moment = None
        if self._deadline is None:
            return
        left_s = self._deadline - self._loop.time()
        if left_s > 0:
            self._moment = self.deadlines.put(self, left_s)
            return
        for future in (self._reader, self._writer):
            if future is not None and not future.done():
                future.set_exception(TimeoutError())

    def read(self) -> Coroutine[Any, Any, bytes]:
        """What has arrived; b"" when the peer has closed.  Raises TimeoutError, ConnectionError."""
        if self._deflate is not None or self._early:
            return self._read_plain()
        return self._read_raw() if self._tls is None else self._read_deciphered()

    async def _read_plain(self) -> bytes:
        if self._early:
            early, self._early = self._early, b""
            return early
        if self._deflate is None:
            return await self._read_deciphered()
        while not (octets := self._deflate.take()):
            octets = b"" if self._deflate.is_over else await self._read_deciphered()
            if not octets:
                return b""
            self._deflate.put(octets)
        return octets

    async def _read_deciphered(self) -> bytes:
        if self._tls is None:
            return await self._read_raw()
        if self._tls.pending:
            early, self._tls.pending = self._tls.pending, b""
            return early
        while not self._tls.closed:
            octets = await self._read_raw()
            if not octets:
                return b""
            plain = self._tls.decrypt(octets)
            await self._flush_tls()
            if plain:
                return plain
        return b""  # the peer said goodbye in TLS, and its connection may stay open for as long as it likes

    def write(self, octets: bytes) -> Coroutine[Any, Any, None]:
        """Send; waits while the peer leaves too much unread.  Raises TimeoutError, ConnectionError."""
        if self._deflate is None:
            return self._write_raw(octets) if self._tls is None else self._write_ciphered(octets)
        return self._write_deflated(self._deflate, octets)

    async def _write_deflated(self, deflate: Deflate, octets: bytes) -> None:
        for start in range(0, len(octets), DEFLATE_CHUNK):
            last = start + DEFLATE_CHUNK >= len(octets)
            await self._write_ciphered(deflate.deflate(octets[start : start + DEFLATE_CHUNK], flush=last))
            if not last:
                await asyncio.sleep(0)  # others have their turn

    async def _write_ciphered(self, octets: bytes) -> None:
        if self._tls is not None:
            for piece in self._tls.encrypt(octets):
                await self._write_raw(piece)
        elif octets:
            await self._write_raw(octets)

    def acknowledge_soon(self) -> None:
        """What comes next is acknowledged at once by the kernel, not up to 40 ms later with our answer.

        For a peer that says one thing in two writes, as Python's imaplib does with a literal and the end of its line:
        its kernel keeps the second back until the first is acknowledged (Nagle's algorithm, RFC 1122 §4.2.3.4).
        """
        sock = self.extra("socket")
        if QUICK_ACK is not None and sock is not None and self.peer_ip:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)  # type: ignore[attr-defined]

    async def start_tls(self, context: ssl.SSLContext, *, server_side: bool, hostname: str | None = None) -> TlsInfo:
        """Encrypt from here on.  The caller has made sure that nothing is buffered.  Raises TlsError."""
        tls = MemoryTls(context, server_side, hostname)
        parting, self.parting = self.parting, part_silently  # inside a handshake nothing can be said
        async with asyncio.timeout(HANDSHAKE_S):
            try:
                while not tls.step():
                    await self._write_raw(tls.take())
                    octets = await self._read_raw()
                    if not octets:
                        raise TlsError("the peer closed the connection during the handshake")
                    tls.put(octets)
                await self._write_raw(tls.take())
            except ssl.SSLError as error:
                with contextlib.suppress(OSError):
                    await self._write_raw(tls.take())  # the alert that says why
                raise TlsError(str(error)) from error
        self._tls = tls
        self.parting = parting
        self.tls = tls.info()
        tls.pending = tls.decrypt(b"")  # what came in the same packet as the end of the handshake
        return self.tls

    def start_deflate(self) -> None:
        """Compress from here on; the peer does so too with all that was not read yet."""
        self._deflate = Deflate()

    def end_deflate(self) -> None:
        """Neither side compresses any more.  Raises ConnectionError where the peer goes on with it."""
        if self._deflate is not None:
            self._early = self._deflate.end()
            self._deflate = None

    async def linger(self) -> None:
        """Our last words are said, but the peer may still be sending: let it find them.  Never raises.

        To close while octets come in is to reset the connection, and a reset takes away what the peer has not read yet
        (RFC 1122 §4.2.2.13): it would never learn why it was refused.
        """
        transport = self._transport
        if transport is None or self._eof or self._lost is not None:
            return
        self.parting = part_silently
        with contextlib.suppress(OSError, ssl.SSLError, RuntimeError, TimeoutError):
            if self._tls is not None:
                transport.write(self._tls.goodbye())
            self._half_closed = True
            transport.write_eof()
            self.set_deadline(LINGER_S)
            left = LINGER_OCTETS
            while left > 0 and (octets := await self._read_raw()):
                left -= len(octets)

    async def close(self) -> None:
        """Send what is left, say goodbye in TLS, and close.  Never raises."""
        transport = self._transport
        if transport is None:
            return
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            if self._tls is not None and self._lost is None and not self._half_closed:
                transport.write(self._tls.goodbye())
        transport.close()
        if self._lost is None and transport.get_write_buffer_size():
            # A peer that never reads would keep socket and octets for ever (I07).
            self._loop.call_later(CLOSE_S, transport.abort)

    def server_stops(self, *, at_once: bool = False) -> None:
        """A read that waits, now or later, ends with ServerStops as soon as the station can part or the peer is silent;
        a write, when the peer takes nothing."""
        self._stops, self._stops_at_once = True, at_once
        _wake(self._reader)
        if self._writer is not None:
            self._be_brief(self._writer)

    def abort(self) -> None:
        """Close at once, without another octet."""
        if self._transport is not None:
            self._transport.abort()

    def unread(self, octets: bytes) -> None:
        """What was read too far comes first in the next read; only before TLS and compression."""
        if octets:
            self._chunks.insert(0, octets)
            self._buffered += len(octets)

    def comes_from(self, ip: str, port: int) -> None:
        """Who has opened the connection speaks for somebody else: from here on that one is the peer."""
        self.through = self.peer
        self._is_peer(ip, port)

    def _is_peer(self, ip: str, port: int) -> None:
        self.peer_ip = ip
        self.peer = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"

    @property
    def has_unread(self) -> bool:
        """Octets of the peer wait to be read (someone who talks before the greeting)."""
        return bool(self._chunks) or (self._tls is not None and bool(self._tls.pending))

    @property
    def is_lost(self) -> bool:
        """Nothing that is written reaches the peer any more."""
        return self._lost is not None

    @property
    def at_end(self) -> bool:
        """The peer has closed; what it sent before may still be read."""
        return self._eof

    # ── asyncio.Protocol ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()  # kept: before Python 3.12 each question for it is a system call
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_LIMIT)
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            self._is_peer(str(name[0]), name[1])
        else:
            self.peer = LOCAL
        opened, self._opened = self._opened, None
        if opened is not None:
            opened(self)

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._buffered += len(data)
        if self._buffered > READ_LIMIT and not self._reading_paused and self._transport is not None:
            self._transport.pause_reading()
            self._reading_paused = True
        _wake(self._reader)

    def eof_received(self) -> bool:
        self._eof = True
        _wake(self._reader)
        return True  # we may still have something to say

    def connection_lost(self, exc: Exception | None) -> None:
        self._ring_no_more()
        self._eof = True
        self._lost = exc or ConnectionResetError("the connection is closed")
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writer)

    # ── below ──

    def extra(self, name: str) -> object:
        """What the transport knows: "socket", "sockname", ..."""
        return self._transport.get_extra_info(name) if self._transport else None

    async def _read_raw(self) -> bytes:
        while not self._chunks:
            if self._eof:
                return b""
            if self._stops:
                if await self.parting(self._stops_at_once) or self._stops_at_once:
                    raise ServerStops(STOPS)
                if self._chunks:
                    break
            self._check_deadline()
            self._reader = self._loop.create_future()
            if self._stops:
                self._be_brief(self._reader)
            try:
                await self._reader
            finally:
                self._reader = None
        chunks, self._chunks = self._chunks, []
        self._buffered = 0
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            with contextlib.suppress(RuntimeError):  # closing
                self._transport.resume_reading()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _write_raw(self, octets: bytes) -> None:
        if self._transport is None or self._lost is not None:
            raise ConnectionResetError("the connection is closed")
        if octets:
            self._transport.write(octets)
        while self._writing_paused:
            self._writer = self._loop.create_future()
            if self._stops:
                self._be_brief(self._writer)
            try:
                self._check_deadline()
                await self._writer
            finally:
                self._writer = None
            if self._lost is not None:
                raise ConnectionResetError("the connection is closed")

    def _be_brief(self, waits: "asyncio.Future[None]") -> None:
        """The server stops: nobody waits for long for a peer that does nothing."""
        self._loop.call_later(0.0 if self._stops_at_once else SILENT_S, self._does_nothing, waits)

    def _does_nothing(self, waits: "asyncio.Future[None]") -> None:
        if waits.done():
            return
        if waits is self._reader:
            self.server_stops(at_once=True)
        else:
            waits.set_exception(ServerStops(STOPS))

    async def _flush_tls(self) -> None:
        if self._tls is not None and (octets := self._tls.take()):
            await self._write_raw(octets)

    def _check_deadline(self) -> None:
        if self._deadline is not None and self._loop.time() >= self._deadline:
            raise TimeoutError


def _wake(future: "asyncio.Future[None] | None") -> None:
    if future is not None and not future.done():
        future.set_result(None)


async def dial(ip: str, port: int, *, timeout: float, local: str | None = None) -> Stream:
    """Connect; raises OSError or TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout):
        _, stream = await loop.create_connection(Stream, ip, port, local_addr=(local, 0) if local else None)
    return stream
