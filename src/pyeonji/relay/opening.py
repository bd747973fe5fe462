"""From an address to a connection that is ready for a letter: dial, greet, encrypt, log in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyeonji.acceptance.recorder import Recorder
from pyeonji.address import parse_domain
from pyeonji.journey.event import Attempted, Closed, Event
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context
from pyeonji.proto.smtp.reply import Reply
from pyeonji.queue.outcome import Talk
from pyeonji.relay.attempt import Hop
from pyeonji.relay.connection import Connection, Ended, NoTls, Patience
from pyeonji.relay.hops import Route
from pyeonji.relay.pool import Pool
from pyeonji.relay.settings import RelaySettings
from pyeonji.store.accept import SessionRef
from pyeonji.store.home import Home

SERVICE = "relay"
SUBMISSIONS_PORT = 465  # TLS from the first octet, RFC 8314 §3.3
NO_TLS = Reply(454, "7.5", "No encryption came about, and nothing is sent without")


class Unreachable(Exception):
    """Nobody answered at this address."""


@dataclass(frozen=True, slots=True)
class SmartHost:
    """The one server that takes everything."""

    name: str
    port: int
    login: str = ""
    password_file: str = ""

    @classmethod
    def of(cls, settings: RelaySettings) -> "SmartHost | None":
        """From "host", "host:port", "[192.0.2.1]" or "[192.0.2.1]:port"; raises NotADomain."""
        if not settings.smart_host:
            return None
        name, colon, port = settings.smart_host.rpartition(":")
        if not colon or not port.isdecimal():
            name, port = settings.smart_host, str(settings.port)
        name = parse_domain(name) if name.startswith("[") else name.lower()
        return cls(name, int(port), settings.smart_host_login, settings.smart_host_password_file)

    def password(self) -> str:
        """The first line of the password file; raises OSError."""
        return Path(self.password_file).read_text("utf-8").partition("\n")[0].rstrip("\r")


class Opener:
    """Opens connections for one worker."""

    def __init__(
        self,
        home: Home,
        clock: Clock,
        ids: Ids,
        hostname: str,
        settings: RelaySettings,
        route: Route | None,
        pool: Pool,
    ) -> None:
        self._pool = pool
        self._home = home
        self._clock = clock
        self._ids = ids
        self._hostname = hostname
        self._settings = settings
        self._route: Route = route or (lambda host, address, port: (address, port))
        self.smart_host = SmartHost.of(settings)
        self._patience = Patience(
            command=settings.command_timeout.total_seconds(),
            content=settings.content_timeout.total_seconds(),
            whole=settings.session_timeout.total_seconds(),
        )
        # A password is told only to the host it belongs to; a letter's way to a stranger is better encrypted than not.
        self._tls = client_context(verify=self.smart_host is not None and bool(self.smart_host.login))

    async def open(self, hop: Hop, attempted: Sequence[Attempted], talks: list[Talk]) -> Connection:
        """A connection ready for a letter.  What happened before a failure is added to `talks`.

        Raises Unreachable, Ended.
        """
        connection = await self._reach(hop, attempted, talks)
        try:
            return await self._ready(connection)
        except NoTls as error:
            self._give_up(connection, talks, str(error))
            if self._must_encrypt:
                raise Ended("tls", NO_TLS) from error
        except Ended as error:
            self._give_up(connection, talks, str(error))
            raise
        # Once more in clear: opportunistic encryption is better than none and worse than no letter (RFC 7435 §3).
        connection = await self._reach(hop, (), talks)
        try:
            await connection.greet()
        except Ended as error:
            self._give_up(connection, talks, str(error))
            raise
        return connection

    @property
    def _must_encrypt(self) -> bool:
        return self._settings.tls == "required" or bool(self.smart_host and self.smart_host.login)

    async def _reach(self, hop: Hop, attempted: Sequence[Attempted], talks: list[Talk]) -> Connection:
        port = self.smart_host.port if self.smart_host else self._settings.port
        address, port = self._route(hop.host, hop.address, port)
        events: list[Event] = list(attempted)
        try:
            stream: Stream = await dial(address, port, timeout=self._settings.connect_timeout.total_seconds())
        except (OSError, TimeoutError) as error:
            why = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
            events.append(Closed(self._clock.now_us(), f"{hop.host} [{hop.address}]: {why}"))
            talks.append(Talk(None, tuple(events)))
            raise Unreachable(why) from error
        session = SessionRef(self._ids.session(), self._clock.now_us(), SERVICE, stream.peer)
        recorder = Recorder.opened(self._home, self._clock, session, "out", hop.host)
        for event in events:
            recorder.event(event)
        connection = Connection(hop, stream, recorder, self._hostname, self._patience)
        self._pool.add(connection)
        return connection

    async def _ready(self, connection: Connection) -> Connection:
        """Greeting, encryption, login; raises Ended, NoTls."""
        smart, tls = self.smart_host, self._settings.tls
        name = None if connection.hop.host.startswith("[") else connection.hop.host
        if smart is not None and smart.port == SUBMISSIONS_PORT:
            await connection.encrypt(self._tls, name)
        await connection.greet()
        if not connection.encrypted and tls != "never":
            if "STARTTLS" in connection.extensions:
                await connection.start_tls(self._tls, name)
            elif self._must_encrypt:
                raise NoTls("STARTTLS is not offered")
        if smart is not None and smart.login:
            await self._log_in(connection, smart)
        return connection

    async def _log_in(self, connection: Connection, smart: SmartHost) -> None:
        try:
            password = await asyncio.to_thread(smart.password)
        except OSError as error:
            words = Reply(454, "7.0", f"The password file cannot be read: {error.strerror}")
            raise Ended("auth", words) from error
        await connection.log_in(smart.login, password)

    def _give_up(self, connection: Connection, talks: list[Talk], because: str) -> None:
        talks.append(Talk(connection.recorder.session, connection.recorder.take()))
        self._pool.drop(connection, because)
