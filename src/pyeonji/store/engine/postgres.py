"""PostgreSQL through psycopg: the grown store (docs/store.md).

The statements are the ones SQLite runs; only the way parameters are written differs.  The server groups commits by
itself, so each unit of work is a transaction of its own on a pooled connection, in a thread.
"""

import asyncio
import contextlib
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
import psycopg_pool

from pyeonji.store.engine.base import (
    NUMBERS,
    Conflict,
    CopiedElsewhere,
    Full,
    FullText,
    Insert,
    Row,
    Snapshot,
    Tx,
    Unavailable,
    Update,
    Value,
    Values,
)
from pyeonji.store.engine.postgres_full_text import PostgresFullText

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

MAX_CONNECTIONS = 8  # per process
CONNECT_S = 10.0  # seconds to wait for a free connection before the store counts as away

# A named parameter, but neither inside a literal nor a cast.
NAMED = re.compile(r"'(?:[^']|'')*'|::\w+|:(\w+)")


@functools.lru_cache(maxsize=512)
def pyformat(sql: str) -> str:
    """ ":name" to "%(name)s"; "%" outside of parameters is doubled."""
    return NAMED.sub(
        lambda match: f"%({match.group(1)})s" if match.group(1) else match.group(0), sql.replace("%", "%%")
    )


@functools.lru_cache(maxsize=64)
def insertion(into: Insert) -> str:
    places = ", ".join(["%s"] * len(into.columns))
    return f"INSERT INTO {into.table} ({', '.join(into.columns)}) VALUES ({places}) {into.conflict}"


@functools.lru_cache(maxsize=64)
def changing(what: Update) -> str:
    places = ", ".join(["%s::bigint"] * len(what.columns))
    given = f"WITH w ({', '.join(what.columns)}) AS (VALUES ({places}))"
    return f"{given} UPDATE {what.table} SET {what.sets} FROM w WHERE {what.table}.id = w.id RETURNING {what.gives}"


class PostgresTx:
    """A transaction on one psycopg connection."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._execute = connection.execute
        self._cursor = connection.cursor

    def all(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> list[Row]:
        return self._execute(pyformat(sql), parameters or {}).fetchall()

    def one(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> Row | None:
        return self._execute(pyformat(sql), parameters or {}).fetchone()

    def run(self, sql: str, parameters: Mapping[str, Value] | None = None, /) -> int:
        return self._execute(pyformat(sql), parameters or {}).rowcount

    def among(self, sql: str, numbers: Sequence[int], parameters: Mapping[str, Value] | None = None, /) -> list[Row]:
        sql = sql.replace(NUMBERS, "FROM unnest(:numbers::bigint[]) WITH ORDINALITY AS n (value, place) JOIN")
        ordered = f"{sql} ORDER BY n.place"
        return self._execute(pyformat(ordered), {**(parameters or {}), "numbers": list(numbers)}).fetchall()

    def insert(self, into: Insert, rows: Sequence[Values], /) -> None:
        with self._cursor() as cursor:
            cursor.executemany(insertion(into), rows)

    def insert_numbered(self, into: Insert, rows: Sequence[Values], /) -> list[int]:
        with self._cursor() as cursor:
            cursor.executemany(f"{insertion(into)} RETURNING id", rows, returning=True)
            return [row[0] for row in _given(cursor)]

    def many(self, sql: str, rows: Iterable[Mapping[str, Value]], /) -> None:
        with self._cursor() as cursor:
            cursor.executemany(pyformat(sql), rows)

    def update(self, what: Update, rows: Sequence[Values], /) -> list[Row]:
        with self._cursor() as cursor:  # one after the other: locks are taken in the order of the ids
            cursor.executemany(changing(what), rows, returning=True)
            return _given(cursor)


def _given(cursor: "psycopg.Cursor[Row]") -> list[Row]:
    """The rows that all runs of one statement gave."""
    given = cursor.fetchall() if cursor.pgresult is not None else []
    while cursor.nextset():
        given += cursor.fetchall()
    return given


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """psycopg's errors as ours."""
    try:
        yield
    except psycopg.errors.IntegrityError as error:
        raise Conflict(str(error)) from error
    except psycopg.errors.DiskFull as error:
        raise Full(str(error)) from error
    except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


class PostgresEngine:
    """One PostgreSQL database, named by a connection string."""

    name = "postgres"
    full_text: FullText = PostgresFullText()

    def __init__(self, conninfo: str, *, schema: str | None = None) -> None:
        options = {"options": f"-c search_path={schema}"} if schema else {}
        self._pool: psycopg_pool.ConnectionPool[psycopg.Connection[Row]] = psycopg_pool.ConnectionPool(
            conninfo,
            kwargs=options,
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=CONNECT_S,
            open=True,
            configure=_require_durability,
        )

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(lambda: self.write_now(fn, *args, **kwargs))

    async def write_together(self, fn: Callable[[Tx, Sequence[A]], Sequence[T]], item: A) -> T:
        return (await self.write(fn, [item]))[0]

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(lambda: self.read_now(fn, *args, **kwargs))

    async def scan(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(lambda: self.read_now(fn, *args, **kwargs))

    def write_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with translated(), self._pool.connection() as connection:
            return fn(PostgresTx(connection), *args, **kwargs)

    def read_now(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with translated(), self._pool.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return fn(PostgresTx(connection), *args, **kwargs)

    def snapshot(self) -> Snapshot:
        raise CopiedElsewhere("PostgreSQL makes its own copies: pg_dump")

    def close(self) -> None:
        self._pool.close()


def _require_durability(connection: "psycopg.Connection[Any]") -> None:
    """250 may be said only after the commit is on disk, whatever the server's default is."""
    connection.execute("SET synchronous_commit = on")
    connection.commit()
