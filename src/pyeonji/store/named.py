"""Whom the header of a letter names: nobody else may be known to who reads it."""

from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.header import parse_header
from pyeonji.store import messages
from pyeonji.store.blobs import Blobs
from pyeonji.store.engine.base import Damaged, Tx

HEADER_READ = 64 * 1024  # octets of a letter that are looked at


def named(tx: Tx, blobs: Blobs, number: int) -> list[str]:
    """The addresses in To and Cc; none when the octets are gone."""
    try:
        header = parse_header(messages.content(tx, blobs, number, 0, HEADER_READ))
    except Damaged:
        return []
    return [
        str(mailbox.address) for name in (b"to", b"cc") for value in header.all(name)
        for mailbox in parse_mailboxes(value)
    ]  # fmt: skip
