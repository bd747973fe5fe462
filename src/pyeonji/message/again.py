"""A letter as its writer wrote it, for another journey: without what the first one left on it."""

import re

from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.edit import apply_changes, remove_fields
from pyeonji.message.header import parse_header

LEFT = frozenset((b"received", b"return-path", b"dkim-signature", b"authentication-results", b"message-id", b"date",
                  b"delivered-to"))  # fmt: skip
LEFT_PREFIXES = (b"arc-",)
NAMING = (b"to", b"cc")  # fields in which an address is put right


def afresh(head: bytes, old: str, new: str) -> bytes:
    """The header without traces, signatures, number and date; where it names `old`, it names `new`."""
    head = remove_fields(head, LEFT, LEFT_PREFIXES)
    if old.casefold() == new.casefold():
        return head
    header = parse_header(head)
    whole = re.compile(rb"(?<![^\s<,:;\"(])" + re.escape(old.encode()) + rb"(?![^\s>,;\")])", re.IGNORECASE)
    changes = []
    for field in header:
        names = (
            {one.addr_spec.casefold() for one in parse_mailboxes(header.value(field))} if field.name in NAMING else ()
        )
        if old.casefold() in names:
            start, end = field.value_start, field.end
            changes.append((start, end, whole.sub(lambda _: new.encode(), head[start:end])))
    return apply_changes(head, changes)
