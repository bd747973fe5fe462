"""A run: many actors at once for some time, then silence, and everybody must believe the same."""

import asyncio
import time

from stress.actor import BOXES, Actor
from stress.ledger import Contradiction, Ledger
from stress.wire import Broken


async def stress(port: int, login: tuple[str, str], seconds: float, *, actors: int, seed: int) -> Ledger:
    """Raises Contradiction with the last lines of the session that found it."""
    ledger = Ledger()
    await _prepare(port, login, ledger)
    end = time.monotonic() + seconds
    crew = [Actor(port, login, ledger, number, seed) for number in range(actors + 1)]
    *acting, fresh = crew
    tasks = [asyncio.create_task(_guarded(actor, end)) for actor in acting]
    try:
        await asyncio.gather(*tasks)
        await _compare(acting, fresh)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for actor in crew:
            for connection in actor.connections:
                await connection.hang_up()
    return ledger


async def _prepare(port: int, login: tuple[str, str], ledger: Ledger) -> None:
    first = Actor(port, login, ledger, 0, 0)
    await first.connect(qresync=False)
    for name in BOXES[1:]:
        await first.do(f"CREATE {name}")
    await first.hang_up()


async def _guarded(actor: Actor, end: float) -> None:
    try:
        await actor.run(lambda: time.monotonic() > end)
    except (Contradiction, Broken) as found:
        heard = "\n".join(line.decode("utf-8", "replace").rstrip() for line in actor.connection.heard)
        raise Contradiction(f"{actor.keyword} after {actor.done} actions: {found}\n{heard}") from found


async def _compare(crew: list[Actor], fresh: Actor) -> None:
    """Nothing happens any more: each session, told what is left to tell, knows what a new one is told."""
    for actor in crew:
        await actor.noop()
        await actor.look()
        await actor.ask_again()
    await fresh.connect(qresync=False)
    for name in BOXES:
        await fresh.select(name=name)
        assert fresh.belief is not None
        truth = {message.uid: message.flags for message in fresh.belief.messages}
        for actor in crew:
            if actor.belief is not None and actor.belief.name == name:
                believed = {message.uid: message.flags for message in actor.belief.messages}
                if believed != truth:
                    wrong = sorted(believed.items() ^ truth.items(), key=lambda pair: pair[0])
                    raise Contradiction(f"{name}: {actor.keyword} believes otherwise about {wrong[:4]}")
