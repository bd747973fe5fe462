"""A lab of its own for a test: on ports of its own, in a folder of its own."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from pyeonji.lab.commands import Commands
from pyeonji.lab.play import Note, NotPlayed, Play, events_of, settled
from pyeonji.lab.run import journey_url, open_lab
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World

# All ports stay below 32768, where the kernel begins to take ports for outgoing connections.
FIRST_OFFSET, LAST_OFFSET = 200, 7_100
ATTEMPTS = 60  # at ports that another test, or a connection of its, may have
_chance = random.SystemRandom()


@contextlib.asynccontextmanager
async def lab(folder: Path, language: str = "ko", *, catch: bool = False) -> AsyncIterator[World]:
    refused: list[str] = []
    for _ in range(ATTEMPTS):
        world = World(folder / "lab", _chance.randrange(FIRST_OFFSET, LAST_OFFSET), catch=catch)
        try:
            await open_lab(world, Voice(language))
            break
        except OSError as error:
            refused.append(str(error))
    else:
        raise AssertionError(f"no free ports for a lab: {refused}")
    try:
        yield world
    finally:
        await world.stop()


def in_lab(folder: Path, talk: Callable[[World], Awaitable[None]], *, catch: bool = False) -> None:
    async def run() -> None:
        async with lab(folder, catch=catch) as world:
            await talk(world)

    asyncio.run(run())


def commands(world: World) -> Commands:
    return Commands(world, "ko", journey_url(world))


async def hand_in(world: World, author: str, *readers: str, text: str = "안녕\n") -> int:
    return await Play(world, lambda beat: None).hand_in(Note(author, readers, "안녕", text))


async def state_of(world: World, domain: str, number: int, seconds: float = 8.0) -> str:
    return await settled(world.nodes[domain].home, number, seconds)


__all__ = ["NotPlayed", "commands", "events_of", "hand_in", "in_lab", "lab", "state_of"]
