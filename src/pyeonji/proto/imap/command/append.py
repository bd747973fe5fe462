"""APPEND: a message the client brings along (RFC 3501 §6.3.11).

The literal is not read here: the session hands its octets on as they come, and this is only what stands before it.
"""

from dataclasses import dataclass

from pyeonji.proto.imap.flags import NONE, Flags
from pyeonji.proto.imap.wire import BadSyntax, Reader


@dataclass(frozen=True, slots=True)
class Append:
    """`internal_us` is None where the client gives no date; `size` in octets."""

    mailbox: str
    flags: Flags = NONE
    internal_us: int | None = None
    size: int = 0


def parse(reader: Reader) -> Append:
    """What stands before the literal, with the space at its end."""
    mailbox = reader.mailbox()
    reader.space()
    flags = NONE
    if reader.comes(b"("):
        flags = reader.flag_list()
        reader.space()
    internal_us = None
    if reader.comes(b'"'):
        internal_us = reader.date_time()
        reader.space()
    reader.end()
    return Append(mailbox, flags, internal_us)


def parse_whole(reader: Reader) -> Append:
    """An APPEND that came to its end without a message."""
    reader.mailbox()
    raise BadSyntax("literal expected")
