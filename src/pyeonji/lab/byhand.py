"""SMTP typed by hand, over a real connection, with a coach who whispers."""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from pyeonji.journey.lines import Dialogue
from pyeonji.lab.beat import BETWEEN, Beat, Tell, Wire
from pyeonji.lab.coach import Coach, Hint
from pyeonji.lab.roster import LOOPBACK
from pyeonji.net.stream import Stream, dial

HOST = "mx1.2ban.test"
IDLE_S = 600.0  # seconds somebody may think about a line
DIAL_S = 5.0
ANSWER_S = 20.0  # seconds for a reply
MAX_LINE = 998  # characters typed in one line, RFC 5322 §2.1.1
MAX_LINES = 300  # typed in one conversation
MAX_REPLY = 64 * 1024  # octets
MAX_SESSIONS = 50  # at the same time; whoever comes later takes the place of the oldest


@dataclass(slots=True)
class ByHand:
    """One conversation.  `beats` is all that was said, and whispered."""

    stream: Stream
    coach: Coach = field(default_factory=Coach)
    beats: list[Beat] = field(default_factory=list)
    typed: int = 0
    _dialogue: Dialogue = field(default_factory=lambda: Dialogue("out", greets=True))
    _buffer: bytes = b""

    @property
    def is_over(self) -> bool:
        return self.coach.step == "over"

    async def type(self, line: str) -> list[Beat]:
        """Send a line, unless it leads nowhere; what came of it."""
        began = len(self.beats)
        line = line.rstrip("\r\n")[:MAX_LINE].replace("\r", " ").replace("\n", " ")
        self.typed += 1
        in_content = self.coach.in_content
        hints = self.coach.typed(line)
        if self.is_over or self.typed > MAX_LINES:
            self._end()
        elif any(hint.stops for hint in hints):
            self._whisper(hints)
        else:
            self._show(line, in_content, explained=not hints)
            self._whisper(hints)
            await self._send(line, in_content)
        self._whisper([hint for hint in (self.coach.next(),) if hint is not None])
        if self.is_over:
            await self.stream.close()
        return self.beats[began:]

    async def greeting(self) -> None:
        """What the server says first, and what may be typed then."""
        await self._hear()
        self._whisper([hint for hint in (self.coach.next(),) if hint is not None])

    async def close(self) -> None:
        await self.stream.close()

    # ── below ──

    def _show(self, line: str, in_content: bool, *, explained: bool) -> None:
        """What was typed; with a hint about it its usual meaning would only confuse."""
        if in_content and line != ".":
            self.beats.append(Wire(True, False, line))
            return
        meaning = self._dialogue.line("out", line)
        self.beats.append(Wire(True, False, line, meaning.key if explained else "", dict(meaning.slots)))

    async def _send(self, line: str, in_content: bool) -> None:
        stuffed = "." + line if in_content and line.startswith(".") and line != "." else line  # RFC 5321 §4.5.2
        try:
            await self.stream.write(stuffed.encode("utf-8", "replace") + b"\r\n")
            if not in_content or line == ".":
                await self._hear()
        except (ConnectionError, TimeoutError):
            self._end()

    async def _hear(self) -> None:
        """One whole reply."""
        self.stream.set_deadline(ANSWER_S)
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            lines.append(await self._line())
            meaning = self._dialogue.line("in", lines[-1])
        self.beats.append(Wire(False, False, BETWEEN.join(lines), meaning.key, dict(meaning.slots)))
        self.coach.heard(lines[-1])
        self.stream.set_deadline(IDLE_S)

    async def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            octets = await self.stream.read()
            if not octets or len(self._buffer) > MAX_REPLY:
                raise ConnectionResetError("the server hung up")
            self._buffer += octets
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("utf-8", "replace")

    def _whisper(self, hints: list[Hint]) -> None:
        self.beats += [Tell(f"lab.hint.{hint.key}", hint.slots) for hint in hints]

    def _end(self) -> None:
        if not self.is_over:
            self.coach.step = "over"
            self.beats.append(Tell("lab.hint.hung_up"))


async def begin(port: int) -> ByHand:
    """A conversation with the server at a loopback port, after its greeting.  Raises OSError, TimeoutError."""
    session = ByHand(await dial(LOOPBACK, port, timeout=DIAL_S))
    try:
        await session.greeting()
    except (OSError, TimeoutError):
        await session.close()
        raise
    return session


class Sessions:
    """The conversations that pages hold, by a word nobody can guess."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, ByHand] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def open(self, port: int) -> str:
        """Raises OSError, TimeoutError."""
        session = await begin(port)
        name = secrets.token_urlsafe(12)
        self._known[name], self._locks[name] = session, asyncio.Lock()
        while len(self._known) > MAX_SESSIONS:
            oldest, ended = self._known.popitem(last=False)
            self._locks.pop(oldest)
            await ended.close()
        return name

    def get(self, name: str) -> ByHand | None:
        return self._known.get(name)

    async def type(self, name: str, line: str) -> ByHand | None:
        """One line at a time, in the order in which they came."""
        session = self._known.get(name)
        if session is not None:
            async with self._locks[name]:
                await session.type(line)
        return session

    async def close(self) -> None:
        for session in self._known.values():
            await session.close()
        self._known.clear()
        self._locks.clear()
