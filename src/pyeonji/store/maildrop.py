"""What POP3 asks of the store: an INBOX in columns, and many small letters at once."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.store.blobs import GONE, Blobs, as_bytes, unpacked
from pyeonji.store.engine.base import Tx, several
from pyeonji.store.mailboxes import INBOX, Mailbox, mailbox

SLICE = 5_000  # rows held as rows at once


@dataclass(frozen=True, slots=True)
class Contents:
    """The letters of a maildrop in the order of their UIDs, 24 octets each: a person may have a million."""

    box: Mailbox
    uids: "array[int]"
    numbers: "array[int]"  # receipt numbers
    sizes: "array[int]"  # octets


LETTERS = """
SELECT uid, message_id, size FROM entry WHERE mailbox_id = :id AND uid > :after ORDER BY uid LIMIT :limit
"""


def contents(tx: Tx, account_id: int) -> Contents:
    """The INBOX of an account as it is now."""
    box = mailbox(tx, account_id, INBOX)
    assert box is not None  # made with the account, and can be neither renamed nor deleted
    found = Contents(box, array("q"), array("q"), array("q"))
    after = 0
    while rows := tx.all(LETTERS, {"id": box.id, "after": after, "limit": SLICE}):
        uids, numbers, sizes = zip(*rows, strict=True)
        found.uids.extend(uids)
        found.numbers.extend(numbers)
        found.sizes.extend(sizes)
        after = uids[-1]
    return found


OCTETS = """
SELECT m.id, c.id, c.codec, c.file, c.octets FROM message m JOIN content c ON c.id = m.content_id
WHERE m.id IN ({names})
"""


def octets(tx: Tx, blobs: Blobs, numbers: Sequence[int]) -> dict[int, bytes]:
    """Whole letters, for small ones, by receipt number; those whose octets were freed are left out.  Raises Damaged."""
    names, parameters = several(numbers)
    found = {}
    for number, ref, codec, file, inline in tx.all(OCTETS.format(names=names), parameters):
        if file:
            found[number] = blobs.read(tx, ref)
        elif codec != GONE:
            found[number] = unpacked(codec, as_bytes(inline))
    return found
