"""The milter protocol, version 6, from the mail server's side: the conversation about one letter.

There is no RFC; sendmail's libmilter is the standard.  A packet is a length (4 octets), a command (1) and its data.
The conversation is a generator that yields what to say and is sent the answer, so it needs no socket.  Everything that
a filter may make grow has a limit.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from pyeonji.proto.milter.answers import (
    Action,
    AddRecipient,
    Answer,
    Body,
    Change,
    ChangeWriter,
    DropRecipient,
    Edit,
    InWords,
    MilterError,
    Options,
    Plain,
    Put,
    Quarantine,
    Skip,
    packet,
)

VERSION = 6
CHUNK = 65_535  # octets of body in one packet (MILTER_CHUNK_SIZE)
MAX_EDITS = 1_000  # of one letter; ours
MAX_EDITED = 1 << 20  # octets of fields that a filter adds or changes; ours
ADDHDRS, CHGBODY, ADDRCPT, DELRCPT, CHGHDRS, QUARANTINE, CHGFROM, ADDRCPT_PAR = (1 << n for n in range(8))
ACTIONS = ADDHDRS | CHGBODY | ADDRCPT | DELRCPT | CHGHDRS | QUARANTINE | CHGFROM | ADDRCPT_PAR
NOCONNECT, NOHELO, NOMAIL, NORCPT, NOBODY, NOHDRS, NOEOH, NR_HDR = (1 << n for n in range(8))
NOUNKNOWN, NODATA, SKIP, RCPT_REJ, NR_CONN, NR_HELO, NR_MAIL, NR_RCPT = (1 << n for n in range(8, 16))
NR_DATA, NR_UNKN, NR_EOH, NR_BODY, LEADSPC = (1 << n for n in range(16, 21))
STEPS = (1 << 21) - 1  # all that may be left out, need no answer, or come with their leading space
ALLOWED: dict[type, int] = {
    Put: ADDHDRS | CHGHDRS, Change: CHGHDRS, AddRecipient: ADDRCPT | ADDRCPT_PAR, DropRecipient: DELRCPT,
    ChangeWriter: CHGFROM, Body: CHGBODY, Quarantine: QUARANTINE,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a filter is told of a letter.  `macros` are for all steps; octets are asked for as they are needed."""

    ip: str  # "" for a peer without one
    port: int
    host: str  # the peer's name, "[ip]" when unknown
    hello: str
    reverse_path: str
    forward_paths: tuple[str, ...]
    fields: tuple[tuple[bytes, bytes], ...]  # name and value as it stands behind the colon, without its last line end
    size: int  # octets of body
    read: Callable[[int, int], bytes]  # octets of the body
    macros: tuple[tuple[str, str], ...] = ()
    most: int = 50 << 20  # octets of another body


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the filter decided.  Edits are there only for a letter that goes on."""

    action: Action
    reply: InWords | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """Octets for the filter; `awaits`: an answer comes."""

    octets: bytes
    awaits: bool


Conversation = Generator[Say, Answer | None, Outcome]


def converse(letter: Told) -> Conversation:
    """All steps for one letter.  Raises MilterError; Progress is the owner's business."""
    options = yield Say(packet(b"O", b"".join(n.to_bytes(4) for n in (VERSION, ACTIONS, STEPS))), True)
    if not isinstance(options, Options) or options.version < 2 or options.actions & ~0x1FF:
        raise MilterError("no negotiation")
    for step in _steps(letter, options.steps):
        answer = yield step
        if step.awaits and (ended := _ended(answer)) is not None:
            return ended
    if not options.steps & NOBODY:
        ended = yield from _body(letter, options.steps)
        if ended is not None:
            return ended
    return (yield from _verdict(letter, options))


def _steps(letter: Told, without: int) -> Generator[Say, None, None]:
    macros = b"".join(name.encode() + b"\0" + _text(value) for name, value in letter.macros)

    def step(command: bytes, data: bytes, leave_out: int, no_reply: int) -> list[Say]:
        if without & leave_out:
            return []
        told = packet(b"D", command + macros) if command != b"L" else b""
        return [Say(told + packet(command, data), not without & no_reply)]

    yield from step(b"C", _connection(letter), NOCONNECT, NR_CONN)
    yield from step(b"H", _text(letter.hello), NOHELO, NR_HELO)
    yield from step(b"M", _text(f"<{letter.reverse_path}>"), NOMAIL, NR_MAIL)
    for address in letter.forward_paths:
        yield from step(b"R", _text(f"<{address}>"), NORCPT, NR_RCPT)
    yield from step(b"T", b"", NODATA, NR_DATA)
    for name, value in letter.fields:
        told = value if without & LEADSPC else value.removeprefix(b" ")
        yield from step(b"L", name + b"\0" + told.replace(b"\0", b"").replace(b"\r\n", b"\n") + b"\0", NOHDRS, NR_HDR)
    yield from step(b"N", b"", NOEOH, NR_EOH)


def _connection(letter: Told) -> bytes:
    if not letter.ip:
        return _text(letter.host) + b"U"
    family = b"6" if ":" in letter.ip else b"4"
    return _text(letter.host) + family + letter.port.to_bytes(2) + _text(letter.ip)


def _text(text: str) -> bytes:
    return text.replace("\0", "").encode("utf-8", "surrogateescape") + b"\0"


def _ended(answer: Answer | None) -> Outcome | None:
    """None when the conversation goes on."""
    match answer:
        case Plain(action="continue"):
            return None
        case Plain(action=action):
            return Outcome(action)
        case InWords(code=code):
            return Outcome("later" if code < 500 else "refuse", answer)
    raise MilterError("an edit before the end of the letter")


def _body(letter: Told, without: int) -> Generator[Say, Answer | None, Outcome | None]:
    for start in range(0, letter.size, CHUNK):
        awaits = not without & NR_BODY
        answer = yield Say(packet(b"B", letter.read(start, min(CHUNK, letter.size - start))), awaits)
        if isinstance(answer, Skip):
            return None
        if awaits and (ended := _ended(answer)) is not None:
            return ended
    return None


def _verdict(letter: Told, options: Options) -> Conversation:
    """The end of the letter: edits, and the last word."""
    macros = b"".join(name.encode() + b"\0" + _text(value) for name, value in letter.macros)
    collected = _Collected(options.actions, letter.most)
    answer = yield Say(packet(b"D", b"E" + macros) + packet(b"E"), True)
    while isinstance(answer, Edit):
        collected.add(answer)
        answer = yield Say(b"", True)
    ended = _ended(answer) or Outcome("accept")
    if ended.action == "accept":
        return Outcome("accept", None, collected.all)
    return ended


@dataclass(slots=True)
class _Collected:
    """Edits, as long as they are allowed and few; the pieces of another body are one of them."""

    actions: int
    most: int
    edits: list[Edit] = field(default_factory=list)
    fields: int = 0  # octets
    body: bytearray | None = None

    def add(self, edit: Edit) -> None:
        if not self.actions & ALLOWED[type(edit)]:
            raise MilterError("an edit that was not negotiated")
        if isinstance(edit, Body):
            self.body = self.body or bytearray()
            self.body += edit.octets
        else:
            self.edits.append(edit)
        if isinstance(edit, Put | Change):
            self.fields += len(edit.name) + len(edit.value)
        if len(self.body or b"") > self.most or self.fields > MAX_EDITED or len(self.edits) > MAX_EDITS:
            raise MilterError("more edits than we take")

    @property
    def all(self) -> tuple[Edit, ...]:
        return (*self.edits, *([] if self.body is None else [Body(bytes(self.body))]))
