"""Names a person wants to see (RFC 9051 §6.3.7).  They are names, not mailboxes: they outlive what they name."""

from collections.abc import Iterable

from pyeonji.store.engine.base import Insert, Tx, single

MAX_SUBSCRIPTIONS = 20_000  # names of one account; ours: twice the mailboxes it may have


SUBSCRIPTIONS = Insert("subscription", ("account_id", "name"), "ON CONFLICT (account_id, name) DO NOTHING")


class TooMany(Exception):
    """The account has subscribed to too many names."""


def subscribed(tx: Tx, account_id: int) -> list[str]:
    """In order."""
    rows = tx.all("SELECT name FROM subscription WHERE account_id = :id ORDER BY name", {"id": account_id})
    return [row[0] for row in rows]


def subscribe(tx: Tx, account_id: int, names: Iterable[str]) -> None:
    """Those subscribed to already stay so; raises TooMany."""
    tx.insert(SUBSCRIPTIONS, [(account_id, name) for name in names])
    found = single(tx.one("SELECT count(*) FROM subscription WHERE account_id = :id", {"id": account_id}))
    if int(found or 0) > MAX_SUBSCRIPTIONS:
        raise TooMany


def unsubscribe(tx: Tx, account_id: int, name: str) -> None:
    """Nothing happens where there was no such subscription."""
    tx.run("DELETE FROM subscription WHERE account_id = :id AND name = :name", {"id": account_id, "name": name})
