"""A mail program of the lab: speaks SMTP line by line, so that every line can be read aloud."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from pyeonji.journey.lines import Dialogue
from pyeonji.lab.voice import Voice
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context

TALK_S = 30.0  # seconds for one letter
DIAL_S = 5.0
MAX_REPLY = 64 * 1024  # octets of one reply
INDENT = "       "
HIDDEN = "AUTH PLAIN ****"
QUEUED = re.compile(r"queued as ([0-9A-Za-z-]+)")

Out = Callable[[str], None]


class NotTaken(Exception):
    """A server refused; the text is its reply."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and as whom the writer logs in ("" does not)."""

    reverse_path: str
    forward_paths: tuple[str, ...]
    password: str = ""


class Writer:
    """One conversation, printed to `out` with a plain sentence beneath each line."""

    def __init__(self, stream: Stream, voice: Voice, out: Out) -> None:
        self._stream = stream
        self._out = out
        self._voice = voice
        self._dialogue = Dialogue("out", greets=True)
        self._buffer = b""

    async def send(self, hostname: str, envelope: Envelope, content: bytes) -> str:
        """Hand in `content` (CR LF lines); the reply to its end.  Raises NotTaken, ConnectionError, TimeoutError."""
        self._stream.set_deadline(TALK_S)
        await self._hear()
        offered = await self._say(f"EHLO {hostname}")
        if "STARTTLS" in offered:
            await self._lock()
            await self._say(f"EHLO {hostname}")
        if envelope.password:
            token = base64.b64encode(f"\0{envelope.reverse_path}\0{envelope.password}".encode()).decode()
            await self._say(f"AUTH PLAIN {token}", shown=HIDDEN)
        eight_bit = "" if content.isascii() else " BODY=8BITMIME"
        await self._say(f"MAIL FROM:<{envelope.reverse_path}>{eight_bit}")
        for path in envelope.forward_paths:
            await self._say(f"RCPT TO:<{path}>")
        await self._say("DATA")
        reply = await self._read_aloud(content)
        await self._say("QUIT")
        return reply

    async def _lock(self) -> None:
        await self._say("STARTTLS")
        await self._stream.start_tls(client_context(verify=False), server_side=False)

    async def _say(self, line: str, shown: str = "") -> str:
        self._print("out", shown or line)
        await self._stream.write(line.encode() + b"\r\n")
        return await self._hear()

    async def _read_aloud(self, content: bytes) -> str:
        for line in content.decode("utf-8", "replace").split("\r\n"):
            self._out(shown_line(True, self._stream.encrypted, line))
        self._out(f"{INDENT}{self._voice('scene.content')}")
        self._print("out", ".")
        stuffed = content.replace(b"\r\n.", b"\r\n..")  # RFC 5321 §4.5.2
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        await self._stream.write((b"." if stuffed.startswith(b".") else b"") + stuffed + end)
        return await self._hear()

    async def _hear(self) -> str:
        lines = await self._reply()
        for line in lines:
            self._print("in", line)
        if lines[-1][:1] not in ("2", "3"):
            raise NotTaken(" ".join(lines))
        return "\n".join(lines)

    def _print(self, direction: str, line: str) -> None:
        meaning = self._dialogue.line(direction, line)
        self._out(shown_line(direction == "out", self._stream.encrypted, line))
        if meaning.key:
            self._out(f"{INDENT}{self._voice(meaning.key, **meaning.slots)}")

    async def _reply(self) -> list[str]:
        """The lines of one reply, without their ends."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            while b"\r\n" not in self._buffer:
                octets = await self._stream.read()
                if not octets or len(self._buffer) > MAX_REPLY:
                    raise ConnectionResetError("the server hung up")
                self._buffer += octets
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            lines.append(line.decode("utf-8", "replace"))
        return lines


async def write_letter(
    port: int, host: str, envelope: Envelope, content: bytes, voice: Voice, out: Out
) -> tuple[str, str]:
    """(receipt number or "", the reply) of one letter handed in on a loopback port."""
    stream = await dial(host, port, timeout=DIAL_S)
    try:
        reply = await Writer(stream, voice, out).send("[127.0.0.1]", envelope, content)
    finally:
        await stream.close()
    queued = QUEUED.search(reply)
    return (queued.group(1) if queued else ""), reply


def shown_line(said: bool, encrypted: bool, text: str) -> str:
    """One line of a dialogue as it is printed."""
    return f" {'🔒' if encrypted else '  '}{'→' if said else '←'} {text}"
