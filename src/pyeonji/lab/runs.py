"""Scenes that pages show: each run takes place once, for real, and is then read line by line, to and fro."""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from pyeonji.lab.beat import Beat, Check
from pyeonji.lab.perform import Played, perform
from pyeonji.lab.world import World

MAX_RUNS = 200  # remembered; the oldest is forgotten
WAIT_S = 20.0  # seconds a page waits for a line that is still to come


@dataclass(slots=True)
class Run:
    """One run of one scene.  `played` is None while it goes on."""

    name: str
    beats: list[Beat] = field(default_factory=list)
    played: Played | None = None
    task: "asyncio.Task[None] | None" = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, beat: Beat) -> None:
        self.beats.append(beat)
        self.tell()

    def tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, count: int) -> None:
        """Until there are so many beats, or no more will come."""
        try:
            async with asyncio.timeout(WAIT_S):
                while len(self.beats) < count and self.played is None:
                    await self._news.wait()
        except TimeoutError:
            return


class Runs:
    """All runs of one lab, by a word nobody can guess."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: OrderedDict[str, Run] = OrderedDict()

    def start(self, name: str, choice: str = "") -> str:
        """`name` is one of SCENES."""
        run, word = Run(name), secrets.token_urlsafe(9)
        run.task = asyncio.get_running_loop().create_task(self._play(run, choice))
        self._known[word] = run
        if len(self._known) > MAX_RUNS:
            _, forgotten = self._known.popitem(last=False)
            if forgotten.task is not None:
                forgotten.task.cancel()
        return word

    def get(self, word: str) -> Run | None:
        return self._known.get(word)

    async def close(self) -> None:
        tasks = [run.task for run in self._known.values() if run.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _play(self, run: Run, choice: str) -> None:
        played: Played | None = None
        try:
            played = await perform(self._world, run.name, run.heard, choice)
        finally:
            run.played = played or Played((Check(False, "scene.bad"),))  # whatever came of it, nothing more comes
            run.tell()
