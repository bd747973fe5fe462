"""What /metrics says: what the follower has counted, and what is true now."""

from pyeonji.daemon import following, zone_watch
from pyeonji.metrics.counts import counts_of
from pyeonji.metrics.gauges import Expiry, Gauges
from pyeonji.metrics.text import exposition
from pyeonji.net.certificates import Certificates
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store.home import Home


class Measured:
    """Any worker can be asked: nobody counts for himself."""

    def __init__(self, home: Home, clock: Clock, certificates: Certificates) -> None:
        self._home = home
        self._clock = clock
        self._certificates = certificates
        self._gauges = Gauges(home, clock)

    async def text(self) -> str:
        """Raises StoreError."""
        followed = following.read(self._home.data) or following.Followed(0)
        zones = zone_watch.read(self._home.data, self._clock.now_us() // SECOND_US)
        now = await self._gauges.now(followed.place, self.expiries(), zones)
        return exposition(counts_of(followed.counts), now)

    def close(self) -> None:
        self._gauges.close()

    def expiries(self) -> list[Expiry]:
        return [(one.names[0] if one.names else "", one.until_s) for one in self._certificates.shown]
