"""Planted defects: a go-between that passes on what the server says, except for one kind of lie.

Each lie is a defect that some IMAP server has had.  A client that does not find it within some seconds is no test.
"""

import asyncio
import contextlib
import random
import re
from collections.abc import Callable

LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
OFTEN = 0.3  # of the responses that could be lied about

Lie = Callable[[bytes], bytes]


def _number(pattern: bytes, change: Callable[[int], int]) -> Lie:
    """Change the first number in what fits the pattern."""
    known = re.compile(pattern)

    def lie(octets: bytes) -> bytes:
        found = known.search(octets)
        if found is None:
            return octets
        return octets[: found.start(1)] + b"%d" % change(int(found[1])) + octets[found.end(1) :]

    return lie


def _without(pattern: bytes) -> Lie:
    known = re.compile(pattern)
    return lambda octets: known.sub(b"", octets, count=1)


def _swallow(pattern: bytes) -> Lie:
    known = re.compile(pattern)
    return lambda octets: b"" if known.search(octets) else octets


def _changed_octet(octets: bytes) -> bytes:
    at = octets.find(b"X-Stress: ")
    return octets if at < 0 else octets[:at] + b"Y" + octets[at + 1 :]


LIES: dict[str, Lie] = {
    "an expunge is not told": _swallow(rb"^\* \d+ EXPUNGE|^\* VANISHED \d"),
    "an expunge is told twice": lambda octets: octets * 2 if re.match(rb"\* \d+ EXPUNGE", octets) else octets,
    "an expunge is told during a fetch": lambda octets: (
        octets + b"* 1 EXPUNGE\r\n" if re.match(rb"\* \d+ FETCH", octets) else octets
    ),
    "fewer letters than there are": _number(rb"^\* (\d+) EXISTS", lambda n: max(0, n - 1)),
    "a flag is forgotten": _without(rb"\$actor\d+ ?"),
    "a UID moves": _number(rb"FETCH \(UID (\d+)", lambda n: n + 1),
    "a MODSEQ goes back": _number(rb"MODSEQ \((\d+)\)", lambda n: 1),
    "who comes back is not told what went": _swallow(rb"^\* VANISHED \(EARLIER\)"),
    "an octet of a letter changes": _changed_octet,
    "a UID is given twice": _number(rb"APPENDUID \d+ (\d+)", lambda n: 1),
    "a search misses a letter": _without(rb"(?<=SEARCH)[0-9 ]* \d+(?=\r\n)"),
    "a search that is followed is not told what comes in": _swallow(rb"^\* ESEARCH .* ADDTO"),
    "UIDVALIDITY goes back": _number(rb"UIDVALIDITY (\d+)", lambda n: n - 1),
}


class Liar:
    """Listens on a port of its own and passes on to the server's."""

    def __init__(self, port: int, lie: Lie, seed: int) -> None:
        self._server_port, self._lie = port, lie
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._carriers: set[asyncio.Task[None]] = set()
        self.told = 0

    async def __aenter__(self) -> "Liar":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrier = asyncio.ensure_future(self._carry(reader, writer))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self._server_port, limit=1 << 24)
        there = asyncio.create_task(self._there(reader, forth))
        try:
            while octets := await self._response(back):
                writer.write(self._said(octets))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # one of the two hung up
        finally:
            there.cancel()
            for end in (writer, forth):
                end.transport.abort()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _there(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        while octets := await reader.read(1 << 16):
            forth.write(octets)
        forth.close()

    def _said(self, octets: bytes) -> bytes:
        said = self._lie(octets)
        if said == octets or self._chance.random() > OFTEN:
            return octets
        self.told += 1
        return said

    async def _response(self, back: asyncio.StreamReader) -> bytes:
        octets = await back.readline()
        while found := LITERAL.search(octets):
            octets += await back.readexactly(int(found[1])) + await back.readline()
        return octets
