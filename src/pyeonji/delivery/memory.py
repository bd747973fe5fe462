"""Expansions remembered for a moment: a busy address is looked up once, not for each letter.

Only what is found is remembered, so that a new account gets its mail at once; what has a quota is looked up each time.
A remembered mailbox that is gone is noticed by the commit.
"""

from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion, expand
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store.home import Home

REMEMBER_US = 2 * SECOND_US  # how long a removed alias may still be followed
MAX_REMEMBERED = 10_000  # addresses


class Expansions:
    """Asks the directory of one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._known: dict[Address, tuple[int, Expansion]] = {}

    async def of(self, address: Address) -> Expansion:
        """Where this address leads, at most two seconds old."""
        now = self._clock.now_us()
        until, known = self._known.get(address, (0, None))
        if known is not None and now < until <= now + REMEMBER_US:
            return known
        expansion = await self._home.engine.read(expand, address)
        if not (expansion.is_nobody or expansion.has_limits):
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[address] = (now + REMEMBER_US, expansion)
        return expansion
