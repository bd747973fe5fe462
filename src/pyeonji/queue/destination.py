"""How many couriers may be on their way to one domain: more with each success, half with each failure.

When none of its servers answers the domain is down: nobody dials it for a while, then one courier goes to look.
"""

from collections import deque
from dataclasses import dataclass, field

from pyeonji.store.queue import Job

AHEAD = 4  # letters claimed ahead for each courier, so that it need not wait for the disk between two
FIRST_LIMIT = 2  # couriers to a domain nothing is known of (reliability F02)
SECOND_US = 1_000_000
DOWN_WAITS_US = tuple(seconds * SECOND_US for seconds in (30, 60, 120, 300, 600, 900))  # between two looks
DOWN_SPREAD = 0.2  # share that chance adds
MAX_DOWN_US = round(DOWN_WAITS_US[-1] * (1 + DOWN_SPREAD))


@dataclass(slots=True)
class Destination:
    """What this worker knows of one domain."""

    max_limit: int
    limit: int = FIRST_LIMIT
    running: int = 0
    silent: int = 0  # times in a row that no server answered
    down_until: int = 0  # instant in microseconds
    words: str = ""  # what was said when it was last found down
    ready: deque[Job] = field(default_factory=deque)  # claimed, waiting for a courier

    @property
    def room(self) -> int:
        """Couriers that may set out now."""
        return max(0, (1 if self.silent else min(self.limit, self.max_limit)) - self.running)

    @property
    def wanted(self) -> int:
        """Letters that may be claimed for it now: for the couriers that may set out, and some ahead."""
        return max(0, self.room - len(self.ready) + (0 if self.silent else AHEAD * self.limit))

    def is_down(self, now: int) -> bool:
        return now < self.down_until <= now + MAX_DOWN_US  # the clock may have been set back

    def answered(self) -> None:
        """Its servers work."""
        self.limit = min(self.limit + 1, self.max_limit)
        self.silent, self.down_until, self.words = 0, 0, ""

    def complained(self) -> None:
        """It asked us to be slower, or broke off."""
        self.limit = max(1, self.limit // 2)

    def may_be_back(self) -> None:
        """Whatever was silent is dialled again at once."""
        self.down_until = 0

    def was_silent(self, now: int, words: str, spread: float) -> None:
        """None of its servers answered."""
        self.complained()
        wait = DOWN_WAITS_US[min(self.silent, len(DOWN_WAITS_US) - 1)]
        self.silent += 1
        self.down_until = now + round(wait * (1 + spread * DOWN_SPREAD))
        self.words = words
