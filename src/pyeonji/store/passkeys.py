"""Passkeys: the public keys by which accounts sign in without a password (WebAuthn)."""

from typing import NamedTuple

from pyeonji.store.engine.base import Tx

MOST = 20  # of one account


class Passkey(NamedTuple):
    """One of an account; `cose` is its public key, base64url."""

    credential: str
    account_id: int
    name: str
    cose: str
    counter: int
    made_us: int
    used_us: int  # 0: never


COLUMNS = ", ".join(Passkey._fields)


def add(tx: Tx, one: Passkey) -> bool:
    """False when the account has too many; raises Conflict when somebody has this one."""
    if len(of_account(tx, one.account_id)) >= MOST:
        return False
    tx.run(
        f"INSERT INTO passkey ({COLUMNS})"
        " VALUES (:credential, :account_id, :name, :cose, :counter, :made_us, :used_us)",
        one._asdict(),
    )
    return True


def find(tx: Tx, credential: str) -> Passkey | None:
    row = tx.one(f"SELECT {COLUMNS} FROM passkey WHERE credential = :credential", {"credential": credential})
    return Passkey(*row) if row else None


def of_account(tx: Tx, account_id: int) -> list[Passkey]:
    sql = f"SELECT {COLUMNS} FROM passkey WHERE account_id = :id ORDER BY made_us, credential"
    return [Passkey(*row) for row in tx.all(sql, {"id": account_id})]


def use(tx: Tx, credential: str, counter: int, asked_us: int, now_us: int) -> bool:
    """It has answered a challenge of `asked_us`; False when it was used since then, so no answer is good twice."""
    return (
        tx.run(
            "UPDATE passkey SET counter = :counter, used_us = :now WHERE credential = :credential AND used_us < :asked",
            {"credential": credential, "counter": counter, "asked": asked_us, "now": now_us},
        )
        > 0
    )


def remove(tx: Tx, account_id: int, credential: str) -> bool:
    sql = "DELETE FROM passkey WHERE account_id = :id AND credential = :credential"
    return tx.run(sql, {"id": account_id, "credential": credential}) > 0
