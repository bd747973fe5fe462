"""Mailboxes: their names, and the counters from which their letters get UIDs and MODSEQs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from pyeonji.store.engine.base import Tx, single

SEPARATOR = "/"
INBOX = "INBOX"
SEEN = 1  # the bit of an entry's flags that is counted here
UIDVALIDITY = "uidvalidity"  # row of meta: the greatest given


class Mailbox(NamedTuple):
    """One mailbox of an account.  `modseq` is the highest given; `unseen` are the letters without \\Seen.

    A tuple, because an account may have ten thousand of them, and LIST wants them all.
    """

    id: int
    account_id: int
    name: str
    special_use: str
    uidvalidity: int
    uidnext: int
    modseq: int
    messages: int
    octets: int
    unseen: int
    recent_from: int  # letters from this UID on are \\Recent to the next who opens it
    forgotten: int  # of what was expunged up to this MODSEQ, not all is known any more


COLUMNS = """
id, account_id, name, special_use, uidvalidity, uidnext, modseq, messages, octets, unseen, recent_from, forgotten
"""
MAILBOX = f"SELECT {COLUMNS} FROM mailbox"
HOLD = f"UPDATE mailbox SET modseq = modseq WHERE id = :id RETURNING {COLUMNS}"

# One statement, so that two transactions at once never get the same.
FRESH_UIDVALIDITY = """
INSERT INTO meta (name, value) VALUES (:name, :wanted) ON CONFLICT (name) DO UPDATE SET value = CASE
  WHEN CAST(excluded.value AS BIGINT) > CAST(meta.value AS BIGINT) THEN excluded.value
  ELSE CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) END
RETURNING value
"""


def object_id(box: Mailbox) -> str:
    """What clients call it for ever, whatever its name (RFC 8474 §4)."""
    return f"M{box.id}"


def mailboxes(tx: Tx, account_id: int) -> list[Mailbox]:
    return list(map(Mailbox._make, tx.all(f"{MAILBOX} WHERE account_id = :id ORDER BY name", {"id": account_id})))


def mailbox(tx: Tx, account_id: int, name: str) -> Mailbox | None:
    row = tx.one(f"{MAILBOX} WHERE account_id = :id AND name = :name", {"id": account_id, "name": name})
    return Mailbox._make(row) if row else None


def mailbox_by_id(tx: Tx, mailbox_id: int) -> Mailbox | None:
    row = tx.one(f"{MAILBOX} WHERE id = :id", {"id": mailbox_id})
    return Mailbox._make(row) if row else None


def of_use(tx: Tx, accounts: Sequence[int], special_use: str) -> dict[int, tuple[int, str]]:
    """(id, name) of the mailbox with this special use, of those accounts that have one (RFC 6154)."""
    rows = tx.among(
        "SELECT m.account_id, m.id, m.name FROM NUMBERS n JOIN mailbox m ON m.account_id = n.value"
        " WHERE m.special_use = :special_use",
        accounts,
        {"special_use": special_use},
    )
    return {account: (number, name) for account, number, name in rows}


def create(tx: Tx, account_id: int, name: str, special_use: str = "", *, uidvalidity: int) -> Mailbox:
    """Raises Conflict when there is one.

    `uidvalidity` is the present second; a greater value is taken where that one was given already.
    """
    row = tx.one(
        "INSERT INTO mailbox (account_id, name, special_use, uidvalidity)"
        " VALUES (:account_id, :name, :special_use, :uidvalidity) RETURNING id",
        {
            "account_id": account_id,
            "name": name,
            "special_use": special_use,
            "uidvalidity": fresh_uidvalidity(tx, uidvalidity),
        },
    )
    found = mailbox_by_id(tx, int(single(row)))  # type: ignore[arg-type]
    assert found is not None
    return found


def take_uids(tx: Tx, mailbox_id: int, count: int, octets: int, not_seen: int) -> tuple[int, int]:
    """The first of `count` new UIDs and their MODSEQ, for entries of so many octets.  The mailbox is there."""
    row = tx.one(
        "UPDATE mailbox SET uidnext = uidnext + :n, modseq = modseq + 1, messages = messages + :n,"
        " octets = octets + :octets, unseen = unseen + :unseen WHERE id = :id RETURNING uidnext - :n, modseq",
        {"n": count, "octets": octets, "unseen": not_seen, "id": mailbox_id},
    )
    assert row is not None
    first, modseq = row
    return first, modseq


class Flagged(Protocol):
    """Anything with an entry's flags."""

    @property
    def flags(self) -> int: ...


def unseen(entries: Iterable[Flagged]) -> int:
    """How many of them nobody has seen."""
    return sum(not entry.flags & SEEN for entry in entries)


def take_recent(tx: Tx, mailbox_id: int, upto: int) -> int:
    """Letters below the UID `upto` are \\Recent to nobody else any more; from which UID on they were till now."""
    box = hold(tx, mailbox_id)
    if box is None or box.recent_from >= upto:
        return upto
    tx.run("UPDATE mailbox SET recent_from = :upto WHERE id = :id", {"id": mailbox_id, "upto": upto})
    return box.recent_from


def hold(tx: Tx, mailbox_id: int) -> Mailbox | None:
    """The mailbox, which nobody else changes before this transaction ends.

    Whoever gives a MODSEQ holds the mailbox from before he looks until his commit: so nobody sees a higher one before
    a lower one (RFC 7162 §3.1.1).
    """
    row = tx.one(HOLD, {"id": mailbox_id})
    return Mailbox._make(row) if row else None


def fresh_uidvalidity(tx: Tx, wanted: int) -> int:
    """At least `wanted`, and greater than any given before: a name may come back within the second it was deleted."""
    return int(single(tx.one(FRESH_UIDVALIDITY, {"name": UIDVALIDITY, "wanted": str(wanted)})) or 0)


def begin_anew(tx: Tx, now_s: int) -> None:
    """No UID that was ever seen of any mailbox means anything any more."""
    tx.run("UPDATE mailbox SET uidvalidity = :fresh", {"fresh": fresh_uidvalidity(tx, now_s)})
