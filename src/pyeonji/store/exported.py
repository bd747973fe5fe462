"""Reading a mailbox from one end to the other, a slice at a time, whatever happens to it meanwhile."""

from pyeonji.store.engine.base import Tx
from pyeonji.store.entries import ENTRY, Entry

SLICE = "mailbox_id = :id AND uid > :after AND uid < :before ORDER BY uid LIMIT :limit"


def entries_after(tx: Tx, mailbox_id: int, after: int, before: int, limit: int) -> list[Entry]:
    """The next letters above the UID `after` and below `before`."""
    rows = tx.all(f"{ENTRY} WHERE {SLICE}", {"id": mailbox_id, "after": after, "before": before, "limit": limit})
    return list(map(Entry._make, rows))
