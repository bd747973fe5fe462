"""What people do with a letter that waits: retry, hold, release, cancel, with a reason that the journey keeps."""

from collections.abc import Callable, Mapping

from pyeonji.journey.view import Act
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import queue
from pyeonji.store.engine.base import Tx
from pyeonji.store.tallies import Tallies

APART_US = 30 * SECOND_US  # between two tries at one destination that people ask for
MAX_BECAUSE = 200  # characters

Decide = Callable[[Tx, int, int, str, int], int]
DECISIONS: Mapping[Act, Decide] = {
    "retry": queue.retry, "hold": queue.hold, "release": queue.release, "cancel": queue.cancel,
}  # fmt: skip


class TooSoon(Exception):
    """The destination was tried just now; `wait_us` until it may be tried again."""

    def __init__(self, domain: str, wait_us: int) -> None:
        super().__init__(domain)
        self.domain = domain
        self.wait_us = wait_us


class Pace:
    """A button is pressed twenty times by who is worried: the server at the other end does not get to feel it.

    All workers, and all pages with such a button, count together.
    """

    def __init__(self, clock: Clock, tallies: Tallies, apart_us: int = APART_US) -> None:
        self._clock, self._tallies, self._apart_us = clock, tallies, apart_us

    def ask(self, domain: str) -> None:
        """Raises TooSoon."""
        now, name = self._clock.now_us(), f"try {domain}"
        if 0 < (wait := self._tallies.latest(name) + self._apart_us - now) <= self._apart_us:
            raise TooSoon(domain, wait)  # a clock that was set back bars nobody
        self._tallies.add(name, now)


def reason(who: str, because: str) -> str:
    """As the journey has it: who, and why."""
    words = "".join(char for char in because if char.isprintable())[:MAX_BECAUSE].strip()
    return f"{who}: {words}" if words else who
