"""What the writers of letters must still be told: of failures (bounces), and of success where they asked for it.

The mark is set in the transaction that takes the report: nobody is told twice, and nobody is forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyeonji.journey.event import Bounced, Confirmed, Distributed, Event, Failed, Filed
from pyeonji.store.accept import record
from pyeonji.store.engine.base import Tx
from pyeonji.store.journey import of_message
from pyeonji.store.queue import Fenced

OWED = ("failed", "arrived")  # states in which the writer must be told of a recipient


@dataclass(frozen=True, slots=True)
class Owed:
    """A recipient whose writer must be told.  `end`: how it ended, None when its journey was swept away."""

    n: int
    address: str
    original: str
    notify: str
    attempts: int
    end: Failed | Filed | Distributed | None


def owed(tx: Tx, limit: int) -> list[int]:
    """Letters with recipients whose writer must be told, oldest first."""
    found: set[int] = set()
    for state in OWED:
        sql = f"SELECT DISTINCT message_id FROM recipient WHERE state = '{state}' ORDER BY message_id LIMIT :limit"
        found.update(row[0] for row in tx.all(sql, {"limit": limit}))
    return sorted(found)[:limit]


def failed_of(tx: Tx, number: int) -> list[Owed]:
    """The failed recipients of one letter, with why."""
    return _owed_of(tx, number, "failed", Failed)


def arrived_of(tx: Tx, number: int) -> list[Owed]:
    """The recipients of one letter that it has come to here, whose writer wants to hear of it."""
    return _owed_of(tx, number, "arrived", Filed, Distributed)


def _owed_of(tx: Tx, number: int, state: str, *ends: type[Failed] | type[Filed] | type[Distributed]) -> list[Owed]:
    rows = tx.all(
        "SELECT n, address, original, notify, attempts FROM recipient"
        " WHERE message_id = :id AND state = :state ORDER BY n",
        {"id": number, "state": state},
    )
    if not rows:
        return []
    last = {e.recipient: e for row in of_message(tx, number) for e in row.events if isinstance(e, ends)}
    return [
        Owed(n, address, original, notify, attempts, last.get(n)) for n, address, original, notify, attempts in rows
    ]


def bounced(tx: Tx, number: int, recipients: Iterable[int], bounce: int, because: str, now_us: int) -> None:
    """The writer is told of failures with this transaction (`bounce` 0: nobody can be told).  Raises Fenced."""
    told = _mark(tx, number, recipients, "failed", "bounced")
    record(tx, None, number, now_us, [Bounced(now_us, n, bounce, because) for n in told])


def confirmed(tx: Tx, number: int, recipients: Iterable[int], report: int, now_us: int) -> None:
    """The writer is told of success with this transaction (`report` 0: nobody can be told).  Raises Fenced."""
    told = _mark(tx, number, recipients, "arrived", "done")
    events: list[Event] = [Confirmed(now_us, n, report) for n in told if report]
    if events:
        record(tx, None, number, now_us, events)


def _mark(tx: Tx, number: int, recipients: Iterable[int], state: str, after: str) -> list[int]:
    sql = "UPDATE recipient SET state = :after WHERE message_id = :id AND n = :n AND state = :state"
    told = list(recipients)
    for n in told:
        if not tx.run(sql, {"id": number, "n": n, "state": state, "after": after}):
            raise Fenced(f"{number}.{n}")
    return told
