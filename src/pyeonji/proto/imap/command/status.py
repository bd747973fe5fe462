"""STATUS of a mailbox that need not be open (RFC 9051 §6.3.11).

Also SIZE (RFC 8438), HIGHESTMODSEQ (RFC 7162), MAILBOXID (RFC 8474), DELETED-STORAGE (RFC 9208) and APPENDLIMIT
(RFC 7889).
"""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader

ITEMS = frozenset({
    "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE", "DELETED", "HIGHESTMODSEQ", "MAILBOXID",
    "DELETED-STORAGE", "APPENDLIMIT",
})  # fmt: skip


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
    found = tuple(dict.fromkeys(reader.listed(lambda: reader.atom().upper())))
    if not ITEMS.issuperset(found):
        raise BadSyntax("unknown STATUS item")
    return found
