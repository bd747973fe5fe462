"""UNSELECT: leave the mailbox as it is (RFC 3691)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Unselect:
    """Unselect has no arguments."""


def parse(reader: Reader) -> Unselect:
    reader.end()
    return Unselect()
