"""Attempts to log in, on their way into the store: counted here, written together a moment later.

Nobody waits for it, so it takes as long for a name nobody has as for one that somebody has.  What was tried in the last
second before a crash is not kept.
"""

import asyncio
import contextlib
import secrets
from functools import partial

from pyeonji.net.clock import Clock
from pyeonji.store import directory, logins
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.logins import Attempt

WRITE_S = 1.0  # seconds until what was counted is written
MAX_PENDING = 5_000  # kinds of attempts that wait to be written; beyond, they are counted as one
MAX_NAME = 320  # characters of a name that are told apart: an address has no more (RFC 5321 §4.5.3.1)

Key = tuple[str, str, str, str, str, str]
CROWD: Key = ("", "", "", "", logins.WRONG, "")


class Attempts:
    """Of one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._pending: dict[Key, tuple[int, int, int]] = {}  # how many, the first, the last
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self.secret: str = home.engine.write_now(directory.secret, "login names", secrets.token_hex(32))

    def note(self, name: str, place: str, service: str, mechanism: str, outcome: str, credential: str) -> None:
        """One attempt, now.  `name` is folded, and need not be anybody's."""
        key: Key = (name[:MAX_NAME], place, service, mechanism, outcome, credential)
        if key not in self._pending and len(self._pending) >= MAX_PENDING:
            key = CROWD
        now = self._clock.now_us()
        count, first, _ = self._pending.get(key, (0, now, now))
        self._pending[key] = (count + 1, first, now)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WRITE_S, self._write)

    async def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, {}
        if pending:
            rows = [Attempt(*key, *times) for key, times in pending.items()]
            with contextlib.suppress(StoreError):  # nothing was promised
                await self._home.engine.write(partial(logins.keep, attempts=rows, secret=self.secret))

    async def knows(self, name: str, place: str, since_us: int) -> bool:
        """Has this name logged in from there since?"""
        await self.flush()
        return await self._home.engine.read(logins.knows, name, place, since_us)

    def _write(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().create_task(self.flush())
