"""A letter with NUL in its parts, made one that IMAP can tell: those parts go into base64 (RFC 3516 §6).

What a part says, decoded, stays the same octet for octet, and nothing else changes.  NUL in a header, or between parts,
has no encoding: it stays, and is told as 0x80 where IMAP must tell it.
"""

from collections.abc import Callable, Iterator

from pyeonji.message.codecs import BASE64_LINE_INPUT, encode_base64
from pyeonji.message.edit import relabelled
from pyeonji.message.mime import Scanner
from pyeonji.message.part import Part

PIECE = 2048 * BASE64_LINE_INPUT  # octets read at once: whole lines of base64
NOT_ENCODED = frozenset({"7bit", "8bit", "binary"})  # what is encoded already keeps its junk

Read = Callable[[int, int], bytes]  # octets from a place on, as many as asked for


def without_nul(read: Read, size: int) -> Iterator[bytes]:
    """The letter of `size` octets, in pieces."""
    at = 0
    for part in _tree(read, size).walk():  # in the order of their octets, and those without children never overlap
        if part.children or part.encoding not in NOT_ENCODED or not _has_nul(read, part):
            continue
        for start, end, field in relabelled(part, b"base64"):
            yield from _pieces(read, at, start)
            yield field
            at = end
        yield from _pieces(read, at, part.body_start)
        yield from _encoded(read, part, last=part.body_end == size)
        at = part.body_end
    yield from _pieces(read, at, size)


def _tree(read: Read, size: int) -> Part:
    scanner = Scanner()
    for piece in _pieces(read, 0, size):
        scanner.feed(piece)
    return scanner.end()


def _has_nul(read: Read, part: Part) -> bool:
    return any(b"\0" in piece for piece in _pieces(read, part.body_start, part.body_end))


def _encoded(read: Read, part: Part, *, last: bool) -> Iterator[bytes]:
    """In front of a delimiter the line end belongs to that."""
    waiting = b""
    for piece in _pieces(read, part.body_start, part.body_end):
        yield waiting
        waiting = encode_base64(piece)
    yield waiting if last else waiting.removesuffix(b"\r\n")


def _pieces(read: Read, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, PIECE):
        yield read(at, min(PIECE, end - at))
