"""REPLACE and UID REPLACE: a message instead of another (RFC 8508; what follows the name is read by `arrival`)."""

from dataclasses import dataclass

from pyeonji.proto.imap.numbers import STAR
from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Replace:
    """`number` is a message number or a UID, numbers.STAR for "*"; `mailbox` is where the new message belongs."""

    number: int
    mailbox: str
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Replace:
    number = STAR if reader.skip(b"*") else reader.nz_number()
    reader.space()
    return Replace(number, reader.mailbox(), uid)


def parse_uid(reader: Reader) -> Replace:
    return parse(reader, uid=True)
