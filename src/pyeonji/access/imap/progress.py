"""A client that waits for a long command hears that it is still under way (RFC 9585)."""

import asyncio
from collections.abc import Awaitable, Callable

from pyeonji.net.deadlines import Deadlines, Moment
from pyeonji.proto.imap import response

PROGRESS_S = 10.0  # seconds of a command until the client hears of it, and then again


class Progress:
    """Of one command at a time.  `done` of `of` steps, where the command counts them.

    Commands are many and most are short, so a moment is not set for each: we look at the command when it comes.
    """

    __slots__ = ("_deadlines", "_due", "_moment", "_say", "_tag", "_task", "done", "of")

    def __init__(self, say: Callable[[bytes], Awaitable[None]], deadlines: Deadlines) -> None:
        self._say = say
        self._deadlines = deadlines
        self._tag = ""
        self._due: float | None = None  # when the client hears of the command under way
        self._moment: Moment | None = None
        self._task: asyncio.Task[None] | None = None
        self.done: int | None = None
        self.of: int | None = None

    def begin(self, tag: str) -> None:
        self._tag, self.done, self.of = tag, None, None
        self._due = asyncio.get_running_loop().time() + PROGRESS_S
        if self._moment is None:
            self._moment = self._deadlines.put(self, PROGRESS_S)

    def end(self) -> None:
        """The command is over: nothing more is said of it."""
        self._due = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """So is the connection."""
        self.end()
        if self._moment is not None:
            self._moment.discard(self)
            self._moment = None

    def ring(self) -> None:
        self._moment = None
        if self._due is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._due:
            self._due = loop.time() + PROGRESS_S
            if self._task is None or self._task.done():
                self._task = loop.create_task(self._tell_now())
        self._moment = self._deadlines.put(self, self._due - loop.time())

    async def _tell_now(self) -> None:
        try:
            await self._say(response.in_progress(self._tag, self.done, self.of))
        except (ConnectionError, TimeoutError):
            return  # the command itself notices
