"""How long domains have been silent: whoever is not heard is waited for, but not for ever."""

from collections import OrderedDict
from datetime import timedelta

from pyeonji.net.clock import SECOND_US, Clock

MAX_DOMAINS = 10_000  # that are remembered; for one that was forgotten the waiting begins anew


class Silence:
    """Of one worker: since when the DNS has not told what a domain wants of letters nobody vouches for."""

    def __init__(self, clock: Clock, patience: timedelta) -> None:
        self._clock = clock
        self._patience_us = round(patience.total_seconds() * SECOND_US)
        self._silent: OrderedDict[str, tuple[int, int]] = OrderedDict()  # since when, and when it was last noticed

    def met(self, domain: str) -> bool:
        """It is silent; True as long as it is to be waited for.

        Silence nobody has noticed for as long as one waits has ended meanwhile, for all we know.
        """
        now = self._clock.now_us()
        since, last = self._silent.get(domain, (now, now))
        if not since <= last <= now <= last + self._patience_us:  # a clock that was set back begins anew, too
            since = now
        self._silent[domain] = (since, now)
        self._silent.move_to_end(domain)
        if len(self._silent) > MAX_DOMAINS:
            self._silent.popitem(last=False)
        return now < since + self._patience_us

    def broken(self, domain: str) -> None:
        """It has answered."""
        self._silent.pop(domain, None)
