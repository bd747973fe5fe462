"""SELECT and EXAMINE: open a mailbox (RFC 3501 §6.3.1, §6.3.2)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Select:
    mailbox: str
    read_only: bool = False


def parse(reader: Reader) -> Select:
    mailbox = reader.mailbox()
    reader.end()
    return Select(mailbox)


def parse_examine(reader: Reader) -> Select:
    return Select(parse(reader).mailbox, read_only=True)
