"""The deadlines of very many connections, which are hardly ever reached: few timers of the loop for all of them.

A timer of its own would cost each connection 600 octets.  So those whose time is over at about the same moment share
one, and hear of it a little late.
"""

import asyncio
import math
from typing import Protocol

LONG_S = 60.0  # seconds
LATE_S, SHORT_LATE_S = 1.0, 1 / 16  # seconds that somebody hears too late after LONG_S or more, and after less


class Rings(Protocol):
    def ring(self) -> None:
        """The time is over, or has been moved."""


class Moment(set[Rings]):
    """Those who hear of it together.  Who does not want to hear any more is discarded."""

    __slots__ = ("when",)

    def __init__(self, when: float) -> None:
        super().__init__()
        self.when = when  # by the loop's clock


class Deadlines:
    """All of one listener; see the top of this module."""

    __slots__ = ("_moments",)

    def __init__(self) -> None:
        self._moments: dict[float, Moment] = {}

    def put(self, who: Rings, seconds: float) -> Moment:
        """`who` hears once, when so many seconds are over."""
        loop = asyncio.get_running_loop()
        late_s = LATE_S if seconds >= LONG_S else SHORT_LATE_S
        when = math.ceil((loop.time() + seconds) / late_s) * late_s
        moment = self._moments.get(when)
        if moment is None:
            moment = self._moments[when] = Moment(when)
            loop.call_at(when, self._over, moment)
        moment.add(who)
        return moment

    def _over(self, moment: Moment) -> None:
        del self._moments[moment.when]
        for who in moment:
            who.ring()
