"""Single values that a database remembers by name."""

from pyeonji.store.engine.base import Tx, single

BAD_RECORDS = "bad records of "  # and a domain: see `store.zones`


def number(tx: Tx, name: str) -> int:
    """0 where nothing was remembered."""
    return int(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": name})) or 0)


def remember(tx: Tx, name: str, value: int) -> None:
    tx.run(
        "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": name, "value": str(value)},
    )


def text(tx: Tx, name: str) -> str:
    """ "" where nothing was remembered."""
    return str(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": name})) or "")


def replace(tx: Tx, name: str, old: str, new: str) -> bool:
    """Remember `new` in the place of `old`; False when somebody else was faster."""
    tx.run("INSERT INTO meta (name, value) VALUES (:name, '') ON CONFLICT (name) DO NOTHING", {"name": name})
    sql = "UPDATE meta SET value = :new WHERE name = :name AND value = :old"
    return tx.run(sql, {"name": name, "old": old, "new": new}) > 0


def forget(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM meta WHERE name = :name", {"name": name})
