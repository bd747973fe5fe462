"""A mail server that says what a test tells it to say, on a real socket of this machine."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Got:
    """One letter as it came over the wire."""

    mail: str
    recipients: list
    content: bytes


@dataclass
class FakeMx:
    """`replies` maps "greeting", "EHLO", "MAIL", "RCPT", "RCPT kim@one.example", "DATA", ".", ... to what is said.

    A list is said one after the other, its last for ever.  A phase in `drop` closes the connection instead, one in
    `silent` never answers.  `after_starttls` is injected in clear behind the answer to STARTTLS.
    """

    keywords: tuple = ("PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")
    replies: dict = field(default_factory=dict)
    drop: set = field(default_factory=set)
    silent: set = field(default_factory=set)
    tls: object = None
    after_starttls: bytes = b""
    broken_tls: bool = False
    letters: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def __aenter__(self):
        self._writers = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 2)

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _said(self, *names, usual):
        for name in names:
            if name in self.replies:
                said = self.replies[name]
                if isinstance(said, list):
                    return said.pop(0) if len(said) > 1 else said[0]
                return said
        return usual

    async def _say(self, writer, phase, *names, usual):
        if phase in self.drop:
            raise ConnectionResetError
        if phase in self.silent:
            await asyncio.Event().wait()
        said = self._said(*names, phase, usual=usual)
        octets = said if isinstance(said, bytes) else said.encode() + b"\r\n"
        writer.write(octets)
        await writer.drain()
        return octets

    async def _talk(self, reader, writer):
        encrypted = False
        await self._say(writer, "greeting", usual="220 fake.example ESMTP")
        mail, recipients = "", []
        while line := (await reader.readline()).decode():
            line = line.rstrip("\r\n")
            self.lines.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                offered = [*self.keywords, *(["STARTTLS"] if self.tls and not encrypted else [])]
                usual = "\r\n".join(
                    ["250-fake.example", *(f"250-{word}" for word in offered[:-1]), f"250 {offered[-1]}"]
                )
                await self._say(writer, verb, usual=usual)
            elif verb == "STARTTLS":
                writer.write(b"220 go\r\n" + self.after_starttls)
                if self.broken_tls:
                    await writer.drain()
                    await reader.read(10)
                    writer.write(b"this is no TLS at all\r\n" * 3)
                    await writer.drain()
                    raise ConnectionResetError
                await writer.start_tls(self.tls)
                encrypted = True
            elif verb == "RCPT":
                address = line[line.index("<") + 1 : line.index(">")]
                usual = "250 2.1.5 Ok" if mail else "503 5.5.1 Need MAIL first"
                said = await self._say(writer, verb, f"RCPT {address}", usual=usual)
                if said.startswith(b"25"):
                    recipients.append(line)
            elif verb == "DATA":
                said = await self._say(writer, verb, usual="354 go" if recipients else "554 no recipients")
                if said.startswith(b"354"):
                    content = await reader.readuntil(b"\r\n.\r\n")
                    said = await self._say(writer, ".", usual="250 2.0.0 Ok: queued as FAKE")
                    if said.startswith(b"25"):
                        content = content[:-3].replace(b"\r\n..", b"\r\n.")
                        self.letters.append(Got(mail, recipients, content))
                mail, recipients = "", []
            elif verb == "QUIT":
                await self._say(writer, verb, usual="221 bye")
                return
            else:
                said = await self._say(writer, verb, usual="250 Ok")
                if verb == "MAIL":
                    mail, recipients = line if said.startswith(b"250") else "", []
