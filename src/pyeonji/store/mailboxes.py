"""Mailboxes: their names, and the counters from which their letters get UIDs and MODSEQs."""

from dataclasses import dataclass

from pyeonji.store.engine.base import Row, Tx, single

SEPARATOR = "/"
INBOX = "INBOX"
UIDVALIDITY = "uidvalidity"  # row of meta: the greatest given


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox of an account.  `modseq` is the highest given."""

    id: int
    account_id: int
    name: str
    special_use: str
    uidvalidity: int
    uidnext: int
    modseq: int
    messages: int
    octets: int


MAILBOX = """
SELECT id, account_id, name, special_use, uidvalidity, uidnext, modseq, messages, octets FROM mailbox
"""
HOLD = """
UPDATE mailbox SET modseq = modseq WHERE id = :id
RETURNING id, account_id, name, special_use, uidvalidity, uidnext, modseq, messages, octets
"""


def mailboxes(tx: Tx, account_id: int) -> list[Mailbox]:
    return [_mailbox(row) for row in tx.all(f"{MAILBOX} WHERE account_id = :id ORDER BY name", {"id": account_id})]


def mailbox(tx: Tx, account_id: int, name: str) -> Mailbox | None:
    row = tx.one(f"{MAILBOX} WHERE account_id = :id AND name = :name", {"id": account_id, "name": name})
    return _mailbox(row) if row else None


def mailbox_by_id(tx: Tx, mailbox_id: int) -> Mailbox | None:
    row = tx.one(f"{MAILBOX} WHERE id = :id", {"id": mailbox_id})
    return _mailbox(row) if row else None


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


def take_uids(tx: Tx, mailbox_id: int, count: int, octets: int) -> tuple[int, int]:
    """The first of `count` new UIDs and their MODSEQ, for entries of so many octets.  The mailbox is there."""
    row = tx.one(
        "UPDATE mailbox SET uidnext = uidnext + :n, modseq = modseq + 1, messages = messages + :n,"
        " octets = octets + :octets WHERE id = :id RETURNING uidnext - :n, modseq",
        {"n": count, "octets": octets, "id": mailbox_id},
    )
    assert row is not None
    first, modseq = row
    return first, modseq


def hold(tx: Tx, mailbox_id: int) -> Mailbox | None:
    """The mailbox, which nobody else changes before this transaction ends.

    Whoever gives a MODSEQ holds the mailbox from before he looks until his commit: so nobody sees a higher one before
    a lower one (RFC 7162 §3.1.1).
    """
    row = tx.one(HOLD, {"id": mailbox_id})
    return _mailbox(row) if row else None


def fresh_uidvalidity(tx: Tx, wanted: int) -> int:
    """At least `wanted`, and greater than any given before: a name may come back within the second it was deleted."""
    last = int(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": UIDVALIDITY})) or 0)
    fresh = max(wanted, last + 1)
    tx.run(
        "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": UIDVALIDITY, "value": str(fresh)},
    )
    return fresh


def _mailbox(row: Row) -> Mailbox:
    return Mailbox(*row)
