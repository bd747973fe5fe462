"""A web server on this machine that answers what a test tells it, and a trust of its own."""

import asyncio
import contextlib
import ssl

import trustme

AUTHORITY = trustme.CA()


def served_by(*names, authority=AUTHORITY, **facts):
    """What a server with a certificate for these names needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **facts).configure_cert(context)
    return context


def trusting(authority=AUTHORITY):
    """What a client that trusts only our authority needs."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def page(body, status="200 OK", media="text/plain", more=""):
    octets = body if isinstance(body, bytes) else body.encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(octets)}\r\n{more}\r\n".encode() + octets
    )


class FakeWeb:
    """`answer` is the octets of every answer; None never answers.  `tls` None speaks in clear."""

    def __init__(self, answer=b"", tls=None):
        self.answer, self.tls = answer, tls
        self.requests = []
        self.connections = 0
        self.asked = asyncio.Event()
        self.port = 0

    async def __aenter__(self):
        self._writers = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, limit=1 << 20)
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
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n")
            size = [line for line in head.decode().split("\r\n") if line.lower().startswith("content-length:")]
            body = await reader.readexactly(int(size[0].split(":")[1])) if size else b""
            self.requests.append(head + body)
            self.asked.set()
            if self.answer is None:
                await asyncio.Event().wait()
            writer.write(self.answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        self._writers.discard(writer)
        writer.close()
