"""What of a store must not lie about in clear: taken out of copies, and put back."""

from dataclasses import dataclass
from typing import Any

from pyeonji.store.engine.base import Insert, Tx

# Tables and which of their rows are secrets.  A test asks of each column whose name sounds like one.
TABLES = {
    "credential": "1 = 1",
    "app_password": "1 = 1",
    "api_key": "1 = 1",
    "webhook_secret": "1 = 1",
    "signing_key": "1 = 1",
    "web_session": "1 = 1",
    "second_factor": "1 = 1",
    "recovery_code": "1 = 1",
    "login_link": "1 = 1",
    "support_code": "1 = 1",
    "meta": "name LIKE 'secret:%'",  # directory.secret
}


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of one table, with the names of their columns: a newer version may have more of them."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def take_out(tx: Tx) -> list[Kept]:
    """The secrets, which are gone from the tables then."""
    found = []
    for table, which in TABLES.items():
        columns = tuple(row[0] for row in tx.all("SELECT name FROM pragma_table_info(:table)", {"table": table}))
        if columns:  # a version before that table has none
            rows = tx.all(f"SELECT {', '.join(columns)} FROM {table} WHERE {which}")
            found.append(Kept(table, columns, tuple(rows)))
            tx.run(f"DELETE FROM {table} WHERE {which}")
    return found


def put_back(tx: Tx, secrets: list[Kept]) -> None:
    for kept in secrets:
        tx.insert(Insert(kept.table, kept.columns), kept.rows)
