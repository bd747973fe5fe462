"""What is true at the moment somebody asks."""

from collections.abc import Iterable, Mapping

from pyeonji import __version__
from pyeonji.metrics import families
from pyeonji.metrics.counts import Labels
from pyeonji.metrics.families import Family
from pyeonji.metrics.text import Now
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import following, queue, usage, webhook_state
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home, commit_times

STORAGE_S = 300  # seconds for which the octets on disk are not looked at again: of a large store it takes a while

Zones = Mapping[str, Mapping[str, bool]]  # by domain and record: does the DNS say what it should?
Expiry = tuple[str, int]  # the first name of a certificate, and until when it is good (seconds since 1970)


class Gauges:
    """Of one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._storage: dict[str, int] = {}
        self._stored_us = 0
        self._commits = commit_times(home.data)

    async def now(self, place: int, certificates: Iterable[Expiry], zones: Zones) -> Now:
        """`place` is how far the journey was counted.  Raises StoreError."""
        at = self._clock.now_us()
        found: dict[tuple[str, Labels], float] = {}

        def say(family: Family, value: float, *labels: str) -> None:
            found[family.name, labels] = value

        counts, oldest, pending, last, backup_s = await self._home.engine.scan(_look)
        for state, count in counts.items():
            say(families.QUEUE, count, state)
        say(families.OLDEST, max(0, at - oldest) // SECOND_US if oldest else 0)
        say(families.PENDING, max(0, at - pending) // SECOND_US if pending else 0)
        say(families.BEHIND, max(0, last - place))
        say(families.BACKUP, backup_s)
        say(families.BUILD, 1, __version__)
        for name, until_s in certificates:
            left = until_s - at // SECOND_US
            key = families.CERTIFICATE.name, (name,)
            found[key] = min(left, found.get(key, left))
        for domain, records in zones.items():
            for record, is_good in records.items():
                say(families.DNS_CHECK, int(is_good), domain, record)
        for kind, octets in (await self._used(at)).items():
            say(families.STORAGE, octets, kind)
        return Now(found, self._commits.read())

    def close(self) -> None:
        self._commits.close()

    async def _used(self, at: int) -> dict[str, int]:
        if not self._storage or not self._stored_us <= at < self._stored_us + STORAGE_S * SECOND_US:
            self._storage = await self._home.engine.scan(usage.used, self._home)
            self._stored_us = at
        return self._storage


def _look(tx: Tx) -> tuple[dict[str, int], int, int, int, int]:
    pending = webhook_state.oldest_pending_us(tx)
    return queue.counts(tx), queue.oldest_undecided_us(tx), pending, following.last(tx), usage.backed_up_s(tx)
