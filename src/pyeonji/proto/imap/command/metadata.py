"""GETMETADATA and SETMETADATA: notes on a mailbox or on the server (RFC 5464)."""

import re
from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader

MAX_ENTRIES = 100  # in one command; ours
MAX_ENTRY = 255  # octets of an entry's name; ours
INFINITY = -1  # DEPTH infinity
ENTRY = re.compile(rb"/(?:private|shared)(?:/[^/*%\x00-\x1f\x7f-\xff]+)+\Z", re.IGNORECASE)
# Asked for with DEPTH, the scope alone means all of it: no entry has that name, but clients ask so.
SCOPE = re.compile(rb"/(?:private|shared)\Z", re.IGNORECASE)
DEPTHS = {"0": 0, "1": 1, "infinity": INFINITY}


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """`mailbox` is "" for the server; entries in lower case, such as "/shared/comment".

    `depth` is how many levels below each entry; values larger than `max_size` octets are not told.
    """

    mailbox: str
    entries: tuple[str, ...]
    depth: int = 0
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """Each entry with its new value; None takes it away."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]


def parse_get(reader: Reader) -> GetMetadata:
    depth, max_size = _options(reader) if reader.comes(b"(") else (0, None)
    mailbox = _mailbox(reader)
    if _are_options(reader):  # where the examples of RFC 5464 §4.2 have them
        depth, max_size = _options(reader)
    found = entries(reader)
    reader.end()
    return GetMetadata(mailbox, found, depth, max_size)


def parse_set(reader: Reader) -> SetMetadata:
    mailbox = _mailbox(reader)
    values = reader.listed(lambda: _value(reader))
    reader.end()
    if len(values) > MAX_ENTRIES:
        raise BadSyntax("too many entries")
    return SetMetadata(mailbox, tuple(dict(values).items()))


def entries(reader: Reader) -> tuple[str, ...]:
    """One entry, or several in parentheses; each once."""
    found = reader.listed(lambda: _asked(reader)) if reader.comes(b"(") else [_asked(reader)]
    if len(found) > MAX_ENTRIES:
        raise BadSyntax("too many entries")
    return tuple(dict.fromkeys(found))


def _mailbox(reader: Reader) -> str:
    """A name, "" for the server, and the space behind it."""
    octets = reader.astring()
    reader.space()
    return reader.name(octets) if octets else ""


def _asked(reader: Reader) -> str:
    at = reader.at
    name = reader.astring()
    if SCOPE.match(name):
        return name.decode("ascii").lower()
    reader.at = at
    return _entry(reader)


def _entry(reader: Reader) -> str:
    name = reader.astring()
    if len(name) > MAX_ENTRY or not ENTRY.match(name):
        raise BadSyntax("entry expected")
    return name.decode("ascii").lower()


def _value(reader: Reader) -> tuple[str, bytes | None]:
    name = _entry(reader)
    reader.space()
    return name, reader.binary()


def _are_options(reader: Reader) -> bool:
    head = reader.data[reader.at : reader.at + 6].upper()
    return head in (b"(DEPTH", b"(MAXSI")


def _options(reader: Reader) -> tuple[int, int | None]:
    """DEPTH and MAXSIZE, and the space behind them."""
    depth, max_size = 0, None

    def option() -> None:
        nonlocal depth, max_size
        word = reader.word()
        reader.space()
        if word == "DEPTH":
            value = reader.atom().lower()
            if value not in DEPTHS:
                raise BadSyntax("0, 1 or infinity expected")
            depth = DEPTHS[value]
        elif word == "MAXSIZE":
            max_size = reader.number()
        else:
            raise BadSyntax("unknown GETMETADATA option")

    reader.listed(option)
    reader.space()
    return depth, max_size
