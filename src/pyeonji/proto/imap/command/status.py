"""STATUS of a mailbox that need not be open (RFC 3501 §6.3.10; SIZE, RFC 8438; DELETED, RFC 9051 §6.3.11)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader

ITEMS = frozenset({"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE", "DELETED"})


@dataclass(frozen=True, slots=True)
class Status:
    mailbox: str
    items: tuple[str, ...]


def parse(reader: Reader) -> Status:
    mailbox = reader.mailbox()
    reader.space()
    found = items(reader)
    reader.end()
    return Status(mailbox, found)


def items(reader: Reader) -> tuple[str, ...]:
    """A list of status items in parentheses, each once."""
    found = tuple(dict.fromkeys(reader.listed(reader.word)))
    if not ITEMS.issuperset(found):
        raise BadSyntax("unknown STATUS item")
    return found
