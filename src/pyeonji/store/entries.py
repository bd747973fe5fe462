"""Letters in mailboxes: UIDs and MODSEQs only grow (RFC 9051 §2.3.1.1, RFC 7162 §3.1.1)."""

import contextlib
import gc
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pyeonji.journey.event import Event, Expunged, Moved, pack
from pyeonji.proto.imap.rights import EVERY_FLAG, Settable
from pyeonji.store import removed
from pyeonji.store.accept import ENTRIES, JOURNEYS
from pyeonji.store.engine.base import Conflict, Insert, Tx, several, single
from pyeonji.store.mailboxes import Mailbox, hold, take_uids, unseen

SLICE = 512  # UIDs named in one statement
DELETED = 8  # a bit of `flags`


class Entry(NamedTuple):
    """One letter in one mailbox.  `keywords` are parted by spaces.

    A tuple, because a mailbox has a million of them: a frozen dataclass takes six times as long to make.
    """

    uid: int
    message_id: int
    flags: int
    keywords: str
    modseq: int
    internal_us: int
    size: int


ENTRY = "SELECT uid, message_id, flags, keywords, modseq, internal_us, size FROM entry"


def entries(tx: Tx, mailbox_id: int) -> list[Entry]:
    """In the order of their UIDs."""
    with _collector_paused():
        rows = tx.all(f"{ENTRY} WHERE mailbox_id = :id ORDER BY uid", {"id": mailbox_id})
        return list(map(Entry._make, rows))


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """A million tuples without a cycle among them: the garbage collector would look at them again and again.

    Half of the time to open a mailbox of a million letters (0.7 s instead of 1.4 s).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def saved_dates(tx: Tx, mailbox_id: int, uids: Sequence[int]) -> dict[int, int]:
    """When the letters of ascending UIDs came into the mailbox (RFC 8514), by UID."""
    if not uids:
        return {}
    sql = "SELECT uid, saved_us FROM entry WHERE mailbox_id = :id AND uid BETWEEN :first AND :last"
    return dict(tx.all(sql, {"id": mailbox_id, "first": uids[0], "last": uids[-1]}))


# The bit is written out, not a parameter, so that the index `entry_marked` answers it: no mailbox is walked through.
MARKED = f"mailbox_id = :id AND (flags & {DELETED}) = {DELETED}"


def marked(tx: Tx, mailbox_id: int, after: int = 0, limit: int = 2**32) -> list[int]:
    """UIDs of letters marked \\Deleted, ascending: at most `limit` of those behind the UID `after`."""
    sql = f"SELECT uid FROM entry WHERE {MARKED} AND uid > :after ORDER BY uid LIMIT :limit"
    return [row[0] for row in tx.all(sql, {"id": mailbox_id, "after": after, "limit": limit})]


def count_from(tx: Tx, mailbox_id: int, uid: int) -> int:
    """How many letters have this UID or a greater one."""
    row = tx.one("SELECT count(*) FROM entry WHERE mailbox_id = :id AND uid >= :uid", {"id": mailbox_id, "uid": uid})
    return int(single(row) or 0)


def weighed(tx: Tx, mailbox_id: int) -> tuple[int, int]:
    """How many letters are marked \\Deleted, and their octets together."""
    row = tx.one(f"SELECT count(*), COALESCE(SUM(size), 0) FROM entry WHERE {MARKED}", {"id": mailbox_id})
    assert row is not None
    return int(row[0]), int(row[1])


def expunge(tx: Tx, mailbox_id: int, uids: Sequence[int], *, now_us: int, account: str, because: str = "") -> list[int]:
    """Remove entries; the UIDs that were there.  They can be brought back until the sweeper lets go of them."""
    box = hold(tx, mailbox_id)
    found = some(tx, mailbox_id, uids) if box is not None else []
    if box is None or not found:
        return []
    _remove(tx, box, found)
    removed.keep(tx, box.account_id, box.name, found, now_us)
    tell(tx, now_us, [(entry.message_id, Expunged(now_us, account, box.name, entry.uid, because)) for entry in found])
    return [entry.uid for entry in found]


def copy(
    tx: Tx,
    source_id: int,
    target_id: int,
    uids: Sequence[int],
    *,
    now_us: int,
    move: bool,
    settable: Settable = EVERY_FLAG,
) -> tuple[int, list[tuple[int, int]]]:
    """(UIDVALIDITY of the target, [(uid there was, uid there is)]); with `move`, the old entries go.

    The new ones have those of the old flags that are `settable` there (RFC 4314 §4).  Raises Conflict when one of the
    mailboxes went away.
    """
    # Both are held in the order of their ids, so that two that copy crosswise do not wait for each other.
    held = {number: hold(tx, number) for number in sorted({source_id, target_id})}
    source, target = held[source_id], held[target_id]
    if source is None or target is None:
        raise Conflict("the mailbox went away")
    found = some(tx, source_id, uids)
    if not found:
        return target.uidvalidity, []
    made = found if settable == EVERY_FLAG else [_limited(entry, settable) for entry in found]
    first, modseq = take_uids(tx, target_id, len(made), sum(entry.size for entry in made), unseen(made))
    pairs = [(entry.uid, first + index) for index, entry in enumerate(found)]
    tx.insert(
        ENTRIES,
        [
            (target_id, uid, target.account_id, entry.message_id, entry.flags, entry.keywords, modseq,
             entry.internal_us, now_us, entry.size, modseq)
            for entry, (_, uid) in zip(made, pairs, strict=True)
        ],
    )  # fmt: skip
    if move:
        _remove(tx, source, found)
        if source.account_id != target.account_id:  # to its owner it did go away
            removed.keep(tx, source.account_id, source.name, found, now_us)
    account = str(single(tx.one("SELECT address FROM account WHERE id = :id", {"id": target.account_id})) or "")
    how = "moved" if move else "copied"
    tell(
        tx,
        now_us,
        [
            (entry.message_id, Moved(now_us, account, target.name, uid, how))
            for entry, (_, uid) in zip(found, pairs, strict=True)
        ],
    )
    return target.uidvalidity, pairs


def _limited(entry: Entry, settable: Settable) -> Entry:
    return entry._replace(flags=entry.flags & settable.mask, keywords=entry.keywords if settable.keywords else "")


def some(tx: Tx, mailbox_id: int, uids: Sequence[int]) -> list[Entry]:
    """The entries of these UIDs that are there, ascending."""
    if not uids:
        return []
    if len(uids) > SLICE:
        wanted = set(uids)
        rows = tx.all(
            f"{ENTRY} WHERE mailbox_id = :id AND uid BETWEEN :first AND :last ORDER BY uid",
            {"id": mailbox_id, "first": min(wanted), "last": max(wanted)},
        )
        return [Entry._make(row) for row in rows if row[0] in wanted]
    names, parameters = several(uids)
    rows = tx.all(f"{ENTRY} WHERE mailbox_id = :id AND uid IN ({names}) ORDER BY uid", {"id": mailbox_id, **parameters})
    return list(map(Entry._make, rows))


def tell(tx: Tx, at_us: int, told: Iterable[tuple[int, Event]]) -> None:
    """One journey row for each letter."""
    tx.insert(JOURNEYS, [(0, number, at_us, pack((event,))) for number, event in told])


def _remove(tx: Tx, box: Mailbox, found: Sequence[Entry]) -> None:
    row = tx.one(
        "UPDATE mailbox SET modseq = modseq + 1, messages = messages - :n, octets = octets - :octets,"
        " unseen = unseen - :unseen WHERE id = :id RETURNING modseq",
        {
            "n": len(found),
            "octets": sum(entry.size for entry in found),
            "unseen": unseen(found),
            "id": box.id,
        },
    )
    modseq = single(row)
    tx.many(
        "DELETE FROM entry WHERE mailbox_id = :id AND uid = :uid", [{"id": box.id, "uid": one.uid} for one in found]
    )
    tx.insert(EXPUNGED, [(box.id, one.uid, modseq) for one in found])


EXPUNGED = Insert("expunged", ("mailbox_id", "uid", "modseq"))
