"""What an account asks for beside its password: codes by the clock (RFC 6238), and others for who has lost it."""

from collections.abc import Iterable
from typing import NamedTuple

from pyeonji.store.engine.base import Insert, Tx, single


class SecondFactor(NamedTuple):
    """`confirmed`: a code of it was seen, so it is asked for."""

    secret: str
    confirmed: bool
    last_step: int


def of_account(tx: Tx, account_id: int) -> SecondFactor | None:
    row = tx.one("SELECT secret, confirmed, last_step FROM second_factor WHERE account_id = :id", {"id": account_id})
    return SecondFactor(row[0], bool(row[1]), row[2]) if row else None


def propose(tx: Tx, account_id: int, secret: str, now_us: int) -> None:
    """A secret that its owner may confirm; one that is confirmed stays."""
    tx.run("DELETE FROM second_factor WHERE account_id = :id AND confirmed = 0", {"id": account_id})
    tx.run(
        "INSERT INTO second_factor (account_id, secret, made_us) VALUES (:id, :secret, :now)"
        " ON CONFLICT (account_id) DO NOTHING",
        {"id": account_id, "secret": secret, "now": now_us},
    )


def use(tx: Tx, account_id: int, step: int) -> bool:
    """The code of this time step is used up with all before it; False when it was already (RFC 6238 §5.2)."""
    return (
        tx.run(
            "UPDATE second_factor SET last_step = :step, confirmed = 1 WHERE account_id = :id AND last_step < :step",
            {"id": account_id, "step": step},
        )
        > 0
    )


def remove(tx: Tx, account_id: int) -> None:
    tx.run("DELETE FROM second_factor WHERE account_id = :id", {"id": account_id})
    tx.run("DELETE FROM recovery_code WHERE account_id = :id", {"id": account_id})


CODES = Insert("recovery_code", ("account_id", "digest"))


def set_recovery_codes(tx: Tx, account_id: int, digests: Iterable[str]) -> None:
    """In place of those there were."""
    tx.run("DELETE FROM recovery_code WHERE account_id = :id", {"id": account_id})
    tx.insert(CODES, [(account_id, digest) for digest in digests])


def use_recovery_code(tx: Tx, account_id: int, digest: str) -> bool:
    """Each is good once."""
    sql = "DELETE FROM recovery_code WHERE account_id = :id AND digest = :digest"
    return tx.run(sql, {"id": account_id, "digest": digest}) > 0


def recovery_codes_left(tx: Tx, account_id: int) -> int:
    return int(single(tx.one("SELECT COUNT(*) FROM recovery_code WHERE account_id = :id", {"id": account_id})) or 0)
