"""NOOP: nothing, and what is new (RFC 3501 §6.1.2)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Noop:
    """Noop has no arguments."""


def parse(reader: Reader) -> Noop:
    reader.end()
    return Noop()
