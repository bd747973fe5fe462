"""A directory on this machine that does what a test tells it, inside TLS."""

import asyncio
import contextlib

from kit.web import served_by

HOST = "localhost"


def tlv(tag, *content):
    body = b"".join(content)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2)
    return bytes([tag]) + size + body


def message(number, operation):
    return tlv(0x30, tlv(2, bytes([number])), operation)


def end(number, tag, code, text=b""):
    return message(number, tlv(tag, tlv(0x0A, bytes([code])), tlv(4), tlv(4, text)))


class FakeLdap:
    """`people`: what is searched for -> (name, password).  It believes an empty password, as many do."""

    def __init__(self, people=(), *, tls=None, answer=None, authority=None):
        self.people = dict(people)
        self.answer = answer  # octets in place of what it would say; None: honest
        self.silent = False
        self.binds, self.searches = [], 0
        self.tls = tls or served_by(HOST)

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc):
        self._server.close()

    @property
    def url(self):
        return f"ldaps://{HOST}:{self.port}"

    async def _serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                octets = await self._message(reader)
                number, kind = octets[2], octets[3]
                if self.silent:
                    await asyncio.Event().wait()
                writer.write(self.answer if self.answer is not None else self._said(number, kind, octets))
                await writer.drain()
        writer.close()

    async def _message(self, reader):
        head = await reader.readexactly(2)
        size = head[1]
        if size & 0x80:
            size = int.from_bytes(await reader.readexactly(size & 0x7F))
        return await reader.readexactly(size)

    def _said(self, number, kind, octets):
        if kind == 0x60:
            for name, password in self.people.values():
                if name.encode() in octets and octets.endswith(password.encode()) and password:
                    self.binds.append(name)
                    return end(number, 0x61, 0)
            self.binds.append(None)
            empty = octets.endswith(b"\x80\x00")
            return end(number, 0x61, 0 if empty else 49)
        if kind == 0x63:
            self.searches += 1
            found = [name for what, (name, _) in self.people.items() if what.encode() in octets]
            entries = b"".join(message(number, tlv(0x64, tlv(4, name.encode()), tlv(0x30))) for name in found)
            return entries + end(number, 0x65, 0)
        return b""
