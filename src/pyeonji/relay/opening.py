"""From an address to a connection that is ready for a letter: dial, greet, encrypt, log in."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyeonji.acceptance.recorder import Recorder
from pyeonji.address.host import parse_host
from pyeonji.journey.event import Closed, Decided, Event
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context
from pyeonji.proto.smtp.reply import Reply
from pyeonji.queue.outcome import Talk
from pyeonji.relay.attempt import Hop
from pyeonji.relay.connection import Connection, Ended, NoTls, Patience, Prove
from pyeonji.relay.hops import Route
from pyeonji.relay.pool import Pool
from pyeonji.relay.settings import RelaySettings
from pyeonji.relay.trust.demand import Demand
from pyeonji.store.accept import SessionRef
from pyeonji.store.home import Home

SERVICE = "relay"
SUBMISSIONS_PORT = 465  # TLS from the first octet, RFC 8314 §3.3
NO_REQUIRETLS = Reply(550, "7.30", "This server cannot promise to encrypt all the way (REQUIRETLS)")


NOT_OFFERED = "starttls-not-supported"  # RFC 8460 §4.3.1
NOT_OFFERED_WORDS = "STARTTLS is not offered"

Count = Callable[[str], None]  # of a result of RFC 8460 §4.3, "" for success


def outcome_of(connection: Connection) -> str:
    """Where nothing had to be proved, to be encrypted is success."""
    demand, proof = connection.demand, connection.proof
    if proof is None:
        return NOT_OFFERED
    return demand.flaw[0] or (proof.result if demand.must_prove or demand.kind == "sts-testing" else "")


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
        """As the settings have it; raises NotADomain, NotAPort."""
        if not settings.smart_host:
            return None
        name, port = parse_host(settings.smart_host)
        return cls(name, port or settings.port, settings.smart_host_login, settings.smart_host_password_file)

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
        prove: Prove,
    ) -> None:
        self._prove = prove
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
        self._tls = client_context(verify=False)  # what a certificate is worth is looked at after the handshake

    async def open(
        self, hop: Hop, demand: Demand, before: Sequence[Event], talks: list[Talk], count: Count
    ) -> Connection:
        """A connection ready for a letter, on which everything is proved that is demanded.

        What happened `before` is told with it; what happened before a failure is added to `talks`, and what came of
        encryption is told to `count`.
        Raises Unreachable, Ended.
        """
        connection = await self._reach(hop, demand, before, talks)
        try:
            ready = await self._ready(connection)
            count(outcome_of(connection))
            return ready
        except NoTls as error:
            count(NOT_OFFERED if str(error) == NOT_OFFERED_WORDS else "validation-failure")
            if not demand.must_encrypt:
                connection.recorder.event(
                    Decided(self._clock.now_us(), "tls.fallback", f"{hop.host}: {error}", "clear")
                )
            self._give_up(connection, talks, str(error))
            if demand.must_encrypt:
                raise Ended("tls", demand.refused(f"no encryption came about ({error})")) from error
        except Ended as error:
            if connection.proof is not None:
                count(outcome_of(connection))
            self._give_up(connection, talks, str(error))
            raise
        # Once more in clear: opportunistic encryption is better than none and worse than no letter (RFC 7435 §3).
        connection = await self._reach(hop, demand, (), talks)
        try:
            await connection.greet(chosen=self.smart_host is not None)
        except Ended as error:
            self._give_up(connection, talks, str(error))
            raise
        return connection

    async def _reach(self, hop: Hop, demand: Demand, before: Sequence[Event], talks: list[Talk]) -> Connection:
        port = self.smart_host.port if self.smart_host else self._settings.port
        events: list[Event] = list(before)
        try:
            address, port = self._route(hop.host, hop.address, port)
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
        connection = Connection(hop, demand, stream, recorder, self._hostname, self._patience)
        self._pool.add(connection)
        return connection

    async def _ready(self, connection: Connection) -> Connection:
        """Greeting, encryption, login; raises Ended, NoTls."""
        smart, demand = self.smart_host, connection.demand
        if smart is not None and smart.port == SUBMISSIONS_PORT:
            await connection.encrypt(self._tls, self._prove)
        await connection.greet(chosen=smart is not None)
        if not connection.encrypted and demand.kind != "never":
            if "STARTTLS" in connection.extensions:
                await connection.start_tls(self._tls, self._prove)
            elif demand.must_encrypt:
                raise NoTls(NOT_OFFERED_WORDS)
            else:
                value = f"{demand.host}: {NOT_OFFERED_WORDS}"
                connection.recorder.event(Decided(self._clock.now_us(), "tls.fallback", value, "clear"))
        if demand.kind == "requiretls" and "REQUIRETLS" not in connection.extensions:
            raise Ended("tls", NO_REQUIRETLS)
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
