"""POP3 on one connection: the machine's commands, answered from a maildrop."""

import asyncio
import base64
import binascii

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext, Visitor
from pyeonji.access.login import MAX_FAILURES, may_log_in
from pyeonji.access.pop3.maildrop import InUse, Maildrop
from pyeonji.directory.exchange import Exchange
from pyeonji.directory.guard import Turned
from pyeonji.net.stream import Stream
from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.session import Command, Response, Session, Wrong
from pyeonji.proto.sasl import MECHANISMS
from pyeonji.store.engine.base import StoreError

FAIR = 50  # commands of one client, said at once, before others have their turn
IDLE_S = 600.0  # seconds a silent client is kept; RFC 1939 §3: at least ten minutes


async def serve(stream: Stream, context: AccessContext) -> None:
    """One connection, from the greeting to the end."""
    with context.guard.visit(stream.peer_ip, logs_in=True) as turned:
        await _serve(stream, context, turned)


async def _serve(stream: Stream, context: AccessContext, turned: Turned | None) -> None:
    recorder = Recorder.visited(context.home, context.clock, context.ids, context.service, stream)
    station = Station(stream, context, recorder)
    because = "closed without QUIT"
    try:
        if turned is not None:
            because = turned.value
            if not context.guard.is_news(stream.peer_ip):
                recorder.fold()
            await station.turn_away(because)
            return
        because = await station.run()
        if because:
            await stream.linger()
    except TimeoutError:
        because = "idle for too long"
    except ConnectionError as error:
        because = str(error)
    finally:
        station.close()
        await stream.close()
        await recorder.close(because)


class Station:
    """The state of one connection beside the machine's."""

    def __init__(self, stream: Stream, context: AccessContext, recorder: Recorder) -> None:
        self._stream = stream
        self._context = context
        self._recorder = recorder
        self._machine = Session()
        self._named = ""
        self._exchange: Exchange[Visitor] | None = None
        self._maildrop: Maildrop | None = None
        self._over: str | None = None
        self._utf8_mode = False
        self._failures = 0

    async def run(self) -> str:
        """Until the end; why it ended ("" after QUIT)."""
        self._stream.set_deadline(IDLE_S)
        await self._say(answer.GREETING)
        self._stream.parting = self._part
        while self._over is None:
            octets = await self._stream.read()
            if not octets:
                return "closed without QUIT"
            self._machine.feed(octets)
            done = 0
            while self._over is None and (event := self._machine.next_event()) is not None:
                self._stream.set_deadline(IDLE_S)  # a whole command, not an octet, shows that somebody is there (S10)
                done += 1
                if done % FAIR == 0:
                    await asyncio.sleep(0)
                self._recorder.line("in", event.line)
                await self._answer(event)
        return self._over

    def close(self) -> None:
        if self._maildrop is not None:
            self._maildrop.close()

    async def _part(self, at_once: bool) -> bool:
        """The server stops.  Without QUIT nothing is removed (RFC 1939 §6): there is never anything to finish."""
        await self._say(answer.SERVER_STOPS)
        return True

    async def turn_away(self, because: str) -> None:
        await self._say(answer.turned_away(because))

    async def _say(self, octets: bytes, content: bool = False) -> None:
        """Send; of content only the first line is kept."""
        self._recorder.replied(octets[: octets.find(b"\n") + 1] if content else octets[:400])
        await self._stream.write(octets)

    async def _answer(self, event: Command | Response | Wrong) -> None:
        if isinstance(event, Wrong):
            if event.close:
                self._over = "refused: " + event.answer.decode().strip()
            await self._say(event.answer)
            return
        try:
            if isinstance(event, Response):
                await self._respond(event.octets)
            else:
                await getattr(self, f"_{event.verb.lower()}")(event)
        except StoreError:
            await self._say(answer.UNAVAILABLE)

    # ── authorization ──

    def _may_log_in(self) -> bool:
        return may_log_in(self._context, self._stream)

    async def _capa(self, command: Command) -> None:
        words = [b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING", b"EXPIRE NEVER", b"UTF8"]
        if self._maildrop is None and self._may_log_in():
            words += [b"USER", b"SASL " + " ".join(MECHANISMS).encode()]
        if self._context.tls is not None and not self._stream.encrypted and self._maildrop is None:
            words.append(b"STLS")
        words.append(b"IMPLEMENTATION pyeonji")
        await self._say(answer.lines(b"+OK\r\n", words))

    async def _stls(self, command: Command) -> None:
        if self._context.tls is None or self._stream.encrypted:
            await self._say(answer.NO_TLS)
            return
        await self._say(answer.TLS)
        info = await self._stream.start_tls(self._context.tls, server_side=True)
        self._machine.tls_started()
        self._named, self._utf8_mode = "", False
        self._recorder.tls_started(info)

    async def _utf8(self, command: Command) -> None:
        self._utf8_mode = True
        await self._say(answer.UTF8)

    async def _user(self, command: Command) -> None:
        if not self._may_log_in():  # said here already, so that no client sends PASS in clear
            await self._say(answer.ENCRYPTION_FIRST)
            return
        self._named = command.text
        await self._say(answer.SEND_PASSWORD)

    async def _pass(self, command: Command) -> None:
        user, self._named = self._named, ""
        if await self._barred():
            return
        if not user:
            await self._say(answer.USER_FIRST)
        elif not self._may_log_in():
            await self._say(answer.ENCRYPTION_FIRST)
        else:
            visitor = await self._context.doorman.password(user, command.text)
            await self._enter(visitor, "USER", f"wrong password for {user}")

    async def _barred(self) -> bool:
        """Turn away a peer that has failed too often, also in other connections."""
        if not self._context.guard.bars(self._stream.peer_ip):
            return False
        self._over = Turned.FAILURES.value
        await self.turn_away(self._over)
        return True

    async def _auth(self, command: Command) -> None:
        if not command.text:
            await self._say(answer.lines(b"+OK\r\n", [name.encode() for name in MECHANISMS]))
            return
        if not self._may_log_in():
            await self._say(answer.ENCRYPTION_FIRST)
            return
        if await self._barred():
            return
        self._exchange = Exchange(self._context.doorman, command.text, self._context.ids.token(18))
        if not self._exchange.is_known:
            self._exchange = None
            await self._say(answer.UNKNOWN_MECHANISM)
            return
        self._machine.expects_response = True
        await self._go_on(command.initial)

    async def _respond(self, octets: bytes | None) -> None:
        if octets is None:
            self._machine.expects_response = False
            await self._say(answer.CANCELLED)
            return
        await self._go_on(octets)

    async def _go_on(self, octets: bytes | None) -> None:
        assert self._exchange is not None
        try:
            response = None if octets is None else base64.b64decode(octets, validate=True)
        except (binascii.Error, ValueError):
            self._machine.expects_response = False
            await self._say(answer.BAD_ARGUMENT)
            return
        challenge = await self._exchange.step(response)
        if challenge is not None:
            await self._say(answer.challenge(base64.b64encode(challenge)))
            return
        self._machine.expects_response = False
        await self._enter(self._exchange.found, self._exchange.mechanism, self._exchange.because)

    async def _enter(self, visitor: Visitor | None, mechanism: str, because: str) -> None:
        if visitor is None:
            self._recorder.login_failed(mechanism, because)
            await self._context.guard.login_failed(self._stream.peer_ip)
            self._failures += 1
            if self._failures >= MAX_FAILURES:
                self._over = "too many failed logins"
            await self._say(answer.LOGIN_FAILED)
            return
        try:
            self._maildrop = await Maildrop.open(visitor)
        except InUse:
            await self._say(answer.IN_USE)
            return
        self._recorder.logged_in(visitor.account.address, mechanism)
        self._machine.logged_in()
        await self._say(answer.ok("maildrop ready"))

    # ── transaction ──

    @property
    def _drop(self) -> Maildrop:
        assert self._maildrop is not None
        return self._maildrop

    async def _noop(self, command: Command) -> None:
        await self._say(answer.OK)

    async def _stat(self, command: Command) -> None:
        visible = self._drop.visible()
        await self._say(answer.ok(f"{len(visible)} {sum(entry.size for _, entry in visible)}"))

    async def _list(self, command: Command) -> None:
        if command.number:
            entry = self._drop.entry(command.number)
            await self._say(answer.ok(f"{command.number} {entry.size}") if entry else answer.NO_SUCH_MESSAGE)
            return
        await self._say(answer.lines(b"+OK\r\n", [b"%d %d" % (n, entry.size) for n, entry in self._drop.visible()]))

    async def _uidl(self, command: Command) -> None:
        drop = self._drop
        if command.number:
            entry = drop.entry(command.number)
            said = answer.ok(f"{command.number} {drop.unique_id(entry)}") if entry else answer.NO_SUCH_MESSAGE
            await self._say(said)
            return
        items = [f"{n} {drop.unique_id(entry)}".encode() for n, entry in drop.visible()]
        await self._say(answer.lines(b"+OK\r\n", items))

    async def _retr(self, command: Command) -> None:
        if not await self._may_read(command.number):
            return
        content = await self._drop.content(command.number)
        await self._say(answer.ok(f"{len(content)} octets") + answer.stuffed(content), content=True)

    async def _top(self, command: Command) -> None:
        if not await self._may_read(command.number):
            return
        content = await self._drop.top(command.number, command.count)
        await self._say(answer.OK + answer.stuffed(content), content=True)

    async def _may_read(self, number: int) -> bool:
        """There is such a letter, and the client can read its header (RFC 6856 §2.1).

        A header in UTF-8 goes only to a client that has said UTF8.  Octets that are not UTF-8 either are nobody's
        mode: such letters are sent as they came, or their owner could never take them away.
        """
        if self._drop.entry(number) is None:
            await self._say(answer.NO_SUCH_MESSAGE)
            return False
        if not self._utf8_mode and is_international(await self._drop.top(number, 0)):
            await self._say(answer.UTF8_FIRST)
            return False
        return True

    async def _dele(self, command: Command) -> None:
        if self._drop.entry(command.number) is None:
            await self._say(answer.NO_SUCH_MESSAGE)
            return
        self._drop.delete(command.number)
        await self._say(answer.OK)

    async def _rset(self, command: Command) -> None:
        self._drop.reset()
        await self._say(answer.OK)

    async def _quit(self, command: Command) -> None:
        """Whatever happens, the session is over and its lock is free before the client hears of it (RFC 1939 §6)."""
        self._over = ""
        said = answer.BYE
        try:
            if self._maildrop is not None:
                await self._maildrop.update(self._context.clock)
        except StoreError:
            said = answer.NOT_REMOVED
        self.close()
        await self._say(said)


def is_international(head: bytes) -> bool:
    """Is there UTF-8 beyond ASCII (RFC 6532)?"""
    if head.isascii():
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
