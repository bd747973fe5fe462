"""Sections of a message as places in its octets (RFC 9051 §6.4.5.1, RFC 3516 §4).

A number leads into a multipart, or into the message inside a message/rfc822; part 1 of what is not a multipart is its
body.  Nearly every section is a run of the original octets, so only where it lies is told; HEADER.FIELDS alone is made.
"""

from typing import NamedTuple

from pyeonji.message.decoders import decoder
from pyeonji.message.header import Header
from pyeonji.message.part import Part
from pyeonji.message.surrogate import surrogate
from pyeonji.proto.imap.command.fetch import Section

EVERYTHING = 1 << 63  # more octets than there are


class Run(NamedTuple):
    """octets[start:end] of the message; decoded where it has an `encoding`; of that, `most` octets from `first` on."""

    start: int
    end: int
    encoding: str = ""
    first: int = 0
    most: int = EVERYTHING


class UnknownEncoding(ValueError):
    """Nobody knows how to decode this part (RFC 3516 §4.3)."""


def find(root: Part, section: Section, *, utf8: bool = True) -> Run | bytes | None:
    """Where a section lies, or its octets where they are made; None where the message has no such part.

    Without `utf8` headers are told in ASCII (`message.surrogate`); the message as a whole stays what it is.
    """
    if section.text in ("", "MIME"):
        found = _part(root, section.path)
        if found is None:
            return None
        if section.text == "MIME":
            return _header(found, utf8)
        return Run(found.body_start, found.body_end) if section.path else Run(found.header_start, found.body_end)
    message = _message(root, section.path)
    if message is None:
        return None
    if section.text == "TEXT":
        return Run(message.body_start, message.body_end)
    if section.text == "HEADER":
        return _header(message, utf8)
    made = fields(message.header, section.fields, others=section.text.endswith(".NOT"))
    return made if utf8 else surrogate(made)


def _header(part: Part, utf8: bool) -> Run | bytes:
    if utf8 or (whole := part.header.whole).isascii():
        return Run(part.header_start, part.body_start)
    return surrogate(whole)


def find_decoded(root: Part, path: tuple[int, ...]) -> Run | None:
    """Where the body of a part lies, and what its encoding is; None where the message has no such part.

    What holds other parts has no encoding of its own (RFC 2045 §6.4).  Raises UnknownEncoding.
    """
    found = _part(root, path)
    if found is None:
        return None
    if not path:
        return Run(found.header_start, found.body_end)
    if found.children:
        return Run(found.body_start, found.body_end)
    if decoder(found.encoding) is None:
        raise UnknownEncoding(found.encoding)
    return Run(found.body_start, found.body_end, found.encoding)


def fields(header: Header, names: tuple[bytes, ...], *, others: bool = False) -> bytes:
    """The fields of these names (or all `others`) as they stand, and the blank line behind them."""
    wanted = {name.lower() for name in names}
    return b"".join([header.raw(field) for field in header if (field.name in wanted) is not others]) + b"\r\n"


def cut(found: Run | bytes, partial: tuple[int, int] | None) -> Run | bytes:
    """The part of a section that <first.count> asks for; empty behind its end (RFC 9051 §6.4.5)."""
    if partial is None:
        return found
    first, count = partial
    if isinstance(found, bytes):
        return found[first : first + count]
    if found.encoding:
        return found._replace(first=first, most=count)
    start = min(found.start + first, found.end)
    return Run(start, min(start + count, found.end))


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
