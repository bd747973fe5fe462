"""NAMESPACE: where mailboxes are (RFC 2342)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Namespace:
    """Namespace has no arguments."""


def parse(reader: Reader) -> Namespace:
    reader.end()
    return Namespace()
