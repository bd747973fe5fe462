"""Who sees and does everything on the pages; whoever runs commands on the machine does so anyway."""

from pyeonji.store.engine.base import Tx


def is_administrator(tx: Tx, account_id: int) -> bool:
    return tx.one("SELECT 1 FROM administrator WHERE account_id = :id", {"id": account_id}) is not None


def set_administrator(tx: Tx, account_id: int, on: bool) -> None:
    if on:
        tx.run(
            "INSERT INTO administrator (account_id) VALUES (:id) ON CONFLICT (account_id) DO NOTHING",
            {"id": account_id},
        )
    else:
        tx.run("DELETE FROM administrator WHERE account_id = :id", {"id": account_id})


def administrators(tx: Tx) -> set[int]:
    """Ids of their accounts."""
    return {row[0] for row in tx.all("SELECT account_id FROM administrator")}
