"""Sections of a message as places in its octets (RFC 3501 §6.4.5).

A number leads into a multipart, or into the message inside a message/rfc822; part 1 of what is not a multipart is its
body.  Nearly every section is a run of the original octets, so only where it lies is told; HEADER.FIELDS alone is made.
"""

from typing import NamedTuple

from pyeonji.message import codecs
from pyeonji.message.header import Header
from pyeonji.message.part import Part
from pyeonji.proto.imap.command.fetch import Section


class Run(NamedTuple):
    """octets[start:end] of the message."""

    start: int
    end: int


def find(root: Part, section: Section) -> Run | bytes | None:
    """Where a section lies, or its octets where they are made; None where the message has no such part."""
    if section.text in ("", "MIME"):
        found = _part(root, section.path)
        if found is None:
            return None
        if section.text == "MIME":
            return Run(found.header_start, found.body_start)
        return Run(found.body_start, found.body_end) if section.path else Run(found.header_start, found.body_end)
    message = _message(root, section.path)
    if message is None:
        return None
    if section.text == "TEXT":
        return Run(message.body_start, message.body_end)
    if section.text == "HEADER":
        return Run(message.header_start, message.body_start)
    return fields(message.header, section.fields, others=section.text.endswith(".NOT"))


def fields(header: Header, names: tuple[bytes, ...], *, others: bool = False) -> bytes:
    """The fields of these names (or all `others`) as they stand, and the blank line behind them."""
    wanted = {name.lower() for name in names}
    return b"".join([header.raw(field) for field in header if (field.name in wanted) is not others]) + b"\r\n"


def cut(found: Run | bytes, partial: tuple[int, int] | None) -> Run | bytes:
    """The part of a section that <first.count> asks for; empty behind its end (RFC 3501 §6.4.5)."""
    if partial is None:
        return found
    first, count = partial
    if isinstance(found, bytes):
        return found[first : first + count]
    start = min(found.start + first, found.end)
    return Run(start, min(start + count, found.end))


class UnknownEncoding(ValueError):
    """Nobody knows how the part is encoded for the way (RFC 3516 §4.3)."""


def decoded(root: Part, content: bytes, path: tuple[int, ...]) -> bytes | None:
    """A part with its transfer encoding undone; the whole message where there is no path, None where no such part is.

    What holds other parts has no encoding of its own (RFC 2045 §6.4).  Raises UnknownEncoding.
    """
    if not path:
        return content
    part = _part(root, path)
    if part is None:
        return None
    octets = content[part.body_start : part.body_end]
    if part.is_multipart or part.is_message:
        return octets
    if part.encoding not in codecs.KNOWN:
        raise UnknownEncoding(part.encoding)
    return codecs.decode(octets, part.encoding)


def _part(root: Part, path: tuple[int, ...]) -> Part | None:
    """The part these numbers lead to."""
    part, whole = root, True  # `whole`: a message, not one part of a multipart
    for number in path:
        if not whole and part.is_message:
            part, whole = part.children[0], True
        if part.is_multipart:
            if number > len(part.children):
                return None
            part = part.children[number - 1]
        elif not whole or number != 1:
            return None
        whole = False
    return part


def _message(root: Part, path: tuple[int, ...]) -> Part | None:
    """The message whose header and text are meant."""
    if not path:
        return root
    part = _part(root, path)
    return part.children[0] if part is not None and part.is_message else None
