"""Notes on mailboxes and on the server (RFC 5464): one's own ("/private/...") and those of all ("/shared/...").

They hang on the id of a mailbox, so they follow it when it is renamed, and go with it.
"""

from collections.abc import Iterable

from pyeonji.store.engine.base import Tx, Value, single

SERVER = 0  # the mailbox id of notes on the server
EVERYBODY = 0  # the account id of shared notes
MAX_VALUE = 32 * 1024  # octets; ours, below the largest literal (RFC 5464 §4.1: at least 1,024)
MAX_ENTRIES = 100  # private or shared ones of one mailbox; ours (RFC 5464 §4.1: at least 10)
MAX_OCTETS = 4 * 2**20  # of all private notes of an account, and of all shared ones in its mailboxes; ours
PRIVATE, SHARED = "/private", "/shared"

Change = tuple[str, bytes | None]  # an entry such as "/shared/comment", and its value; None takes it away


class TooMany(Exception):
    """There would be too many notes, or too long ones together."""


def values(tx: Tx, mailbox_id: int, account_id: int) -> dict[str, bytes]:
    """All notes on a mailbox that an account may see, by their entries."""
    rows = tx.all(
        "SELECT account_id, entry, value FROM annotation WHERE mailbox_id = :mailbox AND account_id IN (:all, :account)"
        " ORDER BY entry",
        {"mailbox": mailbox_id, "all": EVERYBODY, "account": account_id},
    )
    return {(SHARED if owner == EVERYBODY else PRIVATE) + entry: bytes(value) for owner, entry, value in rows}


def annotate(tx: Tx, mailbox_id: int, account_id: int, changes: Iterable[Change]) -> None:
    """All of them; raises TooMany."""
    touched = set()
    for entry, value in changes:
        scope = EVERYBODY if entry.startswith(SHARED) else account_id
        name = entry.removeprefix(SHARED).removeprefix(PRIVATE)
        key: dict[str, Value] = {"mailbox": mailbox_id, "account": scope, "entry": name}
        if value is None:
            tx.run(f"DELETE FROM annotation WHERE {SCOPE} AND entry = :entry", key)
            continue
        tx.run(
            "INSERT INTO annotation (mailbox_id, account_id, entry, value) VALUES (:mailbox, :account, :entry, :value)"
            " ON CONFLICT (mailbox_id, account_id, entry) DO UPDATE SET value = excluded.value",
            {**key, "value": value},
        )
        touched.add(scope)
    for scope in touched:
        _check(tx, mailbox_id, scope)


SCOPE = "mailbox_id = :mailbox AND account_id = :account"
OCTETS = "SELECT COALESCE(SUM(LENGTH(value)), 0) FROM annotation WHERE account_id = :account"
# Shared notes count for the mailboxes of whoever owns this one.
OCTETS_OF_ALL = """
SELECT COALESCE(SUM(LENGTH(n.value)), 0) FROM mailbox b JOIN annotation n ON n.mailbox_id = b.id AND n.account_id = 0
WHERE b.account_id = (SELECT o.account_id FROM mailbox o WHERE o.id = :mailbox)
"""


def _check(tx: Tx, mailbox_id: int, scope: int) -> None:
    count = tx.one(f"SELECT count(*) FROM annotation WHERE {SCOPE}", {"mailbox": mailbox_id, "account": scope})
    if scope == EVERYBODY:
        used = tx.one(OCTETS_OF_ALL, {"mailbox": mailbox_id})
    else:
        used = tx.one(OCTETS, {"account": scope})
    if int(single(count) or 0) > MAX_ENTRIES or int(single(used) or 0) > MAX_OCTETS:
        raise TooMany


def copy(tx: Tx, source_id: int, target_id: int) -> None:
    """INBOX that gives its letters away keeps its notes, and the new mailbox gets them too (RFC 5464 §4.1)."""
    tx.run(
        "INSERT INTO annotation (mailbox_id, account_id, entry, value)"
        " SELECT :target, account_id, entry, value FROM annotation WHERE mailbox_id = :source",
        {"source": source_id, "target": target_id},
    )


def forget_mailbox(tx: Tx, mailbox_id: int) -> None:
    """The mailbox is about to go."""
    tx.run("DELETE FROM annotation WHERE mailbox_id = :id", {"id": mailbox_id})


def forget_account(tx: Tx, account_id: int) -> None:
    """The account is about to go: what it wrote for itself, and what anybody wrote in its mailboxes."""
    tx.run("DELETE FROM annotation WHERE account_id = :id", {"id": account_id})
    tx.run(
        "DELETE FROM annotation WHERE mailbox_id IN (SELECT id FROM mailbox WHERE account_id = :id)", {"id": account_id}
    )
