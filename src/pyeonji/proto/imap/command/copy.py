"""COPY and UID COPY (RFC 9051 §6.4.7)."""

from dataclasses import dataclass

from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Copy:
    numbers: NumberSet
    mailbox: str
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Copy:
    numbers = reader.sequence_set(uid=uid)
    reader.space()
    mailbox = reader.mailbox()
    reader.end()
    return Copy(numbers, mailbox, uid)


def parse_uid(reader: Reader) -> Copy:
    return parse(reader, uid=True)
