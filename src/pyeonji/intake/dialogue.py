"""One SMTP dialogue: the machine's events, answered by our rules, recorded line by line."""

from pyeonji.acceptance.recorder import Recorder
from pyeonji.acceptance.spool import HeaderTooLong, Spool
from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion
from pyeonji.delivery.plan import Wanted
from pyeonji.directory.exchange import Caller, Exchange
from pyeonji.directory.guard import Turned
from pyeonji.intake import rules
from pyeonji.intake.authentication import decoded
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.service import MX, Service
from pyeonji.intake.stranger import Stranger
from pyeonji.intake.taking import Client, Envelope, Taking, refused
from pyeonji.journey.event import OF_THE_WRITER
from pyeonji.message.trace_fields import from_clause
from pyeonji.net.stream import Stream
from pyeonji.proto.smtp import event as smtp
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.receiver import Receiver
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.apps import Key
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import StoreError


class Dialogue:
    """Answers events; octets out are collected by `hear` so that one read makes one write (RFC 2920)."""

    __slots__ = (
        "_context", "_envelope", "_esmtp", "_exchange", "_hello", "_key", "_login", "_machine", "_recorder",
        "_service", "_stranger", "_stream", "client", "over", "wants_tls",
    )  # fmt: skip

    def __init__(
        self, machine: Receiver, stream: Stream, service: Service, context: IntakeContext, recorder: Recorder
    ) -> None:
        self.over: str | None = None  # why the dialogue ended; "" after QUIT
        self.wants_tls = False
        self.client: tuple[str, int] | None = None  # for whom the peer says that it speaks
        self._machine = machine
        self._stream = stream
        self._service = service
        self._context = context  # of the server whose letter it is: another one's where a port stands for several
        self._recorder = recorder
        self._hello = ""
        self._esmtp = False
        self._login = ""
        self._key: Key | None = None  # of the app that has logged in
        self._envelope: Envelope | None = None
        self._exchange: Exchange[Account] | None = None
        is_stranger = service is MX and context.front.is_stranger(stream.peer_ip)
        self._stranger = Stranger(context.front, context.greylist, stream.peer_ip, recorder) if is_stranger else None

    # ── what the driver calls ──

    @property
    def in_content(self) -> bool:
        return self._envelope is not None and self._envelope.spool is not None

    def greet(self) -> bytes:
        return self._sent(self._machine.greeting())

    def unwelcome(self) -> tuple[str, Reply] | None:
        """Why the peer must go at once, and what it hears, or None."""
        return None if self._stranger is None else self._stranger.unwelcome()

    def say(self, reply: Reply) -> bytes:
        """A reply that answers no event."""
        return self._sent(reply.to_wire())

    async def part(self, at_once: bool) -> bool:
        """The server stops: 421 between letters, and in the midst of one only when there is no more time for it."""
        if self._envelope is not None and not at_once:
            return False
        await self._stream.write(self.say(replies.SERVER_STOPS))
        return True

    async def hear(self, octets: bytes) -> bytes:
        """What is to be sent after these octets."""
        machine = self._machine
        machine.feed(octets)
        out: list[bytes] = []
        while (event := machine.next_event()) is not None:
            if event.line:
                self._recorder.line("in", event.line)
            out.append(await self._answer(event))
            if self.over is not None or self.wants_tls or self.client is not None:
                break
        return out[0] if len(out) == 1 else b"".join(out)

    async def start_tls(self) -> bool:
        """After the 220: everything said before is forgotten (RFC 3207 §4.2).

        False when octets came behind STARTTLS after all: they are answered in clear, and nothing is ever made of them.
        """
        assert self._context.tls is not None
        if self._stream.has_unread:
            self._machine.feed(await self._stream.read())
        if (event := self._machine.next_event()) is not None:
            await self._stream.write(await self._answer(event))
            return False
        info = await self._stream.start_tls(self._context.tls, server_side=True)
        self.wants_tls = False
        self._recorder.tls_started(info)
        self._hello, self._login, self._key = "", "", None
        self._replace(None)
        self._machine.tls_started(self._service.mechanisms(self._context.logins, self._stream))
        return True

    def forget(self) -> None:
        """The connection is gone: nothing half-received stays."""
        self._replace(None)

    # ── events ──

    async def _answer(self, event: smtp.Event) -> bytes:
        match event:
            case smtp.ContentPart():
                return self._content(event.octets)
            case smtp.ContentEnd():
                return await self._content_end(event)
            case smtp.Mail():
                return self._reply(await self._mail(event))
            case smtp.Rcpt():
                return self._reply(await self._rcpt(event))
            case smtp.DataStart():
                return self._reply(self._data())
            case smtp.BdatChunk():
                return self._reply(self._chunk(event))
            case smtp.Hello():
                self._hello, self._esmtp = event.domain, event.verb != "HELO"
                self._replace(None)
                return self._reply(replies.HELLO)
            case smtp.Wrong():
                if event.close:
                    self.over = f"refused: {event.reply.text}"
                refused(self._recorder, event.reply, "protocol")
                return self._reply(event.reply)
            case smtp.Auth() | smtp.AuthResponse():
                return self._reply(await self._auth(event))
            case smtp.StartTls():
                peer = self._stream.peer_ip
                if not (self._context.trusts(peer) or self._context.guard.may_start_tls(peer)):
                    refused(self._recorder, replies.TLS_UNAVAILABLE, Turned.HANDSHAKES.value)
                    return self._reply(replies.TLS_UNAVAILABLE)
                self.wants_tls = True
                return self._reply(replies.READY_FOR_TLS)
            case smtp.Introduced():
                self.client = (event.ip, event.port)
                return b""  # the greeting of the conversation that begins is the answer
            case smtp.Quit():
                self.over = ""
                return self._reply(replies.BYE)
            case smtp.Reset():
                self._replace(None)
        return self._reply(event.usual)

    async def _mail(self, event: smtp.Mail) -> Reply:
        refusal = await rules.reverse_path_refusal(self._context, self._service, self._login, event.reverse_path)
        if refusal is not None:
            refused(self._recorder, refusal, OF_THE_WRITER, str(event.reverse_path or ""))
            return refusal
        if self._stranger is not None and not self._stranger.may_send():
            refused(self._recorder, replies.TOO_MANY_LETTERS, "too many letters in a minute")
            return replies.TOO_MANY_LETTERS
        self._replace(Envelope(event.reverse_path, event.parameters))
        return replies.REVERSE_PATH_OK

    async def _rcpt(self, event: smtp.Rcpt) -> Reply:
        envelope = self._envelope
        assert envelope is not None
        if not self._turned_to(event.address, envelope):
            return replies.TOO_MANY_RECIPIENTS
        peer = self._stream.peer_ip
        because = "forward-path"
        refusal = await self._context.policy.at_recipient(event.address, envelope.reverse_path, peer)
        if refusal is None and self._stranger is not None:
            because, refusal = "dnsbl", await self._stranger.refusal(event.address)
        if refusal is None:
            because = "forward-path"
            expansion = await self._expansion(event.address, envelope.reverse_path is None)
            refusal = rules.forward_path_refusal(
                expansion,
                may_relay=self._may_relay,
                declared_size=envelope.parameters.size or 0,
                service=self._service,
            )
            if refusal is not None and (dead_end := expansion.dead_end) is not None:
                because = str(dead_end)
        if refusal is None and self._stranger is not None:
            because = "greylist"
            refusal = await self._stranger.delay(self._hello, envelope.reverse_path, event.address)
        if refusal is not None:
            refused(self._recorder, refusal, because, str(event.address))
            return await self._guessed(envelope) if refusal is replies.NO_SUCH_MAILBOX else refusal
        wanted = Wanted(event.address, event.parameters.notify, event.parameters.orcpt)
        envelope.recipients.append((wanted, expansion))
        return replies.RECIPIENT_OK

    async def _expansion(self, address: Address, null_path: bool) -> Expansion:
        if not self._service.lmtp:
            back = await self._context.forwarding.comes_back(address, null_path=null_path)
            if back is not None:
                return back
        return await self._context.expansions.of(address)

    async def _guessed(self, envelope: Envelope) -> Reply:
        """Nobody is called that: a stranger who tries many names waits, and then must go (S18)."""
        envelope.guesses += 1
        if self._may_relay() or self._service.lmtp:
            return replies.NO_SUCH_MAILBOX
        first = envelope.guesses == 1 and not envelope.recipients
        if not await self._context.guard.guessed(self._stream.peer_ip, first=first):
            return replies.NO_SUCH_MAILBOX
        self.over = Turned.GUESSES.value
        refused(self._recorder, replies.TOO_MANY_GUESSES, self.over)
        return replies.TOO_MANY_GUESSES

    def _turned_to(self, address: Address, envelope: Envelope) -> bool:
        """LMTP for several servers: a letter is for recipients of one of them, the others come in the next."""
        others = self._context.others
        if others is None or not self._service.lmtp:
            return True
        theirs = others.of_address(address)
        if envelope.recipients and theirs is not self._context:
            return False
        self._turn_to(theirs)
        return True

    def _turn_to(self, context: IntakeContext) -> None:
        self._context = context
        self._recorder.move(context.acceptance.home)

    def _data(self) -> Reply:
        self._open_spool()
        return replies.GO_AHEAD

    def _chunk(self, event: smtp.BdatChunk) -> Reply:
        envelope = self._envelope
        if envelope is not None and envelope.trouble is not None:
            reply = envelope.trouble
            self._replace(None)
            return reply
        return replies.CHUNK_OK

    def _content(self, octets: bytes) -> bytes:
        spool = self._open_spool()
        envelope = self._envelope
        assert envelope is not None
        if envelope.trouble is None:
            try:
                spool.add(octets)
            except HeaderTooLong:
                envelope.trouble = replies.MESSAGE_TOO_BIG
            except StoreError:
                envelope.trouble = replies.NO_SPACE
        return b""

    async def _content_end(self, event: smtp.ContentEnd) -> bytes:
        envelope = self._envelope
        assert envelope is not None
        self._recorder.content("in", event.size, event.lines)
        trouble = event.problem or envelope.trouble
        if trouble is not None:
            refused(self._recorder, trouble, "content")
            said = [trouble] * (len(envelope.recipients) if self._service.lmtp else 1)
        else:
            said = await self._take(envelope)
        self._replace(None)
        if event.close:
            self.over = f"refused: {said[0].text}"
        if self._service.lmtp:
            return self._sent(self._machine.replies(said))
        return self._sent(self._machine.reply(said[0]))  # a letter that is refused is no mistake in speaking

    async def _take(self, envelope: Envelope) -> list[Reply]:
        """250 means that the letter is ours now."""
        spool = self._open_spool()  # BDAT 0 LAST alone brings no octet that would have opened it
        spool.finish()
        client = Client(
            self._login,
            self._from_host(),
            self._protocol(),
            self._may_relay(),
            self._hello,
            *self._as_stranger(),
            self._key,
        )
        return await Taking(self._context, self._service, self._recorder, envelope, spool, client).replies()

    def _as_stranger(self) -> tuple[str, tuple[str, ...]]:
        """The address of a peer whose letters are looked at, and why they are junk already."""
        return ("", ()) if self._stranger is None else (self._stranger.ip, self._stranger.marks)

    # ── AUTH ──

    async def _auth(self, event: smtp.Auth | smtp.AuthResponse) -> Reply:
        guard, peer = self._context.guard, self._stream.peer_ip
        if guard.bars(peer):
            self.over = Turned.FAILURES.value
            refused(self._recorder, replies.TOO_MANY_FAILURES, self.over)
            return replies.TOO_MANY_FAILURES
        if isinstance(event, smtp.Auth):
            caller = Caller(
                peer, self._service.name, self._stream.bindings, self._stream.encrypted, self._stream.certified
            )
            nonce = self._context.acceptance.ids.token(18)
            self._exchange = Exchange(self._context.logins, guard, caller, event.mechanism, nonce)
            if not self._exchange.is_known:
                return replies.UNKNOWN_MECHANISM
            response = event.initial
        else:
            response = event.octets
            if response is None:
                return replies.AUTH_CANCELLED
        assert self._exchange is not None
        if response is not None and (response := decoded(response)) is None:
            return replies.BAD_BASE64
        challenge = await self._exchange.step(response)
        if challenge is not None:
            return replies.challenge(challenge)
        account = self._exchange.found
        if account is None:
            exchange = self._exchange
            self._recorder.login_failed(exchange.mechanism, exchange.because, exchange.login, exchange.outcome)
            return replies.LOGIN_UNAVAILABLE if self._exchange.barred else replies.LOGIN_FAILED
        self._login, self._key = account.address, self._exchange.key
        if self._context.others is not None:
            self._turn_to(self._context.others.of_login(account.address))
        self._recorder.logged_in(account.address, self._exchange.mechanism)
        self._machine.authenticated()
        return replies.LOGGED_IN

    # ── below ──

    def _may_relay(self) -> bool:
        if self._service.local_socket or self._login:
            return True
        return not self._service.lmtp and self._context.trusts(self._stream.peer_ip)

    def _from_host(self) -> str:
        return from_clause(self._hello, "", self._stream.peer_ip) if self._stream.peer_ip else ""

    def _protocol(self) -> str:
        """The "with" word of RFC 3848."""
        if self._service.lmtp:
            return "LMTP"
        if not self._esmtp:
            return "SMTP"
        utf8 = "UTF8" if self._envelope and self._envelope.parameters.smtputf8 else "E"
        return f"{utf8}SMTP{'S' if self._recorder.encrypted else ''}{'A' if self._login else ''}"

    def _open_spool(self) -> Spool:
        envelope = self._envelope
        assert envelope is not None
        if envelope.spool is None:
            acceptance = self._context.acceptance
            envelope.number = acceptance.ids.receipt()
            envelope.spool = Spool(acceptance.spool, envelope.number)
        return envelope.spool

    def _replace(self, envelope: Envelope | None) -> None:
        """The one place where a transaction ends or begins: nothing of the last one is left."""
        if self._envelope is not None and self._envelope.spool is not None:
            self._envelope.spool.discard()
        self._envelope = envelope

    def _reply(self, reply: Reply) -> bytes:
        if reply.permanent and self._stranger is not None and not self._stranger.may_err():
            self.over, reply = "too many errors in a minute", replies.TOO_MANY_ERRORS
        return self._sent(self._machine.reply(reply))

    def _sent(self, octets: bytes) -> bytes:
        self._recorder.replied(octets)
        return octets
