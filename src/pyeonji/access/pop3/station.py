"""POP3 on one connection: the machine's commands, answered from a maildrop."""

import asyncio

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext, Visitor
from pyeonji.access.pop3.maildrop import Maildrop
from pyeonji.directory.exchange import Exchange
from pyeonji.net.stream import Stream
from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.session import Session

FAIR = 50  # commands of one client, said at once, before others have their turn
IDLE_S = 600.0  # seconds a silent client is kept; RFC 1939 §3: at least ten minutes
PIECE = 64 * 1024  # octets that are gathered before they go out
PIECE_S = 120.0  # seconds for one piece to go out: 560 octets a second, slower than any line that carries mail


class Station:
    """The state of one connection beside the machine's.  What is said waits for `flush`."""

    def __init__(self, stream: Stream, context: AccessContext, recorder: Recorder) -> None:
        self.stream = stream
        self.context = context
        self.recorder = recorder
        self.machine = Session()
        self.named = ""
        self.exchange: Exchange[Visitor] | None = None
        self.maildrop: Maildrop | None = None
        self.over: str | None = None
        self.utf8_mode = False
        self.failures = 0
        self._said: list[bytes] = []
        self._waiting = 0

    @property
    def drop(self) -> Maildrop:
        assert self.maildrop is not None
        return self.maildrop

    def close(self) -> None:
        if self.maildrop is not None:
            self.maildrop.close()

    def say(self, octets: bytes) -> None:
        """An answer, or the first line of one."""
        self.recorder.replied(octets)
        self.put(octets)

    def put(self, *pieces: bytes) -> None:
        """More of an answer: what the journey does not keep."""
        for octets in pieces:
            self._said.append(octets)
            self._waiting += len(octets)

    async def flush(self, least: int = 1) -> None:
        """Send what was said, if there are `least` octets.  A client has to take them away (I06)."""
        if self._waiting < least:
            return
        octets = b"".join(self._said)
        self._said.clear()
        self._waiting = 0
        self.stream.set_deadline(PIECE_S)
        await self.stream.write(octets)
        self.hear()

    def hear(self) -> None:
        """From now on the client has its time for one more command: a whole one, not an octet of it (S10)."""
        self.stream.set_deadline(IDLE_S)

    async def part(self, at_once: bool) -> bool:
        """The server stops.  Without QUIT nothing is removed (RFC 1939 §6): there is never anything to finish."""
        self.say(answer.SERVER_STOPS)
        await self.flush()
        return True

    def turn_away(self, because: str) -> None:
        self.say(answer.turned_away(because))

    async def breathe(self) -> None:
        """A piece of a long answer is made: send it, and let others have their turn."""
        await self.flush(PIECE)
        await asyncio.sleep(0)
