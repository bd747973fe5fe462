"""What a filter answers: packets and their meaning.  Its octets are as little to be trusted as those of a peer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MAX_PACKET = 1 << 20  # octets of one packet of a filter; libmilter's own chunks are 65,535
MAX_WORDS = 400  # octets of a reply or reason that are kept; ours
MAX_INDEX = 100_000  # of a field

Action = Literal["accept", "continue", "discard", "refuse", "later"]
PLAIN: dict[bytes, Action] = {b"a": "accept", b"c": "continue", b"d": "discard", b"r": "refuse", b"t": "later"}


class MilterError(ValueError):
    """The filter does not keep to the protocol, or to a limit."""


# ── packets ──


def packet(command: bytes, data: bytes = b"") -> bytes:
    return (len(data) + 1).to_bytes(4) + command + data


class PacketReader:
    """Octets in, packets out."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> None:
        self._octets += octets

    def take(self) -> tuple[bytes, bytes] | None:
        """The next command and its data; None while octets are missing.  Raises MilterError."""
        if len(self._octets) < 5:
            return None
        size = int.from_bytes(self._octets[:4])
        if not 1 <= size <= MAX_PACKET:
            raise MilterError(f"a packet of {size} octets")
        if len(self._octets) < 4 + size:
            return None
        command, data = bytes(self._octets[4:5]), bytes(self._octets[5 : 4 + size])
        del self._octets[: 4 + size]
        return command, data


# ── what a filter answers ──


@dataclass(frozen=True, slots=True)
class Options:
    """What the filter will do, and which steps it does not want."""

    version: int
    actions: int
    steps: int


@dataclass(frozen=True, slots=True)
class Plain:
    action: Action


@dataclass(frozen=True, slots=True)
class InWords:
    """A reply of the filter's own: "550 5.7.1 no"; its code is 4yz or 5yz."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Skip:
    """No more of the body is wanted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """It takes longer; wait on."""


@dataclass(frozen=True, slots=True)
class Put:
    """A field is added: at the end (`at` -1), or before the field at this place."""

    at: int
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """The `nth` field of this name (from 1) gets another value; without one it goes."""

    nth: int
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class AddRecipient:
    address: str


@dataclass(frozen=True, slots=True)
class DropRecipient:
    address: str


@dataclass(frozen=True, slots=True)
class ChangeWriter:
    """Another reverse-path; "" is the null path."""

    address: str


@dataclass(frozen=True, slots=True)
class Body:
    """A piece of another body."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Quarantine:
    because: str


Edit = Put | Change | AddRecipient | DropRecipient | ChangeWriter | Body | Quarantine
Answer = Options | Plain | InWords | Skip | Progress | Edit


def read_answer(command: bytes, data: bytes) -> Answer:
    """Raises MilterError for anything that no filter may say to us."""
    if command in PLAIN:
        return Plain(PLAIN[command])
    reader = _READERS.get(command)
    if reader is None:
        raise MilterError(f"an answer {command!r}")
    return reader(data)


def _options(data: bytes) -> Options:
    if len(data) < 12:
        raise MilterError("an answer to the negotiation that is too short")
    return Options(*(int.from_bytes(data[at : at + 4]) for at in (0, 4, 8)))


def _in_words(data: bytes) -> InWords:
    text = _shown(_strings(data, 1)[0])
    if len(text) < 3 or text[0] not in "45" or not text[:3].isdecimal() or text[3:4] not in ("", " ", "-"):
        raise MilterError("a reply that is none")
    return InWords(int(text[:3]), text[4:])


def _field(data: bytes) -> tuple[bytes, bytes]:
    name, value = _strings(data, 2)
    if not name or not all(33 <= octet <= 126 and octet != 58 for octet in name):
        raise MilterError("a field without a name")
    lines = value.replace(b"\r\n", b"\n").split(b"\n")
    if any(b"\r" in line for line in lines) or any(
        line[:1] not in (b" ", b"\t") or not line.strip() for line in lines[1:]
    ):
        raise MilterError("a field that holds another one")
    return name, b"\r\n".join(lines)


def _insert(data: bytes) -> Put:
    return Put(_index(data), *_field(data[4:]))


def _change(data: bytes) -> Change:
    return Change(max(1, _index(data)), *_field(data[4:]))


def _index(data: bytes) -> int:
    index = int.from_bytes(data[:4])
    if len(data) < 4 or index > MAX_INDEX:
        raise MilterError("a field at no place")
    return index


def _address(data: bytes) -> str:
    first = data.split(b"\0", 1)[0]
    return first.decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">")


def _strings(data: bytes, count: int) -> list[bytes]:
    parts = data.split(b"\0")
    if len(parts) != count + 1 or parts[-1]:
        raise MilterError("a text without its end")
    return parts[:count]


def _shown(octets: bytes) -> str:
    """One line of printable ASCII: it goes into replies and journeys."""
    line = octets[:MAX_WORDS].replace(b"\r\n", b" ").decode("ascii", "replace")
    return "".join(char if " " <= char <= "~" else "?" for char in line)


_READERS: dict[bytes, Callable[[bytes], Answer]] = {
    b"O": _options,
    b"y": _in_words,
    b"s": lambda data: Skip(),
    b"p": lambda data: Progress(),
    b"h": lambda data: Put(-1, *_field(data)),
    b"i": _insert,
    b"m": _change,
    b"+": lambda data: AddRecipient(_address(data)),
    b"2": lambda data: AddRecipient(_address(data)),
    b"-": lambda data: DropRecipient(_address(data)),
    b"e": lambda data: ChangeWriter(_address(data)),
    b"b": Body,
    b"q": lambda data: Quarantine(_shown(data.split(b"\0", 1)[0])),
}
