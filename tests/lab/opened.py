"""A lab that stays open for several tests, in a thread of its own."""

import asyncio
import contextlib
import threading
from pathlib import Path

from kit.patience import PATIENCE_S
from lab.kit import lab
from pyeonji.lab.world import World


class Opened:
    """`world` is the lab; `call` runs a coroutine in it."""

    def __init__(self, folder: Path, *, catch: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = contextlib.AsyncExitStack()
        self.world: World = self.call(self._stack.enter_async_context(lab(folder, catch=catch)))

    def call(self, work, seconds=PATIENCE_S):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def close(self) -> list[str]:
        """What still ran when all was closed."""
        self.call(self._stack.aclose())
        left = self.call(others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return left


async def others() -> list[str]:
    return [repr(task.get_coro()) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
