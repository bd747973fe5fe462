"""Who may do what in a mailbox besides its owner (RFC 4314).

A row of `acl` says what one identifier is given: an account's address, or "anyone"; behind a "-" it says what is taken
from them.  A visitor has what the rows for him and for anyone give, without what the "-" rows take.  The owner has
every right, always; nothing is written down about him.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyeonji.proto.imap.rights import ALL, ordered
from pyeonji.store.engine.base import Tx, Value, single
from pyeonji.store.mailboxes import COLUMNS, Mailbox

ANYONE = "anyone"  # RFC 4314 §2
MAX_IDENTIFIERS = 200  # in the list of one mailbox; ours

Granted = tuple[str, str]  # identifier, rights


class TooMany(Exception):
    """The mailbox has too many identifiers in its list."""


class Shared(NamedTuple):
    """Another's mailbox, its owner's address, and what the visitor may do there."""

    box: Mailbox
    owner: str
    rights: str


def acl(tx: Tx, mailbox_id: int) -> list[Granted]:
    """In the order of the identifiers."""
    rows = tx.all("SELECT identifier, rights FROM acl WHERE mailbox_id = :id ORDER BY identifier", {"id": mailbox_id})
    return [(identifier, rights) for identifier, rights in rows]


def grant(tx: Tx, mailbox_id: int, identifier: str, rights: str) -> None:
    """Replaces what was given; no rights take the identifier out of the list.  Raises TooMany."""
    key: dict[str, Value] = {"id": mailbox_id, "identifier": identifier}
    if not rights:
        tx.run("DELETE FROM acl WHERE mailbox_id = :id AND identifier = :identifier", key)
        return
    tx.run(
        "INSERT INTO acl (mailbox_id, identifier, rights) VALUES (:id, :identifier, :rights)"
        " ON CONFLICT (mailbox_id, identifier) DO UPDATE SET rights = excluded.rights",
        {**key, "rights": rights},
    )
    found = single(tx.one("SELECT count(*) FROM acl WHERE mailbox_id = :id", {"id": mailbox_id}))
    if int(found or 0) > MAX_IDENTIFIERS:
        raise TooMany


def granted(tx: Tx, mailbox_id: int, identifier: str) -> str:
    """What the list gives to one identifier."""
    row = tx.one(
        "SELECT rights FROM acl WHERE mailbox_id = :id AND identifier = :identifier",
        {"id": mailbox_id, "identifier": identifier},
    )
    return str(single(row) or "")


def rights(tx: Tx, box: Mailbox, account_id: int, address: str) -> str:
    """Of an account in a mailbox, in the order of the standard."""
    if box.account_id == account_id:
        return ALL
    return effective(acl(tx, box.id), address)


def effective(rows: Iterable[Granted], address: str) -> str:
    """What a visitor of this address may do by these rows."""
    given = taken = ""
    for identifier, letters in rows:
        if identifier in (address, ANYONE):
            given += letters
        elif identifier in (f"-{address}", f"-{ANYONE}"):
            taken += letters
    return ordered("".join(right for right in given if right not in taken))


# Rows for one mailbox come one after the other.
SHARED = f"""
SELECT g.identifier, g.rights, a.address, {", ".join(f"b.{name.strip()}" for name in COLUMNS.split(","))}
FROM acl g JOIN mailbox b ON b.id = g.mailbox_id JOIN account a ON a.id = b.account_id
WHERE g.identifier IN (:address, :anyone, :no_address, :no_one) AND b.account_id <> :id ORDER BY b.id
"""


def shared(tx: Tx, account_id: int, address: str) -> list[Shared]:
    """The mailboxes of others in which an account has any right."""
    rows = tx.all(
        SHARED,
        {
            "id": account_id,
            "address": address,
            "anyone": ANYONE,
            "no_address": f"-{address}",
            "no_one": f"-{ANYONE}",
        },
    )
    found: dict[int, tuple[Mailbox, str, list[Granted]]] = {}
    for identifier, letters, owner, *columns in rows:
        found.setdefault(columns[0], (Mailbox._make(columns), owner, []))[2].append((identifier, letters))
    return [
        Shared(box, owner, letters)
        for box, owner, granted in found.values()
        if (letters := effective(granted, address))
    ]


def inherit(tx: Tx, parent_id: int, child_id: int) -> None:
    """A new mailbox has the list of the one above it (RFC 4314 §4)."""
    tx.run(
        "INSERT INTO acl (mailbox_id, identifier, rights)"
        " SELECT :child, identifier, rights FROM acl WHERE mailbox_id = :parent",
        {"child": child_id, "parent": parent_id},
    )


def forget(tx: Tx, address: str) -> None:
    """Nothing is left to whoever had this address: somebody else may get it."""
    tx.run(
        "DELETE FROM acl WHERE identifier IN (:address, :no_address)",
        {"address": address, "no_address": f"-{address}"},
    )
