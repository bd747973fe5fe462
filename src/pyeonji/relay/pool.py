"""Connections that wait some seconds for another letter to the same server, and those that are saying goodbye.

Goodbyes are said beside the work: a letter is delivered whether or not QUIT is answered, and its outcome must not wait.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from pyeonji.relay.attempt import Hop
from pyeonji.relay.connection import Connection
from pyeonji.relay.trust.demand import Demand

MAX_LETTERS = 100  # over one connection; some servers count


class Pool:
    """`keep_open` seconds; 0 keeps nothing."""

    def __init__(self, keep_open: float) -> None:
        self._keep_open = keep_open
        self._kept: dict[tuple[Hop, Demand], dict[Connection, asyncio.TimerHandle]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._opened: set[Connection] = set()

    def add(self, connection: Connection) -> None:
        """A connection was opened: from here on this pool sees to its end."""
        self._opened.add(connection)

    def take(self, hop: Hop, demand: Demand) -> Connection | None:
        """A connection to this address that is still open and has proved just what is demanded, or None."""
        for connection in list(self._kept.get((hop, demand), ())):
            self._forget(connection)
            if connection.is_open:
                return connection
            self._beside(connection, connection.quit())
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection whose letter is delivered, or say goodbye."""
        if self._keep_open <= 0 or connection.letters >= MAX_LETTERS or not connection.is_open:
            self._beside(connection, connection.quit())
            return
        handle = asyncio.get_running_loop().call_later(self._keep_open, self._too_long, connection)
        self._kept.setdefault((connection.hop, connection.demand), {})[connection] = handle

    def drop(self, connection: Connection, because: str) -> None:
        """Close a connection that is of no more use."""
        self._beside(connection, connection.drop(because))

    async def close(self) -> None:
        """Say goodbye everywhere."""
        for connection in [connection for kept in self._kept.values() for connection in kept]:
            self._too_long(connection)
        while self._leaving:
            await asyncio.wait(self._leaving)
        for connection in self._opened:  # of couriers that were called off
            connection.abort()
        self._opened.clear()

    def _too_long(self, connection: Connection) -> None:
        self._forget(connection)
        self._beside(connection, connection.quit())

    def _forget(self, connection: Connection) -> None:
        kept = self._kept[connection.hop, connection.demand]
        kept.pop(connection).cancel()
        if not kept:
            del self._kept[connection.hop, connection.demand]

    def _beside(self, connection: Connection, goodbye: Coroutine[Any, Any, None]) -> None:
        self._opened.discard(connection)
        task = asyncio.get_running_loop().create_task(goodbye)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
