"""Single values that a database remembers by name."""

from pyeonji.store.engine.base import Tx, single


def number(tx: Tx, name: str) -> int:
    """0 where nothing was remembered."""
    return int(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": name})) or 0)


def remember(tx: Tx, name: str, value: int) -> None:
    tx.run(
        "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": name, "value": str(value)},
    )
