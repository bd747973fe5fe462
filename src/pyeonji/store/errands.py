"""Work on the store that another process may do for us, because it can be written as octets (docs/adr/0016).

A worker gives it to the writer process, whose commit many workers share.  Where there is none it is done here.  When
the writer is lost before it has answered, nobody knows whether it committed: the errand is then run `again` here, and
finds out.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, Protocol, TypeVar

from pyeonji.store import addressed
from pyeonji.store.accept import Letter, Taken, accept_all, taken_before
from pyeonji.store.blobs import Blobs
from pyeonji.store.engine.base import Engine, Tx
from pyeonji.store.journey import Ending, close_again, close_all
from pyeonji.store.queue import Attempt, conclude_again, conclude_all

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Errand(Generic[A, T]):
    """`run` does it for all who share a commit, `again` for one who may have been served already."""

    name: str
    item: Any  # the type of A
    result: Any  # the type of T
    run: Callable[[Tx, Sequence[A]], Sequence[T]]
    again: Callable[[Tx, A], T]


class NotCarried(Exception):
    """There is no writer process to give it to."""


class InDoubt(Exception):
    """The writer process was lost before it answered."""


class Carrier(Protocol):
    """Gives an errand to the writer process."""

    async def carry(self, errand: Errand[A, T], item: A) -> T:
        """What came of it, once it is committed.  Raises StoreError, NotCarried, InDoubt."""
        ...


class Errands:
    """The errands of one home."""

    def __init__(self, engine: Engine, blobs: Blobs) -> None:
        self.carrier: Carrier | None = None
        self._engine = engine
        self._blobs = blobs
        self._take = Errand("take", tuple[Letter, ...], tuple[Taken, ...], self._take_all, self._take_again)
        self._end = Errand("end", Ending, None, close_all, close_again)
        self._conclude = Errand("conclude", Attempt, int, conclude_all, conclude_again)
        self._address = Errand("address", None, int, _address_all, _address_again)
        every = (self._take, self._end, self._conclude, self._address)
        self.all: dict[str, Errand[Any, Any]] = {errand.name: errand for errand in every}

    def take(self, letters: tuple[Letter, ...]) -> Awaitable[tuple[Taken, ...]]:
        """Take responsibility for all of these letters, or raise StoreError."""
        return self._done(self._take, letters)

    def end(self, ending: Ending) -> Awaitable[None]:
        """A connection is over.  Raises StoreError."""
        return self._done(self._end, ending)

    def conclude(self, attempt: Attempt) -> Awaitable[int]:
        """An attempt is over; how many recipients' ends counted.  Raises StoreError."""
        return self._done(self._conclude, attempt)

    def address(self) -> Awaitable[int]:
        """Let `addressed` know the oldest letters that are noted; as `addressed.fill`.  Raises StoreError."""
        return self._done(self._address, None)

    async def _done(self, errand: Errand[A, T], item: A) -> T:
        if self.carrier is not None:
            try:
                return await self.carrier.carry(errand, item)
            except NotCarried:
                pass
            except InDoubt:
                return await self._engine.write(errand.again, item)
        return await self._engine.write_together(errand.run, item)

    def _take_all(self, tx: Tx, groups: Sequence[tuple[Letter, ...]]) -> list[tuple[Taken, ...]]:
        """What several callers want taken, each of them all of his letters or none."""
        taken = iter(accept_all(tx, self._blobs, list(chain.from_iterable(groups))))
        return [tuple(islice(taken, len(letters))) for letters in groups]

    def _take_again(self, tx: Tx, letters: tuple[Letter, ...]) -> tuple[Taken, ...]:
        return taken_before(tx, letters) or tuple(accept_all(tx, self._blobs, letters))


def _address_all(tx: Tx, asked: Sequence[None]) -> list[int]:
    return [addressed.fill(tx)] * len(asked)


def _address_again(tx: Tx, asked: None) -> int:
    return addressed.fill(tx)
