"""The journey as it is written: the rows behind a place, and what their events do not say themselves.

Ids are given in the order of commits, because one process commits at a time (SQLite).  Where several nodes share a
PostgreSQL, a reader must not pass a transaction that is still open (docs/adr/0019): nobody follows there yet.
"""

from dataclasses import dataclass

from pyeonji.store import sent
from pyeonji.store.engine.base import Damaged, Tx, single
from pyeonji.store.journey import JourneyRow, row_of
from pyeonji.store.queue import UNDECIDED

BEHIND = """
SELECT id, session_id, message_id, at_us, events FROM journey WHERE id > :after ORDER BY id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class About:
    """A letter, as far as a log names it."""

    at_us: int
    reverse_path: str
    trace: str = ""  # W3C traceparent that its app gave


def last(tx: Tx) -> int:
    """The place behind everything that is written; 0 at the beginning."""
    return int(single(tx.one("SELECT MAX(id) FROM journey")) or 0)


def behind(tx: Tx, after: int, limit: int) -> tuple[int, list[JourneyRow]]:
    """The rows behind a place in their order, and the place behind them; rows that cannot be read are passed over.

    When all that was written has been forgotten since, ids begin anew, and so does this.
    """
    if after > last(tx):
        after = 0
    rows = []
    for row in tx.all(BEHIND, {"after": after, "limit": limit}):
        after = row[0]
        try:
            rows.append(row_of(row))
        except Damaged:
            continue  # `pyeonji verify` tells of it
    return after, rows


def about(tx: Tx, number: int) -> About | None:
    row = tx.one("SELECT at_us, reverse_path FROM message WHERE id = :id", {"id": number})
    if row is None:
        return None
    return About(row[0], row[1], sent.trace_of(tx, number))


def address(tx: Tx, number: int, n: int) -> str:
    """Of a recipient; "" when there is none of that number."""
    found = single(
        tx.one("SELECT address FROM recipient WHERE message_id = :id AND n = :n", {"id": number, "n": n})
    )  # fmt: skip
    return str(found or "")


def is_undecided(tx: Tx, number: int) -> bool:
    """Does a letter still owe anybody something?"""
    states = ", ".join(f"'{state}'" for state in UNDECIDED)
    return (
        tx.one(f"SELECT 1 FROM recipient WHERE message_id = :id AND state IN ({states}) LIMIT 1", {"id": number})
        is not None
    )
