"""CAPABILITY: what we can do (RFC 3501 §6.1.1)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Capability:
    """Capability has no arguments."""


def parse(reader: Reader) -> Capability:
    reader.end()
    return Capability()
