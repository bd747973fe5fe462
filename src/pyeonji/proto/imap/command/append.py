"""APPEND: messages the client brings along (RFC 3501 §6.3.11; what follows the name is read by `arrival`)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Append:
    """Where the messages belong."""

    mailbox: str


def parse(reader: Reader) -> Append:
    return Append(reader.mailbox())
