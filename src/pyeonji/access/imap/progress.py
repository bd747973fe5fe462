"""A client that waits for a long command hears that it is still under way (RFC 9585)."""

import asyncio
from collections.abc import Awaitable, Callable

from pyeonji.proto.imap import response

PROGRESS_S = 10.0  # seconds of a command until the client hears of it, and then again


class Progress:
    """Of one command at a time.  `done` of `of` steps, where the command counts them."""

    __slots__ = ("_say", "_tag", "_task", "_timer", "done", "of")

    def __init__(self, say: Callable[[bytes], Awaitable[None]]) -> None:
        self._say = say
        self._tag = ""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.done: int | None = None
        self.of: int | None = None

    def begin(self, tag: str) -> None:
        self._tag, self.done, self.of = tag, None, None
        self._timer = asyncio.get_running_loop().call_later(PROGRESS_S, self._tell)

    def end(self) -> None:
        """The command is over: nothing more is said of it."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._timer = self._task = None

    def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(PROGRESS_S, self._tell)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._tell_now())

    async def _tell_now(self) -> None:
        try:
            await self._say(response.in_progress(self._tag, self.done, self.of))
        except (ConnectionError, TimeoutError):
            return  # the command itself notices
