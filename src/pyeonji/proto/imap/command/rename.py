"""RENAME a mailbox with its children (RFC 3501 §6.3.5)."""

from dataclasses import dataclass

from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.proto.imap.wire import BadSyntax, Reader


@dataclass(frozen=True, slots=True)
class Rename:
    mailbox: str
    new_name: str


def parse(reader: Reader) -> Rename:
    mailbox = reader.mailbox()
    reader.space()
    new_name = reader.mailbox().removesuffix(SEPARATOR)
    reader.end()
    if not new_name:
        raise BadSyntax("mailbox name expected")
    return Rename(mailbox, new_name)
