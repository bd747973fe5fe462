"""What an IMAP server says, read into plain values (RFC 9051 §9), and a connection that speaks to it."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import Any

from kit.patience import PATIENCE_S

LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
ATOM = re.compile(rb"[^\s()\"{]+")
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
SECTION = re.compile(rb"(?:BODY|BINARY)(?:\.SIZE)?\[[^\]]*\](?:<\d+>)?", re.I)
STATUS = {b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"}


class Broken(Exception):
    """The server said something that is no IMAP."""


@dataclass
class Response:
    """`kind` in capitals; `values` what follows, lists as lists; `code` of a status response with its arguments."""

    tag: str
    kind: str
    number: int | None = None
    values: list[Any] = field(default_factory=list)
    code: str = ""
    arguments: str = ""
    octets: bytes = b""


def values(octets: bytes) -> list[Any]:
    """Atoms and strings as bytes, parentheses as lists."""
    stack: list[list[Any]] = [[]]
    at = 0
    while at < len(octets):
        char = octets[at : at + 1]
        if char in b" ":
            at += 1
        elif char == b"(":
            stack.append([])
            at += 1
        elif char == b")":
            if len(stack) == 1:
                raise Broken(f"parenthesis too many: {octets[:200]!r}")
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        else:
            value, at = _one(octets, at)
            stack[-1].append(value)
    if len(stack) != 1:
        raise Broken(f"parenthesis missing: {octets[:200]!r}")
    return stack[0]


def _one(octets: bytes, at: int) -> tuple[bytes, int]:
    if octets[at : at + 1] == b"{" or octets[at : at + 2] == b"~{":
        end = octets.index(b"}\r\n", at)
        size = int(octets[octets.index(b"{", at) + 1 : end])
        start = end + 3
        if len(octets) < start + size:
            raise Broken("literal is cut off")
        return octets[start : start + size], start + size
    for pattern in (QUOTED, SECTION, ATOM):
        found = pattern.match(octets, at)
        if found:
            return (re.sub(rb"\\(.)", rb"\1", found[1]) if pattern is QUOTED else found[0]), found.end()
    raise Broken(f"not to be read: {octets[at : at + 80]!r}")


def read(octets: bytes) -> Response:
    """One whole response, with its literals inside."""
    if not octets.endswith(b"\r\n"):
        raise Broken(f"line without an end: {octets[-80:]!r}")
    tag, _, rest = octets[:-2].partition(b" ")
    if tag == b"+":
        return Response("+", "CONTINUE", octets=octets)
    word, _, after = rest.partition(b" ")
    if word.upper() in STATUS:
        code, arguments = "", ""
        found = re.match(rb"\[([A-Za-z0-9-]+)(?: ([^\]]*))?\]", after)
        if found:
            code, arguments = found[1].decode().upper(), (found[2] or b"").decode()
        return Response(tag.decode(), word.decode().upper(), code=code, arguments=arguments, octets=octets)
    if word.isdigit():
        kind, _, after = after.partition(b" ")
        return Response(tag.decode(), kind.decode().upper(), int(word), values(after), octets=octets)
    return Response(tag.decode(), word.decode().upper(), None, values(after), octets=octets)


def numbers(text: str | bytes) -> list[int]:
    """The members of a set such as 1,3:5, in the order written."""
    found: list[int] = []
    for part in (text.decode() if isinstance(text, bytes) else text).split(","):
        first, _, last = part.partition(":")
        a, b = int(first), int(last or first)
        found += range(a, b + 1) if a <= b else range(a, b - 1, -1)
    return found


class Connection:
    """One TCP connection; responses one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.heard: list[bytes] = []  # the last responses, for the report

    @classmethod
    async def open(cls, port: int, opened: "list[Connection]") -> "Connection":
        made = cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 24))
        opened.append(made)
        await made.response()
        return made

    async def response(self) -> Response:
        octets = await self._line()
        while found := LITERAL.search(octets):
            octets += await asyncio.wait_for(self.reader.readexactly(int(found[1])), PATIENCE_S)
            octets += await self._line()
        self.heard = [*self.heard[-200:], octets[:300]]
        return read(octets)

    async def _line(self) -> bytes:
        line = await asyncio.wait_for(self.reader.readline(), PATIENCE_S)
        if not line:
            raise ConnectionError("the server hung up")
        return line

    def send(self, octets: bytes) -> None:
        self.heard = [*self.heard[-200:], b"C: " + octets[:300]]
        self.writer.write(octets)

    async def hang_up(self) -> None:
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()
