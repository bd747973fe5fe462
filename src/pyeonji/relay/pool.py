"""Connections that wait some seconds for another letter to the same server."""

import asyncio
import contextlib

from pyeonji.relay.attempt import Hop
from pyeonji.relay.connection import Connection

MAX_LETTERS = 100  # over one connection; some servers count


class Pool:
    """`keep_open` seconds; 0 keeps nothing."""

    def __init__(self, keep_open: float) -> None:
        self._keep_open = keep_open
        self._kept: dict[Hop, list[Connection]] = {}
        self._tasks: dict[Connection, asyncio.Task[None]] = {}

    def take(self, hop: Hop) -> Connection | None:
        """A connection to this address that is still open, or None."""
        while kept := self._kept.get(hop):
            connection = kept.pop()
            if not kept:
                del self._kept[hop]
            if connection.is_open:
                self._tasks.pop(connection).cancel()
                return connection
            # else its own task says goodbye in time
        return None

    async def put(self, connection: Connection) -> None:
        """Keep a connection whose letter is delivered, or say goodbye."""
        if self._keep_open <= 0 or connection.letters >= MAX_LETTERS or not connection.is_open:
            await connection.quit()
            return
        self._kept.setdefault(connection.hop, []).append(connection)
        self._tasks[connection] = asyncio.get_running_loop().create_task(self._wait(connection))

    async def close(self) -> None:
        """Say goodbye everywhere."""
        connections = list(self._tasks)
        for task in self._tasks.values():
            task.cancel()
        self._kept.clear()
        self._tasks.clear()
        await asyncio.gather(*(connection.quit() for connection in connections))

    async def _wait(self, connection: Connection) -> None:
        await asyncio.sleep(self._keep_open)
        with contextlib.suppress(KeyError, ValueError):
            self._kept[connection.hop].remove(connection)
            if not self._kept[connection.hop]:
                del self._kept[connection.hop]
        del self._tasks[connection]
        await connection.quit()
