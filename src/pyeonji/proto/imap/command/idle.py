"""IDLE: tell me what happens until I say DONE (RFC 2177)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Idle:
    """Idle has no arguments."""


def parse(reader: Reader) -> Idle:
    reader.end()
    return Idle()
