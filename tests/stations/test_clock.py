"""The clock that the lab and the tests push, and resting until there is news."""

import asyncio
import contextlib
import re
from pathlib import Path

import pytest

import pyeonji
from kit.patience import PATIENCE_S
from pyeonji.net.clock import SECOND_US, PushedClock, rest

SOURCES = Path(pyeonji.__path__[0])
LONG_S = 40.0
before_312 = pytest.mark.skipif("sys.version_info >= (3, 12)", reason="wait_for is mended there")


async def ends(sleeping, news, *, turns):
    """Whether who sleeps ends when he is cancelled so many turns of the loop after there was news."""
    task = asyncio.ensure_future(sleeping)
    for _ in range(3):
        await asyncio.sleep(0)
    news()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return bool(done)


async def again_and_again(resting):
    """As all our loops do; whether it ends when it is cancelled in each of the turns around the news."""
    ended = []
    for turns in range(4):
        news = asyncio.Event()

        async def looking(news=news):
            while True:
                await resting(news, LONG_S)
                news.clear()

        ended.append(await ends(looking(), news.set, turns=turns))
    return ended


async def with_wait_for(news, seconds):
    """As it was before: an old worker went on for ever now and then, and letters in the lab waited forty seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), seconds)


def test_who_is_cancelled_as_the_news_come_rests_no_longer():
    assert asyncio.run(again_and_again(rest)) == [True] * 4


@before_312
def test_the_control_goes_on_for_ever():
    assert not all(asyncio.run(again_and_again(with_wait_for)))


def test_who_is_cancelled_as_his_time_is_over_rests_no_longer():
    async def story():
        async def looking():
            while True:
                await rest(asyncio.Event(), 0)

        return [await ends(looking(), lambda: None, turns=turns) for turns in range(4)]

    assert asyncio.run(story()) == [True] * 4


def test_no_server_waits_in_the_way_that_forgets_being_cancelled():
    """The commands may: there the whole process ends."""
    found = [
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if re.search(r"\basyncio\.wait_for\(", path.read_text("utf-8")) and path.relative_to(SOURCES).parts[0] != "cli"
    ]
    assert found == []


def test_who_is_cancelled_while_the_clock_is_pushed_sleeps_no_longer():
    async def story():
        clock = PushedClock()
        sleeping = clock.sleep_until(clock.now_us() + 40 * SECOND_US)
        return await ends(sleeping, lambda: clock.push(1), turns=0)

    assert asyncio.run(story())


def test_who_sleeps_wakes_when_the_clock_is_pushed_far_enough():
    async def story():
        clock = PushedClock(0)
        task = asyncio.ensure_future(clock.sleep(10))
        await asyncio.sleep(0)
        clock.push(9)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        clock.push(1)
        await asyncio.wait_for(task, PATIENCE_S)

    asyncio.run(story())
