"""All stations of one server at real ports of this process, so that a test can switch one of its guards off.

A raw client says octets and hears octets; what goes wrong inside a station is collected, never swallowed.
"""

import asyncio
import contextlib
import ssl

from kit.patience import PATIENCE_S
from kit.sending import ZoneResolver
from kit.stored import credentials, person
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.access import imap, pop3
from pyeonji.access.context import AccessContext
from pyeonji.daemon.doorman import HomeDoorman
from pyeonji.delivery.memory import Expansions
from pyeonji.directory.guard import Guard
from pyeonji.directory.login import Logins
from pyeonji.directory.settings import GuardSettings
from pyeonji.filters.front import Front, FrontSettings
from pyeonji.filters.greylist import Greylist, GreylistSettings
from pyeonji.filters.pipeline import Pipeline
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.forwarding import Forwarding
from pyeonji.intake.service import LMTP, MX, SENDMAIL, SUBMISSION
from pyeonji.intake.settings import IntakeSettings
from pyeonji.intake.smtpd import serve as serve_smtp
from pyeonji.net.clock import SystemClock
from pyeonji.net.ids import Ids
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.tls import self_signed, server_context
from pyeonji.store import directory, messages
from pyeonji.store.home import open_home
from pyeonji.submission.door import Door

HOST = "127.0.0.1"
HOSTNAME = "mx.here.test"
KIM, LEE = "kim@here.test", "lee@here.test"
PASSWORD = "secret"
WEEK_US = 5 * 86_400 * 1_000_000
QUIET_S = 0.05  # seconds without an octet: the server has nothing more to say
SMTP_PORTS = {"smtp": MX, "submission": SUBMISSION, "lmtp": LMTP, "sendmail": SENDMAIL}
ACCESS_PORTS = {"imap": imap.serve, "pop3": pop3.serve}
HELLO = {"lmtp": b"LHLO attacker.test\r\n"}


class Stations:
    """`ports[service]` of smtp, submission, lmtp, sendmail, imap, pop3; `troubles`: what escaped from a station."""

    def __init__(
        self,
        tmp_path,
        *,
        trusted=(),
        intake=None,
        guard=None,
        clock=None,
        front=None,
        zone=None,
        filters=None,
        greylist=None,
        rates=None,
        binds=False,
    ):
        self.home = open_home(tmp_path / "data", create=True, synchronous="OFF")  # power stays on in these tests
        self.clock, self.wake = clock or SystemClock(), Wake()
        self.ids = Ids(self.clock)
        self.acceptance = Acceptance(self.home, self.clock, self.ids, HOSTNAME, self.wake)
        self.door = Door(self.acceptance, WEEK_US)
        self.logins = Logins(self.home, self.clock, guard)
        self.guard = Guard(guard or GuardSettings(), self.clock)
        self.front = Front(front or FrontSettings(), self.clock, ZoneResolver(zone or {}), trusted, rates)
        self.greylist = Greylist(
            greylist or GreylistSettings(), self.home, self.clock, ZoneResolver(zone or {}), HOSTNAME
        )
        self.doorman = HomeDoorman(self.logins, self.home, self.wake, self.acceptance)
        self.home.engine.write_now(directory.add_domain, "here.test", 1)
        secrets = credentials(PASSWORD)
        self.people = [person(self.home, address, credentials=secrets) for address in (KIM, LEE)]
        certified = self_signed(self.home.data / "tls", ("localhost",), self.clock.now_us())
        self.tls = server_context(*certified, end_point_alone=binds)
        self.intake = IntakeContext(
            acceptance=self.acceptance, door=self.door, logins=self.logins, guard=self.guard,
            front=self.front, greylist=self.greylist, expansions=Expansions(self.home, self.clock),
            forwarding=Forwarding(self.home, self.clock, self.ids), settings=intake or IntakeSettings(),
            give_up_after_us=WEEK_US, trusted_networks=trusted, tls=self.tls, filters=filters or Pipeline(),
        )  # fmt: skip
        self.ports, self.troubles, self.clients = {}, [], []

    @contextlib.asynccontextmanager
    async def open(self):
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, found: self.troubles.append(found))
        self.listeners = []
        for name, service in SMTP_PORTS.items():
            await self.listen(name, lambda stream, s=service: serve_smtp(stream, s, self.intake))
        for name, serve in ACCESS_PORTS.items():
            access = AccessContext(
                doorman=self.doorman, guard=self.guard, home=self.home, clock=self.clock, ids=self.ids,
                hostname=HOSTNAME, tls=self.tls, service=name,
            )  # fmt: skip
            await self.listen(name, lambda stream, serve=serve, c=access: serve(stream, c))
        try:
            yield self
        finally:
            for client in self.clients:
                if not client.writer.transport.is_closing():  # a TLS transport that is closed cannot be aborted
                    client.writer.transport.abort()
            for listener in self.listeners:
                await listener.stop(0.5)
            self.home.close()

    async def listen(self, name, serve):
        async def guarded(stream):
            try:
                await serve(stream)
            except (ConnectionError, TimeoutError):
                raise
            except Exception as error:  # noqa: BLE001 - an attack that finds one has won
                self.troubles.append({"service": name, "exception": error})

        socket = open_tcp(HOST, 0)
        self.ports[name] = socket.getsockname()[1]
        self.listeners.append(Listener(socket, guarded, introduces=self.front.is_proxy))
        await self.listeners[-1].start()

    async def client(self, service, *, hello=False, login=False, greeted=True, tls=False):
        client = Raw(*await asyncio.open_connection(HOST, self.ports[service]))
        self.clients.append(client)
        if greeted:
            client.greeting = await client.until(b"\r\n")
        for encrypt in (True, False)[not tls :]:
            if hello:
                await client.send(HELLO.get(service, b"EHLO attacker.test\r\n"))
                await client.until(b"250 ")
            if encrypt:
                await client.say_starttls(service)
        if login:
            await client.send(LOGINS[service])
            await client.until(LOGGED_IN[service])
        return client

    def letters(self):
        """Contents of all letters in the store."""

        def read(tx):
            numbers = [number for (number,) in tx.all("SELECT id FROM message ORDER BY id", {})]
            return [messages.content(tx, self.home.blobs, number) for number in numbers]

        return self.home.engine.read_now(read)

    def count(self, table):
        return self.home.engine.read_now(lambda tx: tx.one(f"SELECT count(*) FROM {table}", {}))[0]


LOGINS = {
    "submission": b"AUTH PLAIN AGtpbUBoZXJlLnRlc3QAc2VjcmV0\r\n",
    "imap": b"l LOGIN kim@here.test secret\r\n",
    "pop3": b"USER kim@here.test\r\nPASS secret\r\n",
}


STARTTLS = {"smtp": b"STARTTLS\r\n", "submission": b"STARTTLS\r\n", "imap": b"s STARTTLS\r\n", "pop3": b"STLS\r\n"}
GO = {"smtp": b"220 ", "submission": b"220 ", "imap": b"s OK", "pop3": b"+OK"}
LOGGED_IN = {"submission": b"235 ", "imap": b"l OK", "pop3": b"maildrop ready"}


class Raw:
    """Octets out, octets in."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, *pieces):
        """Each piece in a segment of its own; a server that has hung up is no error."""
        for piece in pieces:
            self.writer.write(piece)
            with contextlib.suppress(ConnectionError):
                await self.writer.drain()
            if len(pieces) > 1:
                await asyncio.sleep(0.003)

    async def hear(self, quiet=QUIET_S):
        """What is said until there is silence, or until the server hangs up."""
        said = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            said = await asyncio.wait_for(self.reader.read(1 << 20), PATIENCE_S)
            while octets := await asyncio.wait_for(self.reader.read(1 << 20), quiet):
                said += octets
        return said

    async def say(self, *pieces, quiet=QUIET_S):
        await self.send(*pieces)
        return await self.hear(quiet)

    async def until(self, awaited):
        """What is said up to these octets, or until the server hangs up."""
        said = b""
        while awaited not in said:
            octets = await asyncio.wait_for(self.reader.read(1 << 20), PATIENCE_S)
            if not octets:
                break
            said += octets
        return said

    async def last(self, *pieces, together=False):
        """Say the last octets of this connection; all that is answered until the server hangs up.

        `together`: the pieces are written at once; over TLS each is a record all the same.
        """
        said = bytearray()

        async def listen():  # all the time: what is said before a reset would be lost otherwise
            with contextlib.suppress(ConnectionError):
                while octets := await asyncio.wait_for(self.reader.read(1 << 20), PATIENCE_S):
                    said.extend(octets)

        listening = asyncio.create_task(listen())
        if together:
            for piece in pieces:
                self.writer.write(piece)
        else:
            await self.send(*pieces)
        with contextlib.suppress(OSError, NotImplementedError):
            self.writer.write_eof()
        await listening
        self.writer.close()
        return bytes(said)

    async def is_closed(self):
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(1), PATIENCE_S) == b""
        return True

    async def say_starttls(self, service):
        await self.send(STARTTLS[service])
        await self.until(GO[service])
        await self.start_tls()

    async def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await asyncio.wait_for(self.writer.start_tls(context), PATIENCE_S)


def attack(tmp_path, story, **facts):
    """Run a story against stations of its own; nothing may escape from them."""

    async def run():
        stations = Stations(tmp_path, **facts)
        async with stations.open():
            await story(stations)
        assert not stations.troubles, stations.troubles

    asyncio.run(run())
