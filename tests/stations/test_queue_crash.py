"""The process dies at any commit, just before it or just after it: nothing is lost, nothing ends silently (F05)."""

import asyncio
import contextlib

import pytest

from kit.sending import FakeMx, Sending, run
from pyeonji.journey.event import Bounced, Delivered, Failed, Queued
from pyeonji.message.report import parse_report
from pyeonji.queue.manager import LEASE_S
from pyeonji.store.errands import Errands
from pyeonji.store.home import Home

ADDRESSES = ("good@one.example", "later@one.example", "never@one.example")


class DyingEngine:
    """Lets `lives` commits happen; the next one is the last thing this process does, or does not do."""

    def __init__(self, engine, lives, after):
        self._engine = engine
        self._lives = lives
        self._after = after
        self.dead = asyncio.Event()
        self.name = engine.name
        self.read, self.scan = engine.read, engine.scan
        self.read_now, self.write_now = engine.read_now, engine.write_now

    async def write(self, fn, *args, **kwargs):
        if self.dead.is_set() or (self._lives == 0 and not self._after):
            await self._die()
        result = await self._engine.write(fn, *args, **kwargs)
        if self._lives == 0:
            await self._die()
        self._lives -= 1
        return result

    async def write_together(self, fn, item):
        return (await self.write(fn, [item]))[0]

    async def _die(self):
        self.dead.set()
        await asyncio.Event().wait()


async def first_life(tmp_path, node, engine):
    """Work until the commit at which the process dies; False when it lived to the end."""

    async def live():
        await node.manager.settle()
        for _ in range(4):
            await node.push(600)
        await node.courier.close()

    work = asyncio.create_task(live())
    death = asyncio.create_task(engine.dead.wait())
    await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
    survived = work.done()
    for task in (work, death, *node.manager._jobs, *node.courier._pool._leaving):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await node.courier._pool.close()  # the dead write nothing any more
    return survived


async def lives(tmp_path, commits, after):
    replies = {"RCPT later@one.example": ["451 4.7.1 later", "250 Ok"], "RCPT never@one.example": "550 5.1.1 no"}
    async with FakeMx(replies=replies) as mx:
        plain = Sending(tmp_path, {"mx1": mx})
        engine = DyingEngine(plain.home.engine, commits, after)
        home = Home(
            engine,
            plain.home.digests,
            plain.home.blobs,
            plain.home.data,
            Errands(engine, plain.home.blobs),
            plain.home.tallies,
        )
        mortal = Sending(tmp_path, {"mx1": mx}, home=home)
        number = mortal.queue(*ADDRESSES)
        survived = await first_life(tmp_path, mortal, engine)
        second = Sending(tmp_path, {"mx1": mx}, home=plain.home)
        second.clock.push(4 * 600 + LEASE_S)
        for _ in range(6):
            await second.push(600)
        await second.courier.close()
        found = second.states(number), second.events(number), second.inbox(), mx.letters, survived
        plain.home.close()
        return found


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("commits", range(14))
def test_whenever_the_process_dies_everybody_gets_the_letter_or_the_news(tmp_path, commits, after):
    states, events, inbox, letters, _ = run(lives(tmp_path, commits, after))
    assert states == ["done", "done", "bounced"]
    said = " ".join(" ".join(got.recipients) for got in letters)
    assert "good@" in said
    assert "later@" in said
    assert len(letters) <= 3  # at most one copy more
    bounces = [letter for letter in inbox if parse_report(letter).recipients[0].action == "failed"]
    assert len(bounces) == 1
    told = {n: [type(e) for e in events if getattr(e, "recipient", 0) == n] for n in (1, 2, 3)}
    assert (told[1][0], told[1][-1]) == (Queued, Delivered)
    assert told[2][-1] is Delivered
    assert told[3][-2:] == [Failed, Bounced]


def test_the_scenario_has_fewer_commits_than_deaths_tried(tmp_path):
    *_, survived = run(lives(tmp_path, 13, True))
    assert survived
