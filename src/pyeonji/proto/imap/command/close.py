"""CLOSE: expunge without a word and leave the mailbox (RFC 3501 §6.4.2)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Close:
    """Close has no arguments."""


def parse(reader: Reader) -> Close:
    reader.end()
    return Close()
