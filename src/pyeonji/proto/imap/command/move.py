"""MOVE and UID MOVE (RFC 6851)."""

from dataclasses import dataclass

from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Move:
    numbers: NumberSet
    mailbox: str
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Move:
    numbers = reader.sequence_set(uid=uid)
    reader.space()
    mailbox = reader.mailbox()
    reader.end()
    return Move(numbers, mailbox, uid)


def parse_uid(reader: Reader) -> Move:
    return parse(reader, uid=True)
