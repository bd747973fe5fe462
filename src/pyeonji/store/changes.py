"""What happened to a mailbox after a MODSEQ, on one snapshot (RFC 7162 §3.1.1)."""

from dataclasses import dataclass, field

from pyeonji.store.columns import Columns, changed, letters
from pyeonji.store.engine.base import Tx
from pyeonji.store.expunged import remembered_after
from pyeonji.store.mailboxes import Mailbox, mailbox_by_id


@dataclass(frozen=True, slots=True)
class Changes:
    """The mailbox as it is now, None when it is gone; letters that came or changed; UIDs expunged, ascending.

    `expunged` is None where not all is remembered that went: then `letters` are all there are.
    """

    box: Mailbox | None
    letters: Columns = field(default_factory=Columns)
    expunged: list[int] | None = field(default_factory=list)


def changes(tx: Tx, mailbox_id: int, modseq: int, limit: int = 0) -> Changes | None:
    """After `modseq`; 0 is from the beginning.  None when more than `limit` letters changed: read them elsewhere."""
    box = mailbox_by_id(tx, mailbox_id)
    if box is None or box.modseq == modseq:
        return Changes(box)
    gone = remembered_after(tx, mailbox_id, modseq) if modseq else []
    if modseq == 0 or gone is None:
        return None if limit and box.messages > limit else Changes(box, letters(tx, mailbox_id), gone)
    found = changed(tx, mailbox_id, modseq, limit)
    return None if found is None else Changes(box, found, gone)
