"""DELETE a mailbox (RFC 3501 §6.3.4)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Delete:
    mailbox: str


def parse(reader: Reader) -> Delete:
    mailbox = reader.mailbox()
    reader.end()
    return Delete(mailbox)
