"""LDAP version 3, as much of it as a login needs: bind, search, StartTLS (RFC 4511), and filters (RFC 4515).

Messages are BER with definite lengths (RFC 4511 §5.1).  What a stranger types is an octet string of its own in a filter
and never part of its text, so there is nothing it could be mistaken for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_MESSAGE = 64 * 1024  # octets of one message of a server; an entry without attributes has 200
MAX_DEPTH = 20  # filters within filters
SUCCESS, INVALID_CREDENTIALS = 0, 49  # RFC 4511 Appendix A
START_TLS = b"1.3.6.1.4.1.1466.20037"  # RFC 4511 §4.14.1
NO_ATTRIBUTES = b"1.1"  # RFC 4511 §4.5.1.8
SUBTREE, NEVER_DEREFERENCE = 2, 0
INTEGER, OCTETS, ENUMERATED, BOOLEAN, SEQUENCE = 0x02, 0x04, 0x0A, 0x01, 0x30
BIND, BOUND, UNBIND, SEARCH, ENTRY, FOUND, EXTENDED, EXTENDED_ANSWER = (
    0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x77, 0x78
)  # fmt: skip
AND, OR, NOT, EQUALS, SUBSTRINGS, PRESENT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0x87
ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*|[0-9]+(?:\.[0-9]+)+")
ESCAPED = re.compile(r"\\([0-9A-Fa-f]{2})")
SLOT = re.compile(r"\{(address|local|domain)\}")


class NotLdap(ValueError):
    """What came is no LDAP message, or a filter is none; the text says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an operation."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        return self.code == SUCCESS


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a search found, by its name."""

    dn: str


# ── what we say ──


def bind(number: int, dn: str, password: str) -> bytes:
    """Simple authentication (RFC 4513 §5.1.3).  Raises ValueError for an empty password, which servers take for a good
    one of nobody (RFC 4513 §5.1.2).
    """
    if not password:
        raise ValueError("an empty password proves nothing")
    body = _tlv(INTEGER, b"\x03") + _octets(dn) + _tlv(0x80, password.encode("utf-8", "surrogateescape"))
    return _message(number, _tlv(BIND, body))


def search(number: int, base: str, wanted: bytes, most: int, seconds: int) -> bytes:
    """Below `base`, for names only; `wanted` is of `Filter.encoded`."""
    body = (
        _octets(base) + _tlv(ENUMERATED, bytes([SUBTREE])) + _tlv(ENUMERATED, bytes([NEVER_DEREFERENCE]))
        + _integer(most) + _integer(seconds) + _tlv(BOOLEAN, b"\x00") + wanted
        + _tlv(SEQUENCE, _tlv(OCTETS, NO_ATTRIBUTES))
    )  # fmt: skip
    return _message(number, _tlv(SEARCH, body))


def start_tls(number: int) -> bytes:
    return _message(number, _tlv(EXTENDED, _tlv(0x80, START_TLS)))


def unbind(number: int) -> bytes:
    return _message(number, _tlv(UNBIND, b""))


# ── what we hear ──


def read(octets: bytes) -> tuple[int, Entry | Result | None, int] | None:
    """(number, what, octets read) of the first message; None while it is not whole.  What is None is of no interest.

    Raises NotLdap.
    """
    head = _head(octets)
    if head is None:
        return None
    tag, start, end = head
    if tag != SEQUENCE or end > MAX_MESSAGE:
        raise NotLdap("no LDAP message")
    if len(octets) < end:
        return None
    parts = list(_parts(octets[start:end]))
    if len(parts) < 2 or parts[0][0] != INTEGER or len(parts[0][1]) > 4:
        raise NotLdap("no LDAP message")
    kind, body = parts[1]
    return int.from_bytes(parts[0][1], signed=True), _what(kind, body), end


def _what(kind: int, body: bytes) -> Entry | Result | None:
    inside = list(_parts(body))
    if kind == ENTRY:
        if not inside or inside[0][0] != OCTETS:
            raise NotLdap("an entry without a name")
        return Entry(inside[0][1].decode("utf-8", "replace"))
    if kind in (BOUND, FOUND, EXTENDED_ANSWER):
        if len(inside) < 3 or inside[0][0] != ENUMERATED:
            raise NotLdap("a result without a code")
        return Result(int.from_bytes(inside[0][1]), inside[2][1].decode("utf-8", "replace")[:200])
    return None  # a referral, a notice: nobody is followed anywhere


# ── filters ──


class Filter:
    """A filter with slots for what somebody typed: {address}, {local}, {domain}.  Raises NotLdap."""

    def __init__(self, text: str) -> None:
        self._text = text
        if self.encoded({"address": "", "local": "", "domain": ""}) and not SLOT.search(text):
            raise NotLdap("it names nobody: {address}, {local} or {domain} is missing")

    def encoded(self, slots: dict[str, str]) -> bytes:
        """For one name; RFC 4511 §4.5.1.7."""
        octets, end = _filter(self._text, 0, slots, 0)
        if end != len(self._text):
            raise NotLdap(f"there is more behind its end: {self._text[end:]}")
        return octets


def _filter(text: str, at: int, slots: dict[str, str], depth: int) -> tuple[bytes, int]:
    if text[at : at + 1] != "(" or depth > MAX_DEPTH:
        raise NotLdap(f"a parenthesis is missing at {at}")
    mark = text[at + 1 : at + 2]
    if mark in ("&", "|"):
        found, at = b"", at + 2
        while text[at : at + 1] == "(":
            one, at = _filter(text, at, slots, depth + 1)
            found += one
        return _closed(text, at, _tlv(AND if mark == "&" else OR, found))
    if mark == "!":
        one, at = _filter(text, at + 2, slots, depth + 1)
        return _closed(text, at, _tlv(NOT, one))
    end = text.find(")", at)
    attribute, equals, value = text[at + 1 : end].partition("=")
    if end < 0 or not equals or not ATTRIBUTE.fullmatch(attribute) or "(" in value:
        raise NotLdap(f"no comparison at {at}")
    return _compared(attribute, value, slots), end + 1


def _closed(text: str, at: int, octets: bytes) -> tuple[bytes, int]:
    if text[at : at + 1] != ")":
        raise NotLdap(f"a parenthesis is missing at {at}")
    return octets, at + 1


def _compared(attribute: str, value: str, slots: dict[str, str]) -> bytes:
    if value == "*":
        return _tlv(PRESENT, attribute.encode("ascii"))
    pieces = [_value(piece, slots) for piece in value.split("*")]
    if len(pieces) == 1:
        return _tlv(EQUALS, _octets(attribute) + _tlv(OCTETS, pieces[0]))
    first, *middle, last = pieces
    body = _tlv(0x80, first) if first else b""
    body += b"".join(_tlv(0x81, one) for one in middle if one) + (_tlv(0x82, last) if last else b"")
    return _tlv(SUBSTRINGS, _octets(attribute) + _tlv(SEQUENCE, body))


def _value(text: str, slots: dict[str, str]) -> bytes:
    r"""Octets of a value of the template: \XX is an octet (RFC 4515 §3), and a slot is what was typed, as it is."""
    found, at = b"", 0
    for match in SLOT.finditer(text):
        found += _unescaped(text[at : match.start()]) + slots[match[1]].encode("utf-8", "surrogateescape")
        at = match.end()
    return found + _unescaped(text[at:])


def _unescaped(text: str) -> bytes:
    if "\\" in ESCAPED.sub("", text):
        raise NotLdap("a backslash without two hexadecimal digits")
    pieces = ESCAPED.split(text)  # text, digits, text, digits, ...
    return b"".join(bytes.fromhex(one) if n % 2 else one.encode() for n, one in enumerate(pieces))


def escaped(text: str) -> str:
    """A value as part of a filter's text (RFC 4515 §3), for who must write one."""
    special = {"*", "(", ")", "\\", "\0"}
    return "".join(f"\\{ord(char):02x}" if char in special else char for char in text)


# ── BER ──


def _message(number: int, operation: bytes) -> bytes:
    return _tlv(SEQUENCE, _integer(number) + operation)


def _octets(text: str) -> bytes:
    return _tlv(OCTETS, text.encode("utf-8", "surrogateescape"))


def _integer(number: int) -> bytes:
    return _tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def _tlv(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


def _head(octets: bytes) -> tuple[int, int, int] | None:
    """(tag, where its content begins, where it ends); None while that cannot be said."""
    if len(octets) < 2:
        return None
    size = octets[1]
    if size < 0x80:
        return octets[0], 2, 2 + size
    width = size & 0x7F
    if not 1 <= width <= 4:
        raise NotLdap("a length that is none")
    if len(octets) < 2 + width:
        return None
    return octets[0], 2 + width, 2 + width + int.from_bytes(octets[2 : 2 + width])


def _parts(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        head = _head(octets[at:])
        if head is None or at + head[2] > len(octets):
            raise NotLdap("cut off")
        tag, start, end = head
        yield tag, octets[at + start : at + end]
        at += end
