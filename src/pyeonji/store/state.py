"""The state of one server at a glance: what waits, why, what failed, how much room there is."""

from dataclasses import dataclass

from pyeonji.journey.troubles import Trouble
from pyeonji.store import lately, queue, usage
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.lately import Destination
from pyeonji.store.queue import QueueRow

DAY_US = 86_400_000_000
OLDEST = 10  # undecided recipients named


@dataclass(frozen=True, slots=True)
class State:
    """`waiting` and `failed` are of the oldest letters and the last day, and bounded (store.lately)."""

    queue: dict[str, int]
    oldest_us: int  # when the oldest undecided letter came; 0: all are decided
    oldest: list[QueueRow]
    destinations: list[Destination]
    waiting: list[Trouble]
    failed: list[Trouble]
    storage: dict[str, int]
    backup_s: int  # 0: never


def state(tx: Tx, home: Home, now_us: int) -> State:
    """Takes up to a few tenths of a second where much waits: away from the event loop."""
    return State(
        queue=queue.counts(tx),
        oldest_us=queue.oldest_undecided_us(tx),
        oldest=queue.listing(tx, limit=OLDEST),
        destinations=lately.destinations(tx),
        waiting=lately.waiting(tx),
        failed=lately.failures(tx, now_us - DAY_US),
        storage=usage.used(tx, home),
        backup_s=usage.backed_up_s(tx),
    )
