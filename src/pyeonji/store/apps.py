"""Programs that send in the name of an account, and their keys.

A key is kept as its digest only.  It is good for the HTTP API, and as the password of its app's account for submission;
what is handed in with it is the app's.
"""

from typing import NamedTuple

from pyeonji.store.engine.base import Conflict, Insert, Row, Tx

SCOPES = ("send", "read", "manage", "admin")  # hand in; look; webhooks, suppressions and routes; everybody's
DEFAULT_SCOPES = ("send", "read", "manage")
MAX_KEYS = 50  # of one app; ours


class App(NamedTuple):
    """One program.  `verp`: each recipient's letter has a return address of its own; `attempts`: it hears of each."""

    id: int
    name: str
    account_id: int
    account: str
    verp: bool
    attempts: bool
    created_us: int
    used_us: int  # 0: never


class Key(NamedTuple):
    """One key of an app.  `test`: what is handed in with it goes to simulator.test only."""

    id: int
    app_id: int
    label: str
    hint: str  # its first characters
    scopes: tuple[str, ...]
    test: bool
    created_us: int
    used_us: int  # 0: never


class Holder(NamedTuple):
    """Whoever shows a key."""

    key: Key
    app: App
    disabled: bool  # the account is


class TooManyKeys(Conflict):
    """An app has as many keys as it may."""


# ── apps ──

APP = """
SELECT a.id, a.name, a.account_id, o.address, a.verp, a.attempts, a.created_us, a.used_us
FROM app a JOIN account o ON o.id = a.account_id
"""
APPS = Insert("app", ("name", "account_id", "created_us"))


def add(tx: Tx, name: str, account_id: int, now_us: int) -> int:
    """The number of the new app; raises Conflict when there is one of that name."""
    return tx.insert_numbered(APPS, [(name, account_id, now_us)])[0]


def every(tx: Tx) -> list[App]:
    return [_app(row) for row in tx.all(f"{APP} ORDER BY a.name")]


def named(tx: Tx, name: str) -> App | None:
    row = tx.one(f"{APP} WHERE a.name = :name", {"name": name})
    return _app(row) if row else None


def numbered(tx: Tx, app_id: int) -> App | None:
    row = tx.one(f"{APP} WHERE a.id = :id", {"id": app_id})
    return _app(row) if row else None


def hold(tx: Tx, app_id: int) -> bool:
    """Nobody else holds it until this transaction ends: what an app has is counted, and then added to.  False when
    there is none."""
    return tx.run("UPDATE app SET used_us = used_us WHERE id = :id", {"id": app_id}) > 0


def set_verp(tx: Tx, app_id: int, verp: bool) -> None:
    tx.run("UPDATE app SET verp = :verp WHERE id = :id", {"id": app_id, "verp": int(verp)})


def set_attempts(tx: Tx, app_id: int, attempts: bool) -> None:
    tx.run("UPDATE app SET attempts = :attempts WHERE id = :id", {"id": app_id, "attempts": int(attempts)})


def of_account(tx: Tx, account_id: int) -> list[int]:
    """The numbers of its apps."""
    return [row[0] for row in tx.all("SELECT id FROM app WHERE account_id = :id", {"id": account_id})]


def silence(tx: Tx, app_id: int) -> None:
    """It does nothing any more, and hears nothing."""
    for table in ("api_key", "webhook", "inbound_route"):
        tx.run(f"DELETE FROM {table} WHERE app_id = :id", {"id": app_id})


def thin_out(tx: Tx, app_id: int, step: int) -> bool:
    """One step on the way to `remove`, of so many rows; False when what is left may go at once."""
    return any(tx.run(sql, {"id": app_id, "step": step}) for sql in THINNING)


THINNING = (
    "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE app_id = :id LIMIT :step)",
    "DELETE FROM sent WHERE message_id IN (SELECT message_id FROM sent WHERE app_id = :id LIMIT :step)",
    "DELETE FROM idempotency WHERE app_id = :id"
    " AND key IN (SELECT key FROM idempotency WHERE app_id = :id LIMIT :step)",
)


def remove(tx: Tx, app_id: int) -> bool:
    """With its keys, and what it was told; its letters stay.  False when there is none."""
    for table in ("suppression", "idempotency"):
        tx.run(f"DELETE FROM {table} WHERE app_id = :id", {"id": app_id})
    return tx.run("DELETE FROM app WHERE id = :id", {"id": app_id}) > 0


# ── keys ──

KEY_COLUMNS = "id, app_id, label, hint, scopes, test, created_us, used_us"
KEYS = Insert("api_key", ("app_id", "label", "digest", "hint", "scopes", "test", "created_us"))


def add_key(
    tx: Tx, app_id: int, digest: str, hint: str, now_us: int, *,
    label: str = "", scopes: tuple[str, ...] = DEFAULT_SCOPES, test: bool = False,
) -> int:  # fmt: skip
    """The number of the new key.  Raises TooManyKeys."""
    hold(tx, app_id)
    if len(keys(tx, app_id)) >= MAX_KEYS:
        raise TooManyKeys(f"app {app_id} has {MAX_KEYS} keys")
    return tx.insert_numbered(KEYS, [(app_id, label, digest, hint, " ".join(scopes), int(test), now_us)])[0]


def keys(tx: Tx, app_id: int) -> list[Key]:
    rows = tx.all(f"SELECT {KEY_COLUMNS} FROM api_key WHERE app_id = :id ORDER BY id", {"id": app_id})
    return [_key(row) for row in rows]


def rotate(tx: Tx, key_id: int, digest: str, hint: str, now_us: int) -> bool:
    """The same rights with another text; what had the old one is good for nothing now.  False when there is none."""
    sql = "UPDATE api_key SET digest = :digest, hint = :hint, created_us = :now, used_us = 0 WHERE id = :id"
    return tx.run(sql, {"id": key_id, "digest": digest, "hint": hint, "now": now_us}) > 0


def revoke(tx: Tx, app_id: int, key_id: int) -> bool:
    """False when the app has no such key."""
    return tx.run("DELETE FROM api_key WHERE id = :id AND app_id = :app", {"id": key_id, "app": app_id}) > 0


HOLDER = """
SELECT k.id, k.app_id, k.label, k.hint, k.scopes, k.test, k.created_us, k.used_us,
  a.id, a.name, a.account_id, o.address, a.verp, a.attempts, a.created_us, a.used_us, o.disabled
FROM api_key k JOIN app a ON a.id = k.app_id JOIN account o ON o.id = a.account_id
WHERE k.digest = :digest
"""


def find(tx: Tx, digest: str) -> Holder | None:
    """Whose key has this digest."""
    row = tx.one(HOLDER, {"digest": digest})
    return Holder(_key(row[:8]), _app(row[8:16]), bool(row[16])) if row else None


def used(tx: Tx, app_id: int, key_id: int, now_us: int) -> None:
    """It was shown, and was good."""
    for table, number in (("api_key", key_id), ("app", app_id)):
        tx.run(
            f"UPDATE {table} SET used_us = :now WHERE id = :id AND used_us < :now", {"id": number, "now": now_us}
        )  # fmt: skip


def used_by_hint(tx: Tx, account_id: int, hint: str, now_us: int) -> None:
    """The same for who logged in with it."""
    rows = tx.all(
        "SELECT k.id, k.app_id FROM api_key k JOIN app a ON a.id = k.app_id"
        " WHERE a.account_id = :account AND k.hint = :hint",
        {"account": account_id, "hint": hint},
    )
    for key_id, app_id in rows:
        used(tx, app_id, key_id, now_us)


def _app(row: Row) -> App:
    number, name, account_id, account, verp, attempts, created, used_us = row
    return App(number, name, account_id, account, bool(verp), bool(attempts), created, used_us)


def _key(row: Row) -> Key:
    number, app_id, label, hint, scopes, test, created, used_us = row
    return Key(number, app_id, label, hint, tuple(scopes.split()), bool(test), created, used_us)
