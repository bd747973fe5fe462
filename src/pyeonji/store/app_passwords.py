"""Passwords of single programs: made here, shown once, good for some services only, taken back one by one."""

from typing import NamedTuple

from pyeonji.store.engine.base import Row, Tx

SCOPES = ("smtp", "imap", "pop3", "api")


class AppPassword(NamedTuple):
    """One of an account."""

    name: str
    scopes: tuple[str, ...]
    created_us: int
    used_us: int  # 0: never


def add(tx: Tx, account_id: int, name: str, scopes: tuple[str, ...], digest: str, now_us: int) -> None:
    """Raises Conflict when there is one of that name."""
    tx.run(
        "INSERT INTO app_password (account_id, name, scopes, digest, created_us)"
        " VALUES (:account, :name, :scopes, :digest, :now)",
        {"account": account_id, "name": name, "scopes": " ".join(scopes), "digest": digest, "now": now_us},
    )


COLUMNS = "name, scopes, created_us, used_us"


def of_account(tx: Tx, account_id: int) -> list[AppPassword]:
    sql = f"SELECT {COLUMNS} FROM app_password WHERE account_id = :id ORDER BY created_us, id"
    return [_made(row) for row in tx.all(sql, {"id": account_id})]


def find(tx: Tx, account_id: int, digest: str) -> AppPassword | None:
    """The one of this digest.  `account_id` 0, of nobody, is looked for like any other."""
    sql = f"SELECT {COLUMNS} FROM app_password WHERE account_id = :id AND digest = :digest"
    row = tx.one(sql, {"id": account_id, "digest": digest})
    return _made(row) if row else None


def remove(tx: Tx, account_id: int, name: str) -> bool:
    """False when there is none of that name."""
    sql = "DELETE FROM app_password WHERE account_id = :id AND name = :name"
    return tx.run(sql, {"id": account_id, "name": name}) > 0


def _made(row: Row) -> AppPassword:
    name, scopes, created, used = row
    return AppPassword(name, tuple(scopes.split()), created, used)
