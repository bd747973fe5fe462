"""LOGOUT: the client is about to go (RFC 3501 §6.1.3)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Logout:
    """Logout has no arguments."""


def parse(reader: Reader) -> Logout:
    reader.end()
    return Logout()
