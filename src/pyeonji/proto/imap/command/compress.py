"""COMPRESS: from here on both sides speak DEFLATE (RFC 4978)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader


@dataclass(frozen=True, slots=True)
class Compress:
    """There is one mechanism."""


def parse(reader: Reader) -> Compress:
    if reader.word() != "DEFLATE":
        raise BadSyntax("DEFLATE expected")
    reader.end()
    return Compress()
