"""One server with people and letters, IMAP and POP3 at real ports, and a client that says exactly what it is told."""

import asyncio
import contextlib
import re
import ssl
import zlib

from kit.patience import PATIENCE_S
from kit.stored import credentials, filing, letter, person
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.access import imap, pop3
from pyeonji.access.context import AccessContext
from pyeonji.daemon.doorman import HomeDoorman
from pyeonji.directory.guard import Guard
from pyeonji.directory.login import Logins
from pyeonji.directory.settings import GuardSettings
from pyeonji.net.clock import PushedClock
from pyeonji.net.ids import Ids
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.tls import self_signed, server_context
from pyeonji.store import directory, entries, mailboxes
from pyeonji.store.home import open_home

KIM = "kim@a.test"
PASSWORD = "비밀 pass\\word"
LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class World:
    """`world.imap` and `world.pop3` are ports."""

    def __init__(self, tmp_path, engine_url=None, **people):
        # Power stays on in these tests.
        self.home = open_home(tmp_path / "data", create=True, engine_url=engine_url, synchronous="OFF")
        self.clock = PushedClock()
        self.ids = Ids(self.clock)
        self.wake = Wake()
        self.acceptance = Acceptance(self.home, self.clock, self.ids, "mx.a.test", self.wake)
        self.tmp_path = tmp_path
        self.home.engine.write_now(directory.add_domain, "a.test", 1)
        self.kim = person(self.home, KIM, credentials=credentials(PASSWORD), **people)
        self.clients = []

    @contextlib.asynccontextmanager
    async def open(self, *, tls=False, plain_login="loopback", **facts):
        logins = Logins(self.home, self.clock)
        context = None
        if tls:
            context = server_context(*self_signed(self.home.data / "tls", ("localhost",), self.clock.now_us()))
        listeners = []
        for service, serve in (("imap", imap.serve), ("pop3", pop3.serve)):
            access = AccessContext(
                doorman=HomeDoorman(logins, self.home, self.wake, self.acceptance),
                guard=Guard(GuardSettings(), self.clock), home=self.home, clock=self.clock, ids=self.ids,
                hostname="mx.a.test", tls=context, service=service, plain_login=plain_login, **facts,
            )  # fmt: skip
            socket = open_tcp("127.0.0.1", 0)
            setattr(self, service, socket.getsockname()[1])
            listeners.append(Listener(socket, lambda stream, s=serve, c=access: s(stream, c), None))
        for listener in listeners:
            await listener.start()
        try:
            yield self
        finally:
            for client in self.clients:
                await client.hang_up()
            for listener in listeners:
                await listener.stop(1.0)
            self.home.close()

    async def deliver(self, content=b"From: lee@b.test\r\nSubject: hello\r\n\r\nHello\r\n", **facts):
        """Into INBOX, as the acceptance does it; the UID."""
        taken = await self.acceptance.take(letter(filing(self.home, KIM, **facts), content=content))
        return taken.uids[0][1]

    def entries(self, name="INBOX"):
        """What the store holds."""
        read = self.home.engine.read_now
        return read(entries.entries, read(mailboxes.mailbox, self.kim.id, name).id)

    def join(self, address, **facts):
        """Another account with the same password."""
        return person(self.home, address, credentials=credentials(PASSWORD), **facts)

    async def client(self, *, login=True, select="", who=KIM):
        client = await Imap.connect(self.imap)
        self.clients.append(client)
        if login:
            await client.ok(f"LOGIN {who} {quoted(PASSWORD)}")
        if select:
            await client.ok(select)
        return client

    async def popper(self, *, login=True):
        client = await Pop.connect(self.pop3)
        self.clients.append(client)
        if login:
            assert (await client.say(f"USER {KIM}")).startswith(b"+OK")
            assert (await client.say(f"PASS {PASSWORD}")).startswith(b"+OK"), "login"
        return client

    @property
    def spooled(self):
        """Files of letters that never came to their end."""
        return list((self.home.data / "spool").iterdir())


def at(tmp_path, story, *, people=None, engine_url=None, **facts):
    """Run a story in a world of its own."""

    async def run():
        world = World(tmp_path, engine_url, **(people or {}))
        async with world.open(**facts):
            await story(world)

    asyncio.run(run())


def quoted(text):
    """A string as the wire wants it, for a client that may say UTF-8 only in a literal."""
    octets = text.encode()
    return f"{{{len(octets)}+}}\r\n{text}"


class Client:
    """Octets to and fro."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port):
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client.greeting = await client.line()
        return client

    async def line(self):
        return await asyncio.wait_for(self.reader.readline(), PATIENCE_S)

    async def send(self, octets):
        self.writer.write(octets if isinstance(octets, bytes) else octets.encode())
        await self.writer.drain()

    async def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self.writer.start_tls(context)

    def start_deflate(self):
        """From here on both sides compress (RFC 4978)."""
        self.reader, self.writer = Inflating(self.reader), Deflating(self.writer)

    async def hang_up(self):
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def ended(self):
        """The server has hung up and said nothing more."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE_S) == b""


class Inflating:
    """A reader of what the peer has compressed."""

    def __init__(self, reader):
        self._reader, self._inflate, self._buffer = reader, zlib.decompressobj(-zlib.MAX_WBITS), b""

    async def read(self):
        found = self._buffer + self._inflate.decompress(await self._reader.read())
        self._buffer = b""
        return found

    async def readline(self):
        return await self._until(lambda: self._buffer.find(b"\n") + 1)

    async def readexactly(self, size):
        return await self._until(lambda: size if len(self._buffer) >= size else 0)

    async def _until(self, end):
        while not end():
            octets = await self._reader.read(65_536)
            if not octets:
                return b""
            self._buffer += self._inflate.decompress(octets)
        found, self._buffer = self._buffer[: end()], self._buffer[end() :]
        return found


class Deflating:
    """A writer that compresses, and flushes what was written."""

    def __init__(self, writer):
        self._writer, self._deflate = writer, zlib.compressobj(wbits=-zlib.MAX_WBITS)

    def write(self, octets):
        self._writer.write(self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def __getattr__(self, name):
        return getattr(self._writer, name)


class Imap(Client):
    """Commands get tags of their own; the answer is a list of responses with their literals inside."""

    count = 0

    async def response(self):
        octets = await self.line()
        while found := LITERAL.search(octets):
            octets += await asyncio.wait_for(self.reader.readexactly(int(found[1])), PATIENCE_S)
            octets += await self.line()
        return octets

    async def until(self, start):
        """All responses up to the one that begins so."""
        found = []
        while not found or not found[-1].startswith(start):
            found.append(await self.response())
            assert found[-1], f"hung up where {start!r} was awaited: {found}"
        return found

    async def do(self, command):
        """The responses; the last is the tagged one, without its tag."""
        self.count += 1
        tag = b"a%d " % self.count
        await self.send(tag + (command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        found = await self.until(tag)
        return [*found[:-1], found[-1].removeprefix(tag)]

    async def ok(self, command):
        """The untagged responses of a command that succeeds."""
        *data, last = await self.do(command)
        assert last.startswith(b"OK"), (command, last)
        return data

    async def no(self, command, code=""):
        """The command is refused, with this code."""
        last = (await self.do(command))[-1]
        assert last.startswith(b"NO" if not code else f"NO [{code}".encode()), (command, last)

    async def bad(self, command):
        last = (await self.do(command))[-1]
        assert last.startswith(b"BAD"), (command, last)

    async def append(self, content, *, name="INBOX", before=""):
        return (await self.do(f"APPEND {name} {before}".encode() + b"{%d+}\r\n" % len(content) + content))[-1]


class Pop(Client):
    """One answer line, or a whole multi-line answer."""

    async def say(self, command):
        await self.send(command.encode() + b"\r\n")
        return await self.line()

    async def lines(self, command):
        """The lines behind +OK, unstuffed."""
        first = await self.say(command)
        assert first.startswith(b"+OK"), (command, first)
        found = []
        while (line := await self.line()) != b".\r\n":
            assert line, found
            found.append(line.removeprefix(b"."))
        return found
