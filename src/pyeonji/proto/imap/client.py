"""The client side of one IMAP connection, without the connection (RFC 3501 §7, RFC 9051 §7).

Octets go in by `feed`; `next_event` gives one event at a time; `command` numbers what is to be said.  A response is
told when all of it has come, as nested lists; but the octets of a large literal (a letter) are told as they come, and
stand in the response as `Streamed`.  So a mailbox of any size crosses in little memory, whatever the server does.
"""

import re
from dataclasses import dataclass
from typing import Union

CRLF = b"\r\n"
INLINE = 64 * 1024  # octets of a literal that are kept in the response
MAX_RESPONSE = 1 << 20  # octets of one response without its streamed literals; ours
MAX_LITERAL = 1 << 32  # octets; RFC 9051 §4.3.1 allows 2^63
MAX_DEPTH = 32  # parentheses within parentheses; ours

LITERAL = re.compile(rb"\{(\d{1,19})\+?\}\Z")
TOKEN = re.compile(
    rb' +|\(|\)|"((?:[^"\\]|\\.)*)"|((?:BODY|BINARY|RFC822)(?:\.PEEK|\.SIZE)?\[[^\]]*\](?:<\d+>)?|[^ ()"]+)',
    re.IGNORECASE,
)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
STATUSES = (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")


class NotImap(ValueError):
    """What the server says is no IMAP, or more of it than we take."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """Stands for a literal whose octets have been told already."""

    size: int


Data = Union[bytes, None, Streamed, list["Data"]]  # noqa: UP007 - it names itself


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH; `tag` is "" for what answers no command.  `code` is what stood in brackets."""

    tag: str
    status: str
    code: list[Data]
    text: str


@dataclass(frozen=True, slots=True)
class Untagged:
    """Data: the name in capitals, the number before it (0 for none), what follows."""

    name: str
    number: int
    data: list[Data]


@dataclass(frozen=True, slots=True)
class Ready:
    """The server waits for the rest of the command."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Octets:
    """A piece of a large literal of the response that is under way."""

    octets: bytes


Event = Status | Untagged | Ready | Octets


class Client:
    """See the top of this module."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._scanned = 0  # offset up to which there is no line end
        self._parts: list[bytes | Streamed] = []  # of the response: lines and literals in turn
        self._held = 0  # octets in them
        self._literal = 0  # octets of a literal that are still to come
        self._streams = False
        self._tags = 0

    @property
    def has_pending(self) -> bool:
        """Octets have come that nobody has looked at, or a response is under way."""
        return self._at < len(self._buffer) or bool(self._parts)

    def command(self, text: bytes) -> tuple[str, bytes]:
        """The tag of a command, and its octets."""
        self._tags += 1
        tag = f"p{self._tags}"
        return tag, tag.encode() + b" " + text + CRLF

    def feed(self, octets: bytes) -> None:
        del self._buffer[: self._at]
        self._scanned = max(0, self._scanned - self._at)
        self._at = 0
        self._buffer += octets

    def next_event(self) -> Event | None:
        """None when more has to come; raises NotImap."""
        while True:
            if self._literal:
                if self._at == len(self._buffer):
                    return None
                piece = self._piece()
                if self._streams:
                    return Octets(piece)
                continue
            line = self._line()
            if line is None:
                return None
            literal = LITERAL.search(line) if not self._is_status(line) else None
            if literal is None:
                self._parts.append(line)
                return self._response()
            self._begin_literal(line[: literal.start()], int(literal[1]))

    # ── below ──

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n", max(self._at, self._scanned))
        if end < 0 or end - self._at > MAX_RESPONSE:
            if len(self._buffer) - self._at + self._held > MAX_RESPONSE:
                raise NotImap("a line without end")
            self._scanned = len(self._buffer)
            return None
        line = bytes(self._buffer[self._at : end])
        self._at = end + 1
        self._hold(len(line))
        return line.removesuffix(b"\r")

    def _is_status(self, line: bytes) -> bool:
        """Free text: what looks like a literal there is none."""
        if self._parts:
            return False
        words = line.split(b" ", 2)
        return words[0] == b"+" or (len(words) > 1 and words[1].upper() in STATUSES)

    def _begin_literal(self, before: bytes, size: int) -> None:
        if size > MAX_LITERAL:
            raise NotImap("a literal of more than 4 GiB")
        self._streams = size > INLINE
        self._literal = size
        if not self._streams:
            self._hold(size)
        self._parts += [before, Streamed(size) if self._streams else b""]

    def _piece(self) -> bytes:
        """Some octets of the literal; those of a small one are put into the response."""
        piece = bytes(self._buffer[self._at : self._at + self._literal])
        self._at += len(piece)
        self._literal -= len(piece)
        last = self._parts[-1]
        if isinstance(last, bytes):
            self._parts[-1] = last + piece
        return piece

    def _hold(self, octets: int) -> None:
        self._held += octets
        if self._held > MAX_RESPONSE:
            raise NotImap("a response without end")

    def _response(self) -> Event:
        parts, self._parts, self._held = self._parts, [], 0
        first = parts[0]
        assert isinstance(first, bytes)
        tag, _, rest = first.partition(b" ")
        if tag == b"+":
            return Ready(rest)
        word, _, text = rest.partition(b" ")
        if word.upper() in STATUSES:
            return _status(tag, word, text)
        if tag != b"*":
            raise NotImap(f"neither a tagged status nor data: {first[:40]!r}")
        data = parsed([rest, *parts[1:]])
        return _untagged(data)


def _status(tag: bytes, word: bytes, text: bytes) -> Status:
    code: list[Data] = []
    if text.startswith(b"[") and (end := text.find(b"]")) > 0:
        code, text = parsed([text[1:end]]), text[end + 1 :]
    name = "" if tag == b"*" else tag.decode("ascii", "replace")
    return Status(name, word.decode("ascii").upper(), code, text.strip().decode("utf-8", "replace"))


def _untagged(data: list[Data]) -> Untagged:
    number = 0
    if data and isinstance(data[0], bytes) and data[0].isdigit() and len(data[0]) <= 10:
        number, data = int(data[0]), data[1:]
    if not data or not isinstance(data[0], bytes):
        raise NotImap("data without a name")
    return Untagged(data[0].decode("ascii", "replace").upper(), number, data[1:])


def parsed(parts: list[bytes | Streamed]) -> list[Data]:
    """Lines and literals in turn as nested lists: atoms and strings as octets, NIL as None.  Raises NotImap."""
    stack: list[list[Data]] = [[]]
    for index, part in enumerate(parts):
        if index % 2:
            stack[-1].append(part)
        elif isinstance(part, bytes):
            _parse_line(part, stack)
    if len(stack) != 1:
        raise NotImap("a parenthesis is not closed")
    return stack[0]


def _parse_line(line: bytes, stack: list[list[Data]]) -> None:
    at = 0
    while at < len(line):
        token = TOKEN.match(line, at)
        if token is None:
            raise NotImap(f"not understood: {line[at : at + 40]!r}")
        at = token.end()
        quoted, atom = token.groups()
        if quoted is not None:
            stack[-1].append(ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted)
        elif atom is not None:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)
        elif token[0] == b"(":
            _open(stack)
        elif token[0] == b")":
            if len(stack) == 1:
                raise NotImap("a parenthesis too many")
            stack.pop()


def _open(stack: list[list[Data]]) -> None:
    if len(stack) > MAX_DEPTH:
        raise NotImap("too many parentheses")
    inner: list[Data] = []
    stack[-1].append(inner)
    stack.append(inner)


def quoted(octets: bytes) -> bytes:
    """A string as a command has it; raises NotImap for what cannot stand in quotes."""
    if re.search(rb"[\r\n\0]", octets):
        raise NotImap("a name of several lines")
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def pairs(data: list[Data]) -> dict[bytes, Data]:
    """A list of names and values in turn, such as FETCH gives, by the names in capitals; raises NotImap."""
    if len(data) % 2:
        raise NotImap("a name without a value")
    found: dict[bytes, Data] = {}
    for name, value in zip(data[::2], data[1::2], strict=True):
        if not isinstance(name, bytes):
            raise NotImap("a value without a name")
        found[name.upper()] = value
    return found
