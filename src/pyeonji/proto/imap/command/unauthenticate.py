"""UNAUTHENTICATE: the connection goes on, the login does not (RFC 8437)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Unauthenticate:
    """Unauthenticate has no arguments."""


def parse(reader: Reader) -> Unauthenticate:
    reader.end()
    return Unauthenticate()
