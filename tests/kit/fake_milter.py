"""A filter that says what a test wants it to say, and keeps what it was told."""

import asyncio
import contextlib

from pyeonji.proto.milter.answers import PacketReader, packet
from pyeonji.proto.milter.conversation import ACTIONS, VERSION

CONTINUE = packet(b"c")


class FakeMilter:
    """`answers` by command ("R", "E", ...), each octets of one packet or more; everything else goes on.

    An answer of None is none at all; of b"" the filter hangs up.
    """

    def __init__(self, answers=None, *, actions=ACTIONS, steps=0, version=VERSION):
        self.answers = answers or {}
        self.options = b"".join(number.to_bytes(4) for number in (version, actions, steps))
        self.told = []
        self._writers = set()
        self.port = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc):
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def place(self):
        return f"inet:{self.port}@127.0.0.1"

    def of(self, command):
        return [data for one, data in self.told if one == command]

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader, writer):
        packets = PacketReader()
        while octets := await reader.read(1 << 16):
            packets.feed(octets)
            while (found := packets.take()) is not None:
                self.told.append(found)
                answer = self._answer(found[0])
                if answer == b"" or found[0] == b"Q":
                    return
                if answer is not None:
                    writer.write(answer)

    def _answer(self, command):
        if command.decode() in self.answers:
            return self.answers[command.decode()]
        if command == b"O":
            return packet(b"O", self.options)
        return None if command == b"D" else CONTINUE
