"""A connection to another IMAP server: TLS, login, and commands with their answers."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context
from pyeonji.proto.imap.client import Client, Data, Event, NotImap, Octets, Ready, Status, Untagged, quoted
from pyeonji.proto.sasl import client_plain

CONNECT_S = 30.0  # seconds
PATIENCE_S = 300.0  # seconds without an octet: a large mailbox may take its server long to open
PORTS = {"tls": 993, "starttls": 143, "none": 143}
MAX_UNTAGGED = 1_000_000  # responses to one command that is not FETCH

Tls = Literal["tls", "starttls", "none"]


class RemoteError(Exception):
    """The other server does not do it.

    RemoteError
      Gone       it is away, or went away: the same run later goes on
      Refused    it said no
      Unsafe     it cannot be spoken with as safely as was asked for
    """


class Gone(RemoteError):
    """The connection could not be made, or broke."""


class Refused(RemoteError):
    """NO or BAD, with its words."""


class Unsafe(RemoteError):
    """No TLS, or a certificate that is not good."""


@dataclass(frozen=True, slots=True)
class Server:
    """Which server, as whom."""

    host: str
    login: str
    password: str
    port: int = 0  # 0: the usual one
    tls: Tls = "tls"
    verify: bool = True


class Remote:
    """One connection; `open` makes it.  All methods raise RemoteError."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._client = Client()
        self.abilities: frozenset[bytes] = frozenset()

    @classmethod
    async def open(cls, server: Server) -> "Remote":
        """Connected, encrypted as asked for, logged in."""
        try:
            stream = await dial(server.host, server.port or PORTS[server.tls], timeout=CONNECT_S)
        except (OSError, TimeoutError) as error:
            raise Gone(f"{server.host}: {getattr(error, 'strerror', None) or error or 'no answer'}") from error
        remote = cls(stream)
        try:
            await remote._begin(server)
        except BaseException:
            await remote.close()
            raise
        return remote

    async def close(self) -> None:
        await self._stream.close()

    async def logout(self) -> None:
        """Say goodbye, and do not wait for an answer."""
        with contextlib.suppress(OSError):
            await self._stream.write(self._client.command(b"LOGOUT")[1])
        await self.close()

    async def send(self, text: bytes) -> str:
        """Say a command; its tag."""
        tag, octets = self._client.command(text)
        await self._write(octets)
        return tag

    async def ask(self, text: bytes) -> tuple[Status, list[Untagged], list[Status]]:
        """Its tagged answer, data, and untagged statuses; raises Refused when it is not OK."""
        return await self.answer(await self.send(text))

    async def answer(self, tag: str) -> tuple[Status, list[Untagged], list[Status]]:
        data: list[Untagged] = []
        statuses: list[Status] = []
        async for event in self.events():
            if isinstance(event, Status) and event.tag == tag:
                if event.status != "OK":
                    raise Refused(event.text or event.status)
                return event, data, statuses
            if isinstance(event, Status):
                statuses.append(event)
            elif isinstance(event, Untagged):
                data.append(event)
            elif isinstance(event, Octets):
                raise Gone("octets of a letter that nobody asked for")
            if len(data) + len(statuses) > MAX_UNTAGGED:
                raise Gone("an answer without end")
        raise Gone("the server hung up")

    async def events(self) -> AsyncIterator[Event]:
        """What is said, until the server hangs up."""
        while True:
            event = self._next()
            if event is None:
                octets = await self._read()
                if not octets:
                    return
                self._client.feed(octets)
            elif isinstance(event, Status) and event.status == "BYE" and not event.tag:
                raise Gone(event.text or "the server said goodbye")
            else:
                yield event

    # ── below ──

    async def _begin(self, server: Server) -> None:
        if server.tls == "tls":
            await self._encrypt(server)
        greeting = await self._greeting()
        self._learn(greeting.code)
        if server.tls == "starttls":
            if greeting.status == "PREAUTH":  # somebody in between, so that STARTTLS can be said no more
                raise Unsafe("it says PREAUTH before STARTTLS")
            await self._start_tls(server)
        if not self.abilities:
            await self._ask_abilities()
        if greeting.status != "PREAUTH":
            await self._log_in(server)

    async def _greeting(self) -> Status:
        async for event in self.events():
            if isinstance(event, Status) and not event.tag and event.status in ("OK", "PREAUTH"):
                return event
            break
        raise Gone("no IMAP greeting")

    async def _start_tls(self, server: Server) -> None:
        try:
            await self.ask(b"STARTTLS")
        except Refused as error:
            raise Unsafe(f"STARTTLS was refused: {error}") from error
        if self._client.has_pending or self._stream.has_unread:
            raise Unsafe("octets came behind STARTTLS")  # only an attacker's (RFC 9051 §11.1)
        await self._encrypt(server)
        self.abilities = frozenset()  # what was said in clear does not count

    async def _encrypt(self, server: Server) -> None:
        try:
            context = client_context(verify=server.verify)
            await self._stream.start_tls(context, server_side=False, hostname=server.host)
        except TlsError as error:
            raise Unsafe(str(error)) from error
        except (OSError, TimeoutError) as error:
            raise Gone(str(error) or "no answer to the TLS handshake") from error

    async def _ask_abilities(self) -> None:
        _, data, _ = await self.ask(b"CAPABILITY")
        for one in data:
            if one.name == "CAPABILITY":
                self._learn([b"CAPABILITY", *one.data])

    def _learn(self, code: list[Data]) -> None:
        if code and code[0] == b"CAPABILITY":
            self.abilities = frozenset(word.upper() for word in code if isinstance(word, bytes))

    async def _log_in(self, server: Server) -> None:
        if b"AUTH=PLAIN" in self.abilities:
            status = await self._plain(server)
        elif b"LOGINDISABLED" in self.abilities:
            raise Unsafe("the server takes no password on this connection")
        else:
            status = await self._login(server)
        if status.code:
            self._learn(status.code)
        else:
            await self._ask_abilities()

    async def _plain(self, server: Server) -> Status:
        response = base64.b64encode(client_plain(server.login, server.password))
        if b"SASL-IR" in self.abilities:
            return (await self.ask(b"AUTHENTICATE PLAIN " + response))[0]
        tag = await self.send(b"AUTHENTICATE PLAIN")
        await self._continue(tag, response + b"\r\n")
        return (await self.answer(tag))[0]

    async def _login(self, server: Server) -> Status:
        """With literals: any octet may stand in a password."""
        login, password = server.login.encode(), server.password.encode()
        if login.isascii() and password.isascii() and (login + password).decode().isprintable():
            return (await self.ask(b"LOGIN " + quoted(login) + b" " + quoted(password)))[0]
        tag = await self.send(b"LOGIN {%d}" % len(login))
        await self._continue(tag, login + b" {%d}\r\n" % len(password))
        await self._continue(tag, password + b"\r\n")
        return (await self.answer(tag))[0]

    async def _continue(self, tag: str, octets: bytes) -> None:
        """The rest of a command, when the server is ready for it."""
        async for event in self.events():
            if isinstance(event, Ready):
                await self._write(octets)
                return
            if isinstance(event, Status) and event.tag == tag:
                raise Refused(event.text or event.status)
        raise Gone("the server hung up")

    def _next(self) -> Event | None:
        try:
            return self._client.next_event()
        except NotImap as error:
            raise Gone(f"this is no IMAP: {error}") from error

    async def _read(self) -> bytes:
        self._stream.set_deadline(PATIENCE_S)
        try:
            return await self._stream.read()
        except TimeoutError as error:
            raise Gone("the server fell silent") from error
        except OSError as error:
            raise Gone(str(error)) from error

    async def _write(self, octets: bytes) -> None:
        self._stream.set_deadline(PATIENCE_S)
        try:
            await self._stream.write(octets)
        except TimeoutError as error:
            raise Gone("the server takes no more octets") from error
        except OSError as error:
            raise Gone(str(error)) from error
