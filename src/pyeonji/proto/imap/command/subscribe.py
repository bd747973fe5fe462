"""SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6, §6.3.7)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Subscribe:
    mailbox: str
    wanted: bool = True


def parse(reader: Reader) -> Subscribe:
    mailbox = reader.mailbox()
    reader.end()
    return Subscribe(mailbox)


def parse_unsubscribe(reader: Reader) -> Subscribe:
    return Subscribe(parse(reader).mailbox, wanted=False)
