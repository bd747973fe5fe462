"""One connection to another server: drives the SMTP sender over a stream, and records every line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from pyeonji.acceptance.recorder import Recorder
from pyeonji.journey.event import TlsFailed
from pyeonji.journey.links import without_tokens
from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import ServerStops, Stream
from pyeonji.net.tls import TlsContext
from pyeonji.proto.smtp.outgoing import Answer, Broken, Finished, Outgoing, Ready, SendContent, SenderEvent, TlsReady
from pyeonji.proto.smtp.reply import Reply
from pyeonji.proto.smtp.sender import OCTETS_BEHIND_STARTTLS, Sender
from pyeonji.relay.attempt import Hop
from pyeonji.relay.trust.certificate import Proof, first_name
from pyeonji.relay.trust.demand import Demand
from pyeonji.relay.trust.trust import told_proof
from pyeonji.store.directory import LOCALHOST

BLOCK_S = 180.0  # seconds for one block of content, RFC 5321 §4.5.3.2.5
QUIT_S = 2.0  # seconds to say goodbye; a letter is delivered whether or not QUIT is answered, and a stop waits for it
OURSELVES = Reply(550, "4.6", "That server is ourselves, by its greeting: this message would go in circles")
NO_ANSWER = Reply(451, "4.2", "No answer in time")
LOST = Reply(451, "4.2", "The connection was lost")


class Ended(Exception):
    """The connection is of no more use: their last words, or ours about it."""

    def __init__(self, phase: str, reply: Reply) -> None:
        super().__init__(str(reply))
        self.phase = phase
        self.reply = reply


class LedBack(Ended):
    """It is ourselves: behind a NAT we do not know the address at which others reach us (A13)."""


class NoTls(Exception):
    """STARTTLS came to nothing; in clear it may still work."""


Prove = Callable[[Demand, Sequence[bytes]], Proof]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds, RFC 5321 §4.5.3.2."""

    command: float
    content: float  # after the final dot
    whole: float  # for one try


class Connection:
    """An opened stream, from the greeting to QUIT."""

    def __init__(
        self, hop: Hop, demand: Demand, stream: Stream, recorder: Recorder, hostname: str, patience: Patience
    ) -> None:
        self.hop = hop
        self.demand = demand
        self.recorder = recorder
        self.letters = 0  # that went over it
        self.proof: Proof | None = None  # of the handshake, when there was one
        self._over = False
        self._stream = stream
        self._sender = Sender(hostname)
        self._hostname = hostname.lower()
        self._patience = patience
        self._until = 0.0
        self._dot_sent = False
        self.extensions: dict[str, str] = {}
        self.restart_patience()

    @property
    def encrypted(self) -> bool:
        return self._stream.encrypted

    @property
    def is_open(self) -> bool:
        """False once the server closed it while it waited for another letter."""
        return not self._over and not self._stream.has_unread and not self._stream.at_end

    def is_over(self) -> bool:
        """Nothing more can be said."""
        return self._over

    def restart_patience(self) -> None:
        """A new try begins."""
        self._until = asyncio.get_running_loop().time() + self._patience.whole

    # ── before the letter ──

    async def greet(self, *, chosen: bool = False) -> None:
        """Greeting and hello; raises Ended, and LedBack unless the administrator has `chosen` this server.

        Somebody's server inside and his smart host outside may well have one name.
        """
        await self._until_ready()
        if not chosen and self._sender.greeted_by == self._hostname != LOCALHOST:
            raise LedBack("greeting", OURSELVES)

    async def start_tls(self, context: TlsContext, prove: Prove) -> None:
        """STARTTLS and hello again; raises Ended, NoTls."""
        self._sender.start_tls()
        event = await self._next()
        if not isinstance(event, TlsReady):
            raise NoTls(str(event.reply) if isinstance(event, Answer) else "STARTTLS was refused")
        if self._stream.has_unread:  # octets behind the 220 could only be an attacker's (RFC 3207 §4.2)
            self._over = True
            raise Ended("tls", OCTETS_BEHIND_STARTTLS)
        await self.encrypt(context, prove)
        self._sender.tls_started()
        await self._until_ready()

    async def encrypt(self, context: TlsContext, prove: Prove) -> None:
        """The handshake, and what it proves; raises NoTls, and Ended when that is not enough."""
        name = self.demand.names[0]
        try:
            self._set_deadline(self._patience.command)
            info = await self._stream.start_tls(
                context, server_side=False, hostname=None if name.startswith("[") else name
            )
        except (TlsError, ConnectionError, TimeoutError) as error:
            self.recorder.event(TlsFailed(self.recorder.now_us, str(error) or "no answer"))
            raise NoTls(str(error)) from error
        self.proof = proof = prove(self.demand, info.chain)
        self.recorder.tls_started(replace(info, peer_name=first_name(info.chain), trusted=proof.good))
        self.recorder.event(told_proof(self.recorder.now_us, self.demand, proof))
        if self.demand.must_prove and not proof.good:
            raise Ended("tls", self.demand.refused(proof.words or proof.result))

    async def log_in(self, login: str, password: str) -> None:
        """Raises Ended when the server does not let us in."""
        self._sender.log_in(login, password)
        while not isinstance(event := await self._next(), Ready):
            if isinstance(event, Answer) and not event.reply.positive:
                raise Ended("login", event.reply)

    # ── the letter ──

    async def transact(
        self, outgoing: Outgoing, pieces: AsyncIterator[bytes], sent: Callable[[], None]
    ) -> tuple[tuple[str, Reply], ...]:
        """Carry one letter: (phase, reply) for each recipient.  Raises CannotCarry (nothing was sent).

        `sent` is called when the final dot is: from then on only the server knows whether it has the letter.

        When the connection broke on the way, it is over and the undecided have the reply that says so, in phase
        "content" only if the final dot was on its way.
        """
        self._dot_sent = False
        self._sender.begin(outgoing)
        self.letters += 1
        while True:
            event = await self._next(ending=True)
            if isinstance(event, Finished):
                self._over = self._sender.broken
                if self._over and not self._dot_sent:
                    return tuple(("data" if phase == "content" else phase, reply) for phase, reply in event.outcomes)
                return event.outcomes
            if isinstance(event, SendContent):
                await self._send_content(pieces, sent)

    async def drop(self, because: str) -> None:
        """Close a connection that is of no more use."""
        self._over = True
        await self._stream.close()
        await self.recorder.close(because)

    async def quit(self) -> None:
        """Say goodbye and close; never raises."""
        because = "lost"
        if not self._over:
            self._until = asyncio.get_running_loop().time() + QUIT_S
            self._sender.quit()
            try:
                await self._flush(QUIT_S)
                if octets := await self._stream.read():
                    self._sender.feed(octets)
                    self._record()
                because = ""
            except (ConnectionError, TimeoutError):
                because = "QUIT was not answered"
        self._over = True
        await self._stream.close()
        await self.recorder.close(because)

    def hang_up(self) -> None:
        """We stop: whoever waits for an answer has none in time."""
        self._stream.server_stops(at_once=True)

    def abort(self) -> None:
        """Close at once; nothing more is recorded."""
        self._over = True
        self._stream.abort()

    # ── below ──

    async def _send_content(self, pieces: AsyncIterator[bytes], sent: Callable[[], None]) -> None:
        octets = lines = 0
        try:
            async for piece in pieces:
                octets += len(piece)
                lines += piece.count(b"\n")
                self._sender.content(piece)
                await self._flush(BLOCK_S)
            self._sender.content_done()
            self._dot_sent = True
            sent()
            self._record()  # BDAT stands before what it announces
            self.recorder.content("out", octets, lines)
            await self._flush(BLOCK_S)
        except (TimeoutError, ServerStops):
            self._sender.closed(NO_ANSWER)
        except ConnectionError:
            self._sender.closed(LOST)

    async def _until_ready(self) -> None:
        while not isinstance(event := await self._next(), Ready):
            pass
        self.extensions = event.extensions

    async def _next(self, *, ending: bool = False) -> SenderEvent:
        """The next event; raises Ended when the connection broke (not before Finished, when `ending` is awaited)."""
        while (event := self._sender.next_event()) is None:
            await self._listen()
        if isinstance(event, Broken) and not ending:
            self._over = True
            raise Ended(event.phase, event.reply)
        return event

    async def _listen(self) -> None:
        """Send what is to be sent, hear one piece."""
        try:
            await self._flush(self._patience.command)
            self._set_deadline(self._patience.content if self._dot_sent else self._patience.command)
            octets = await self._stream.read()
        except (TimeoutError, ServerStops):
            self._sender.closed(NO_ANSWER)
        except ConnectionError:
            self._sender.closed(LOST)
        else:
            if octets:
                self._sender.feed(octets)
            else:
                self._sender.closed()
        self._record()

    async def _flush(self, seconds: float) -> None:
        octets = self._sender.take_out()
        self._record()
        if octets:
            self._set_deadline(seconds)
            await self._stream.write(octets)

    def _record(self) -> None:
        for direction, text in self._sender.take_lines():
            if direction == "out":
                self.recorder.line("out", text)
            else:
                self.recorder.line("in", without_tokens(text))

    def _set_deadline(self, seconds: float) -> None:
        left = self._until - asyncio.get_running_loop().time()
        self._stream.set_deadline(max(0.0, min(seconds, left)))
