"""What `pyeonji top` and `pyeonji` alone show: the state of the store, and rates between two looks at the counters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyeonji.cli.place import Place
from pyeonji.daemon import following
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import written
from pyeonji.journey.troubles import Group, Trouble, grouped
from pyeonji.metrics import families
from pyeonji.metrics.counts import Counts, counts_of
from pyeonji.metrics.families import Family
from pyeonji.net.established import established
from pyeonji.store.home import Home
from pyeonji.store.lately import Destination
from pyeonji.store.queue import UNDECIDED, QueueRow
from pyeonji.store.state import State, state

SHOWN = 10  # of each list
RATES: tuple[tuple[str, Family, str], ...] = (
    ("accepted", families.ACCEPTED, ""),
    ("in_mailbox", families.FINAL, "in_mailbox"),
    ("handed_over", families.FINAL, "handed_over"),
    ("failed", families.FINAL, "failed"),
    ("deferred", families.ATTEMPTS, "deferred"),
    ("logins_failed", families.AUTH, "wrong"),
)  # fmt: skip


@dataclass(slots=True)
class Sight:
    """One look.  `rates` and `connections` are per second since the look before; empty at the first one.

    `open`: connections by service; empty where nobody knows.
    """

    at_us: int
    running: bool
    queue: dict[str, int]
    oldest_us: int
    oldest: list[QueueRow]
    slowest: list[Destination]
    destinations: list[Destination]
    waiting: list[Group]
    failed: list[Group]
    storage: dict[str, int]
    backup_s: int
    certificates: list[dict[str, Any]]
    totals: dict[str, int]
    connections_total: dict[str, int]
    open: dict[str, int]
    rates: dict[str, float] = field(default_factory=dict)
    connections: dict[str, float] = field(default_factory=dict)

    @property
    def waited_s(self) -> int:
        return max(0, self.at_us - self.oldest_us) // 1_000_000 if self.oldest_us else 0


def look(here: Place, homes: list[tuple[str, Home]], before: Sight | None) -> Sight:
    """All servers of a place as one."""
    answer = here.ask({"do": "status"})
    now = here.now_us()
    states = [home.engine.read_now(state, home, now) for _, home in homes]
    counts = [_counted(home.data) for _, home in homes]
    destinations = sorted((one for each in states for one in each.destinations), key=lambda one: -one.recipients)
    found = Sight(
        at_us=now,
        running=answer is not None,
        queue={name: sum(each.queue[name] for each in states) for name in UNDECIDED},
        oldest_us=min((each.oldest_us for each in states if each.oldest_us), default=0),
        oldest=sorted((row for each in states for row in each.oldest), key=lambda row: row.at_us)[:SHOWN],
        slowest=sorted(destinations, key=lambda one: (-one.attempts, one.oldest))[:SHOWN],
        destinations=destinations[:SHOWN],
        waiting=grouped(_all(states, "waiting")),
        failed=grouped(_all(states, "failed")),
        storage=_storage(states),
        backup_s=max((each.backup_s for each in states), default=0),
        certificates=(answer or {}).get("certificates", []),
        totals={name: sum(_total(each, family, first) for each in counts) for name, family, first in RATES},
        connections_total=_connections(counts),
        open=_open((answer or {}).get("listeners", [])),
    )
    if before is not None and now > before.at_us:
        seconds = (now - before.at_us) / 1_000_000
        found.rates = _per_second(found.totals, before.totals, seconds)
        found.connections = _per_second(found.connections_total, before.connections_total, seconds)
    return found


def as_data(sight: Sight) -> dict[str, Any]:
    """For programs; addresses only where letters wait."""
    return {
        "at": rfc3339(sight.at_us),
        "running": sight.running,
        "rates_per_second": {name: round(value, 3) for name, value in sight.rates.items()},
        "totals": sight.totals,
        "connections_per_second": {name: round(value, 3) for name, value in sight.connections.items()},
        "connections_open": sight.open,
        "queue": sight.queue,
        "oldest_undecided_seconds": sight.waited_s,
        "oldest": [
            {"id": written(row.message_id, row.n), "address": row.address, "state": row.state, "attempts": row.attempts}
            for row in sight.oldest
        ],
        "destinations": [_destination(one) for one in sight.destinations],
        "slowest": [_destination(one) for one in sight.slowest],
        "waiting_because": [_group(one) for one in sight.waiting],
        "failed_because": [_group(one) for one in sight.failed],
        "storage_bytes": sight.storage,
        "last_backup": rfc3339(sight.backup_s * 1_000_000) if sight.backup_s else None,
    }


def _counted(data: Path) -> Counts:
    followed = following.read(data)
    return counts_of(followed.counts) if followed else Counts()


def _total(counts: Counts, family: Family, first: str) -> int:
    return sum(count for labels, count in counts.of(family) if not first or first in labels)


def _connections(some: Iterable[Counts]) -> dict[str, int]:
    found: dict[str, int] = {}
    for counts in some:
        for (service,), count in counts.of(families.CONNECTIONS):
            found[service] = found.get(service, 0) + count
    return found


def _open(listeners: list[dict[str, Any]]) -> dict[str, int]:
    """By service, those of all its ports together."""
    counted = established({one["port"] for one in listeners})
    found: dict[str, int] = {}
    for service, port in {(one["service"], one["port"]) for one in listeners} if counted is not None else ():
        found[service] = found.get(service, 0) + (counted or {}).get(port, 0)
    return dict(sorted(found.items()))


def _per_second(now: dict[str, int], before: dict[str, int], seconds: float) -> dict[str, float]:
    return {name: max(0, count - before.get(name, 0)) / seconds for name, count in now.items()}


def _all(states: list[State], which: str) -> list[Trouble]:
    return [one for each in states for one in getattr(each, which)]


def _storage(states: list[State]) -> dict[str, int]:
    """Added up, but for what is free: the servers of a lab are on one disk."""
    found: dict[str, int] = {}
    for each in states:
        for kind, octets in each.storage.items():
            found[kind] = octets if kind == "free" else found.get(kind, 0) + octets
    return found


def _destination(one: Destination) -> dict[str, Any]:
    return {
        "domain": one.domain, "recipients": one.recipients, **{name: one.counts.get(name, 0) for name in UNDECIDED},
        "attempts": one.attempts,
        "next_attempt_at": rfc3339(one.next_us) if one.next_us else None,
    }  # fmt: skip


def _group(one: Group) -> dict[str, Any]:
    return {
        "cause": one.cause or "unexplained", "actor": one.actor, "recipients": one.count,
        "id": written(one.first.letter, one.first.n), "reply": one.first.reply, "domains": list(one.domains[:SHOWN]),
    }  # fmt: skip
