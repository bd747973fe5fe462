"""STARTTLS: from here on nobody else can read along (RFC 3501 §6.2.1)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class StartTls:
    """StartTls has no arguments."""


def parse(reader: Reader) -> StartTls:
    reader.end()
    return StartTls()
