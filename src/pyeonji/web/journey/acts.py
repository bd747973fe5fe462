"""What people do with a letter that waits: retry, hold, release, cancel, with a reason that the journey keeps."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from pyeonji.journey.view import Act
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import queue
from pyeonji.store.engine.base import Tx

APART_US = 30 * SECOND_US  # between two tries at one destination that people ask for, in each worker
MAX_DESTINATIONS = 10_000  # that are remembered
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
    """A button is pressed twenty times by who is worried: the server at the other end does not get to feel it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: OrderedDict[str, int] = OrderedDict()

    def ask(self, domain: str) -> None:
        """Raises TooSoon."""
        now = self._clock.now_us()
        if 0 < (wait := self._until.get(domain, 0) - now) <= APART_US:  # a clock that was set back bars nobody
            raise TooSoon(domain, wait)
        self._until[domain] = now + APART_US
        self._until.move_to_end(domain)
        if len(self._until) > MAX_DESTINATIONS:
            self._until.popitem(last=False)


def reason(who: str, because: str) -> str:
    """As the journey has it: who, and why."""
    words = "".join(char for char in because if char.isprintable())[:MAX_BECAUSE].strip()
    return f"{who}: {words}" if words else who
