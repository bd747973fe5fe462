"""Numbers and chance come in through the door.

A receipt number has 60 bits: 41 of milliseconds since 2024, 3 of the worker, 16 that start at random and count up
within a millisecond.  Two numbers of one worker never meet; between nodes the database's constraint decides.
"""

import random
import secrets
import zlib

from pyeonji.journey.receipt import ALPHABET, LENGTH
from pyeonji.net.clock import Clock

EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
TIME_BITS, WORKER_BITS, COUNT_BITS = 41, 3, 16


class Ids:
    """Makes numbers for one worker."""

    def __init__(self, clock: Clock, worker: int = 0) -> None:
        self._clock = clock
        self._worker = worker % (1 << WORKER_BITS)
        self._last = 0
        # Receipt numbers are no secrets, and asking the kernel for each would let another thread take the interpreter.
        self._chance = random.Random(secrets.randbits(128))

    def receipt(self) -> int:
        """A message's number: in time order, never given twice by this worker."""
        self._last = max(self._last + 1, self._fresh())
        return self._last

    # A session's number has the same form; sessions and messages are never looked up in each other's table.
    session = receipt

    def receipt_of(self, milliseconds: int, name: str) -> int:
        """The number of a letter that lay in a file of this name: the same each time, so that it is taken once."""
        low = zlib.crc32(name.encode()) & ((1 << WORKER_BITS + COUNT_BITS) - 1)
        return ((milliseconds - EPOCH_MS) & ((1 << TIME_BITS) - 1)) << WORKER_BITS + COUNT_BITS | low

    def token(self, octets: int = 16) -> str:
        """Unguessable text of letters, digits, "-" and "_"."""
        return secrets.token_urlsafe(octets)

    def spread(self) -> float:
        """A number in [0, 1)."""
        return secrets.randbits(53) / (1 << 53)

    def _fresh(self) -> int:
        milliseconds = (self._clock.now_us() // 1000 - EPOCH_MS) & ((1 << TIME_BITS) - 1)
        # half of the counter's room stays free, so that counting up does not run into the next worker's numbers
        count = self._chance.getrandbits(COUNT_BITS - 1)
        return (milliseconds << WORKER_BITS | self._worker) << COUNT_BITS | count


def new_code() -> str:
    """Of the shape of a receipt number, and random in all of it: nobody can tell it from one, or guess one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def number_at(milliseconds: int) -> int:
    """The least receipt number of an instant since 1970 UTC; later ones are greater, up to the last one in 2093."""
    return min(max(0, milliseconds - EPOCH_MS), (1 << TIME_BITS) - 1) << WORKER_BITS + COUNT_BITS
