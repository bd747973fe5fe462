"""CBOR as authenticators write it (RFC 8949, in the canonical form of CTAP2): integers, octets, text, lists, maps.

No floats, no tags, no lengths that are left open; what is not here is refused.
"""

from collections.abc import Callable
from typing import Any

MAX_DEPTH = 8  # ours: an attestation has three
MAX_ITEMS = 1_000  # of one list or map; ours


class BadCbor(ValueError):
    """Not what an authenticator would write."""


def read(octets: bytes) -> Any:
    """The one value these octets are."""
    value, end = read_from(octets, 0)
    if end != len(octets):
        raise BadCbor("something behind it")
    return value


def read_from(octets: bytes, at: int, depth: int = 0) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends."""
    if depth > MAX_DEPTH:
        raise BadCbor("too deep")
    kind, number, at = _head(octets, at)
    match kind:
        case 0:
            return number, at
        case 1:
            return -1 - number, at
        case 2:
            return _octets(octets, at, number)
        case 3:
            text, at = _octets(octets, at, number)
            try:
                return text.decode("utf-8"), at
            except UnicodeDecodeError as error:
                raise BadCbor("no text") from error
        case 4:
            return _several(octets, at, number, depth, _read_list)
        case 5:
            return _several(octets, at, number, depth, _read_map)
        case _:
            if number in (20, 21, 22):
                return {20: False, 21: True, 22: None}[number], at
            raise BadCbor("of a kind that no authenticator writes")


def _head(octets: bytes, at: int) -> tuple[int, int, int]:
    """Major type and number of a head (RFC 8949 §3), and where it ends."""
    if at >= len(octets):
        raise BadCbor("cut off")
    kind, short = octets[at] >> 5, octets[at] & 31
    at += 1
    if short < 24:
        return kind, short, at
    if kind in (6, 7) or short > 27:
        raise BadCbor("of a kind that no authenticator writes")
    size = 1 << short - 24
    number, end = _octets(octets, at, size)
    return kind, int.from_bytes(number, "big"), end


def _octets(octets: bytes, at: int, size: int) -> tuple[bytes, int]:
    if size > len(octets) - at:
        raise BadCbor("cut off")
    return octets[at : at + size], at + size


Reader = Callable[[bytes, int, int, int], tuple[Any, int]]


def _several(octets: bytes, at: int, count: int, depth: int, reader: Reader) -> tuple[Any, int]:
    if count > MAX_ITEMS:
        raise BadCbor("too many")
    return reader(octets, at, count, depth + 1)


def _read_list(octets: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = read_from(octets, at, depth)
        found.append(value)
    return found, at


def _read_map(octets: bytes, at: int, count: int, depth: int) -> tuple[dict[int | str, Any], int]:
    found: dict[int | str, Any] = {}
    for _ in range(count):
        name, at = read_from(octets, at, depth)
        if not isinstance(name, int | str) or name in found:
            raise BadCbor("a name that is none, or stands there twice")
        found[name], at = read_from(octets, at, depth)
    return found, at
