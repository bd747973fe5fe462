"""What a store engine is: who opens transactions, and when many of them share one commit.

Store functions are plain synchronous functions over a transaction, `def accept(tx, letter) -> Taken`.  They neither
know nor care which engine runs them, in which thread, or how many of them are committed together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pyeonji.message.terms import Term

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

# What a column or a parameter can be.  Instants are integers (microseconds), flags are integers, octets are bytes.
Value = int | str | bytes | float | None
# Rows come back as tuples whose types the statement decides; the caller unpacks them into its own frozen values.
Row = tuple[Any, ...]


Values = tuple[Value, ...]  # of one row, in the order of an Insert's columns


@dataclass(frozen=True, slots=True, eq=False)  # known by itself: its statement is looked up for each letter
class Insert:
    """New rows of one table; `conflict` is the ON CONFLICT clause, if any."""

    table: str
    columns: tuple[str, ...]
    conflict: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """Rows of one table changed by their ids, each with values of its own.

    `sets` is the SET clause, in which `w` has the `columns` of a row (`id` comes first); `gives` what RETURNING gives.
    """

    table: str
    columns: tuple[str, ...]
    sets: str
    gives: str


class StoreError(Exception):
    """The store could not do it.

    StoreError
      Unavailable     the disk, the file or the server is away: try again later (451, NO [UNAVAILABLE], 75)
        Full          no room is left (452)
      Conflict        a unique constraint said no
      Damaged         what is stored cannot be what we wrote
      CopiedElsewhere the database is a server's, which makes its copies itself
    """


class Unavailable(StoreError):
    """A thing the store needs is away or full; nothing was changed."""


class Full(Unavailable):
    """No room is left; nothing was changed."""


class Conflict(StoreError):
    """Something of that name exists already; nothing was changed."""


class Damaged(StoreError):
    """What is stored contradicts itself."""


class CopiedElsewhere(StoreError):
    """A copy was asked of a database server: its own tools make it."""


class Tx(Protocol):
    """One transaction.  Statements use the common subset of both engines, with named parameters."""

    def all(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> list[Row]: ...
    def one(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> Row | None: ...
    def run(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> int:
        """Rows changed."""
        ...

    def among(self, sql: str, numbers: Sequence[int], parameters: Mapping[str, Value] | None = None, /) -> list[Row]:
        """Like `all`, for rows that belong to many numbers, in their order.

        `sql` says `FROM NUMBERS n JOIN`: a table with these numbers in the column `value`.  A third of the time of a
        long `IN (...)`, and no limit of length.
        """
        ...

    def insert(self, into: Insert, rows: Sequence[Values], /) -> None:
        """All these rows, with few statements: each statement lends the interpreter to other threads for a while."""
        ...

    def insert_numbered(self, into: Insert, rows: Sequence[Values], /) -> list[int]:
        """The same for a table whose column `id` counts up: the ids they got, in order."""
        ...

    def many(self, sql: str, rows: Iterable[Mapping[str, Value]], /) -> None:
        """One statement after the other, for those that are no plain INSERT."""
        ...

    def update(self, what: Update, rows: Sequence[Values], /) -> list[Row]:
        """What the changed rows give, in no order.  The ids are different, and the caller has sorted by them."""
        ...


class FullText(Protocol):
    """Which letters hold which terms: what each engine has of its own for that."""

    def insert(self, tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
        """(letter, its terms as `marked`, parted by spaces); the letters are not there yet."""
        ...

    def delete(self, tx: Tx, letters: Sequence[int]) -> None: ...
    def find(self, tx: Tx, marks: str, terms: Sequence[Term], limit: int) -> list[int]:
        """Letters that hold all terms in one of the sections with these marks, in no order; `limit` at most."""
        ...

    def held(self, tx: Tx, letters: Sequence[int]) -> set[int]:
        """Those of these letters that are there."""
        ...

    def unnamed(self, tx: Tx) -> list[int]:
        """Letters with more terms than are kept of one: `find` names none of them."""
        ...

    def damage(self, tx: Tx) -> list[str]:
        """What is wrong with its database in itself."""
        ...


class Snapshot(Protocol):
    """The database as it was at one instant, while others write.  For one thread; closed by whoever asked for it."""

    tx: Tx

    def copy(self, to: Path) -> None:
        """All of it as a new file, synced; raises StoreError."""
        ...

    def close(self) -> None: ...


class Engine(Protocol):
    """One database.  `now` variants run in the calling thread (command line, tests, sweeper threads)."""

    name: str
    full_text: FullText

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a transaction and return after its commit is on disk.

        `fn` changes nothing but the transaction: it may be run again from the start, when a unit of work that shares
        the commit fails.
        """
        ...

    async def write_together(self, fn: Callable[[Tx, Sequence[A]], Sequence[T]], item: A) -> T:
        """Like `write`, for units of one kind: `fn` is given the items of all who share a commit, in one call.

        It gives a result for each.  When it fails it is run again for each item alone.
        """
        ...

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` on a consistent snapshot.  For short, indexed reads."""
        ...

    async def scan(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `read`, away from the event loop: for reads that may take longer than a millisecond."""
        ...

    def write_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    def read_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    def snapshot(self) -> "Snapshot":
        """What is committed now; raises StoreError and CopiedElsewhere."""
        ...

    def close(self) -> None: ...


NUMBERS = "FROM NUMBERS n JOIN"  # in the statements of `among`; each engine has words of its own for it


def single(row: Row | None) -> Value:
    """The only column of the only row, or None."""
    value: Value = row[0] if row else None
    return value


def several(values: Sequence[int]) -> tuple[str, dict[str, Value]]:
    """What stands in the parentheses of `IN (...)`, and its parameters; for at least one value.

    The number of parameters is a power of two (the last value is repeated), so that a handful of prepared statements
    serves all lengths.
    """
    room = 1 << (len(values) - 1).bit_length()
    padded = [*values] + [values[-1]] * (room - len(values))
    return ", ".join(f":v{i}" for i in range(room)), {f"v{i}": value for i, value in enumerate(padded)}
