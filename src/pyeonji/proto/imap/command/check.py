"""CHECK: a checkpoint, which our store does not need (RFC 3501 §6.4.1)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Check:
    """Check has no arguments."""


def parse(reader: Reader) -> Check:
    reader.end()
    return Check()
