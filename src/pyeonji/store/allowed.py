"""Whose letters somebody wants in INBOX though they look like junk.

A name in From proves nothing.  So a row says how one knows that it is this author: by DMARC, which must pass
(`network` ""), or by the network that the letter came from on which somebody said so.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pyeonji.store.engine.base import Tx, single

MAX_ALLOWED = 1_000  # of one account


class Allowed(NamedTuple):
    """`address` is folded."""

    account_id: int
    address: str
    network: str
    made_us: int


COLUMNS = "account_id, address, network, made_us"
ADD = f"""
INSERT INTO allowed_sender ({COLUMNS}) VALUES (:account_id, :address, :network, :made_us)
ON CONFLICT (account_id, address, network) DO NOTHING
"""


def add(tx: Tx, one: Allowed) -> bool:
    """False when there are too many already."""
    counted = tx.one("SELECT count(*) FROM allowed_sender WHERE account_id = :id", {"id": one.account_id})
    if int(single(counted) or 0) >= MAX_ALLOWED:
        return False
    tx.run(ADD, one._asdict())
    return True


def remove(tx: Tx, account_id: int, address: str) -> bool:
    """Whatever the network."""
    sql = "DELETE FROM allowed_sender WHERE account_id = :id AND address = :address"
    return tx.run(sql, {"id": account_id, "address": address}) > 0


def forget_all(tx: Tx) -> None:
    """Of everybody."""
    tx.run("DELETE FROM allowed_sender")


def of_account(tx: Tx, account_id: int) -> list[Allowed]:
    """By address."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM allowed_sender WHERE account_id = :id ORDER BY address, network", {"id": account_id}
    )
    return list(map(Allowed._make, rows))


def by_whom(tx: Tx, accounts: Sequence[int], address: str, network: str, *, proven: bool) -> frozenset[int]:
    """Those of these accounts that want a letter of this author (folded), who is `proven` or writes from `network`."""
    rows = tx.among(
        "SELECT s.account_id, s.network FROM NUMBERS n JOIN allowed_sender s ON s.account_id = n.value"
        " WHERE s.address = :address",
        accounts,
        {"address": address},
    )
    return frozenset(account for account, known in rows if proven or (known and known == network))
