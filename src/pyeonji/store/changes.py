"""What happened to a mailbox after a MODSEQ, on one snapshot (RFC 7162 §3.1.1)."""

from dataclasses import dataclass, field

from pyeonji.store.columns import Columns, changed, letters
from pyeonji.store.engine.base import Tx
from pyeonji.store.expunged import expunged_after
from pyeonji.store.mailboxes import Mailbox, mailbox_by_id


@dataclass(frozen=True, slots=True)
class Changes:
    """The mailbox as it is now, None when it is gone; letters that came or changed; UIDs expunged, ascending."""

    box: Mailbox | None
    letters: Columns = field(default_factory=Columns)
    expunged: list[int] = field(default_factory=list)


def changes(tx: Tx, mailbox_id: int, modseq: int, limit: int = 0) -> Changes | None:
    """After `modseq`; 0 is from the beginning.  None when more than `limit` letters changed: read them elsewhere."""
    box = mailbox_by_id(tx, mailbox_id)
    if box is None or box.modseq == modseq:
        return Changes(box)
    if modseq == 0:
        return None if limit and box.messages > limit else Changes(box, letters(tx, mailbox_id))
    found = changed(tx, mailbox_id, modseq, limit)
    return None if found is None else Changes(box, found, expunged_after(tx, mailbox_id, modseq))
