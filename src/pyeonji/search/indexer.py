"""Making digests of letters beside the mail, the newest first (docs/reading.md).

One step makes a few and commits them; it may be killed at any instant.  Notes of letters that have a digest are struck
out by a worker: the indexer runs at the lowest priority, and must not hold the lock that those who file letters need.
"""

from pyeonji.proto.imap.digest import digest
from pyeonji.store import digests, messages
from pyeonji.store.digests import Made
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

STEP = 64  # letters in one commit
STEP_OCTETS = 4 << 20  # octets of letters in one commit, unless one alone is larger
LOOK = 512  # notes looked at at once


class Indexer:
    """Makes digests of one store.  One at a time is enough; two do no harm."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._damaged: set[int] = set()  # letters that cannot be read; `pyeonji verify` tells of them

    def step(self) -> int:
        """Make some digests; how many.  0: there is nothing to do."""
        numbers = self._next()
        if not numbers:
            return 0
        found = [made for number in numbers if (made := self._made(number)) is not None]
        home = self._home
        home.digests.write_now(digests.save, home.digests.full_text, found)
        return len(numbers)

    def _next(self) -> list[int]:
        """The newest letters without a digest, as many as make a step."""
        home = self._home
        below = 1 << 62
        while noted := home.engine.read_now(digests.noted, LOOK, below):
            held = home.digests.read_now(digests.held, noted)
            fresh = [number for number in noted if number not in held and number not in self._damaged]
            if fresh:
                return home.engine.read_now(_that_fit, fresh[:STEP])
            below = noted[-1]
        return []

    def _made(self, number: int) -> Made | None:
        home = self._home
        try:
            octets = home.engine.read_now(messages.content, home.blobs, number)
        except Damaged:
            self._damaged.add(number)
            return None
        return digests.made(number, digest(octets))


def _that_fit(tx: Tx, numbers: list[int]) -> list[int]:
    known = messages.metas(tx, numbers)
    room = STEP_OCTETS
    chosen: list[int] = []
    for number in numbers:
        room -= known[number].size if number in known else 0
        if room < 0 and chosen:
            break
        chosen.append(number)
    return chosen


def strike_out(home: Home) -> int:
    """Strike out the notes of letters that have a digest by now; how many."""
    struck, below = 0, 1 << 62
    while noted := home.engine.read_now(digests.noted, LOOK, below):
        counted = home.digests.read_now(digests.counts)
        held = home.digests.read_now(digests.held, noted)
        if not held:
            break  # the newest come first: below there is nothing new either
        home.engine.write_now(digests.strike_out, sorted(held), counted)
        struck += len(held)
        below = noted[-1]
    return struck
