"""A mail program of the lab: speaks SMTP line by line, so that every line can be read aloud."""

import base64
import re
from dataclasses import dataclass

from pyeonji.journey.lines import Dialogue
from pyeonji.lab.beat import BETWEEN, Heard, Wire
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context

TALK_S = 30.0  # seconds for one letter
DIAL_S = 5.0
MAX_REPLY = 64 * 1024  # octets of one reply
MAX_SHOWN = 2_000  # characters of one line that are shown
HIDDEN = "AUTH PLAIN ****"
QUEUED = re.compile(r"queued as ([0-9A-Za-z-]+)")
HELLO = "[127.0.0.1]"


class NotTaken(Exception):
    """A server refused; the text is its reply."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and as whom the writer logs in ("" does not)."""

    reverse_path: str
    forward_paths: tuple[str, ...]
    password: str = ""


class Conversation:
    """One SMTP connection as its client; each line is told to `heard` with what it means."""

    def __init__(self, stream: Stream, heard: Heard) -> None:
        self._stream = stream
        self._heard = heard
        self._dialogue = Dialogue("out", greets=True)
        self._buffer = b""
        stream.set_deadline(TALK_S)

    async def hear(self) -> list[str]:
        """The lines of one reply.  Raises ConnectionError, TimeoutError."""
        lines = await self._reply()
        meanings = [self._dialogue.line("in", line) for line in lines]
        meaning = meanings[-1]  # a reply is one, however many lines it has
        text = BETWEEN.join(lines)[:MAX_SHOWN]
        self._heard(Wire(False, self._stream.encrypted, text, meaning.key, dict(meaning.slots)))
        return lines

    async def say(self, line: str, shown: str = "") -> list[str]:
        """Say a line and hear the reply; `shown` in place of what nobody should read."""
        self._say(shown or line)
        await self._stream.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return await self.hear()

    async def lock(self) -> list[str]:
        """STARTTLS, if it is taken."""
        reply = await self.say("STARTTLS")
        if reply[-1].startswith("2"):
            await self._stream.start_tls(client_context(verify=False), server_side=False)
        return reply

    async def read_out(self, content: bytes) -> list[str]:
        """The letter (CR LF lines), the final dot, and the reply to it."""
        for line in content.removesuffix(b"\r\n").split(b"\r\n"):
            self._heard(Wire(True, self._stream.encrypted, _visible(line)))
        self._say(".", key="scene.content")
        stuffed = content.replace(b"\r\n.", b"\r\n..")  # RFC 5321 §4.5.2
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        await self._stream.write((b"." if stuffed.startswith(b".") else b"") + stuffed + end)
        return await self.hear()

    async def close(self) -> None:
        await self._stream.close()

    def _say(self, line: str, key: str = "") -> None:
        meaning = self._dialogue.line("out", line)
        text = line[:MAX_SHOWN]
        self._heard(Wire(True, self._stream.encrypted, text, key or meaning.key, dict(meaning.slots)))

    async def _reply(self) -> list[str]:
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


async def converse(port: int, host: str, heard: Heard) -> Conversation:
    """Raises OSError, TimeoutError."""
    return Conversation(await dial(host, port, timeout=DIAL_S), heard)


async def write_letter(
    port: int, host: str, envelope: Envelope, content: bytes, heard: Heard, *, lock: bool = True
) -> tuple[str, str]:
    """(receipt number or "", the reply) of one letter handed in on a loopback port, encrypted if `lock` and offered.

    Raises NotTaken, OSError, TimeoutError.
    """
    talk = await converse(port, host, heard)
    try:
        reply = await _handed_in(talk, envelope, content, lock)
    finally:
        await talk.close()
    queued = QUEUED.search(reply)
    return (queued.group(1) if queued else ""), reply


async def _handed_in(talk: Conversation, envelope: Envelope, content: bytes, lock: bool) -> str:
    _must(await talk.hear())
    offered = _must(await talk.say(f"EHLO {HELLO}"))
    if lock and "STARTTLS" in offered:
        _must(await talk.lock())
        _must(await talk.say(f"EHLO {HELLO}"))
    if envelope.password:
        token = base64.b64encode(f"\0{envelope.reverse_path}\0{envelope.password}".encode()).decode()
        _must(await talk.say(f"AUTH PLAIN {token}", shown=HIDDEN))
    eight_bit = "" if content.isascii() else " BODY=8BITMIME"
    _must(await talk.say(f"MAIL FROM:<{envelope.reverse_path}>{eight_bit}"))
    for path in envelope.forward_paths:
        _must(await talk.say(f"RCPT TO:<{path}>"))
    _must(await talk.say("DATA"))
    reply = _must(await talk.read_out(content))
    _must(await talk.say("QUIT"))
    return reply


def _must(lines: list[str]) -> str:
    """The whole reply, if it is a good one.  Raises NotTaken."""
    if lines[-1][:1] not in ("2", "3"):
        raise NotTaken(" ".join(lines))
    return "\n".join(lines)


def _visible(line: bytes) -> str:
    """A line of a letter: words where it is UTF-8, octets by their numbers where it is not."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("ascii", "backslashreplace")
    return text[:MAX_SHOWN]
