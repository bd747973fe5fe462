"""Waiting for news of a letter: woken by whoever commits it, with a look now and then should a word have been lost."""

import asyncio
import contextlib
from collections.abc import Iterator

from pyeonji.acceptance.wake import Wake

LOOK_S = 5.0  # seconds without a word after which the store is looked at all the same


class Heard:
    """Set by news; cleared by waiting."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def until(self, deadline: float) -> bool:
        """Is there reason to look again?  False when the deadline (of the loop's clock) has come."""
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(min(deadline, loop.time() + LOOK_S)):
                await self._event.wait()
        self._event.clear()
        return True


@contextlib.contextmanager
def news(wake: Wake, number: int) -> Iterator[Heard]:
    """Of one letter."""
    heard = Heard()
    forget = wake.on_letter(number, heard.tell)
    try:
        yield heard
    finally:
        forget()
