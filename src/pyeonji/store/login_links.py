"""Links that sign somebody in once, for minutes: made on the machine, for who has lost everything else."""

from pyeonji.store.engine.base import Tx, single


def add(tx: Tx, digest: str, account_id: int, now_us: int, until_us: int) -> None:
    """Those that are over go, and those of this account: only the newest is good."""
    tx.run("DELETE FROM login_link WHERE until_us < :now OR account_id = :id", {"now": now_us, "id": account_id})
    tx.run(
        "INSERT INTO login_link (digest, account_id, until_us) VALUES (:digest, :id, :until)",
        {"digest": digest, "id": account_id, "until": until_us},
    )


def use(tx: Tx, digest: str, now_us: int) -> int:
    """Whose it was, 0 for nobody's; it is good no more."""
    row = tx.one(
        "DELETE FROM login_link WHERE digest = :digest RETURNING CASE WHEN until_us > :now THEN account_id ELSE 0 END",
        {"digest": digest, "now": now_us},
    )
    return int(single(row) or 0)
