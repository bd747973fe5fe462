"""A thing that is looked at again and again is looked at whatever came of the look before."""

import asyncio

from kit.stored import NOW
from pyeonji.daemon.rounds import Rounds
from pyeonji.net.clock import PushedClock

EVERY_S = 3_600.0


def looks(comes_of, *, first_s=0.0, passing=(), pushes=3):
    """When it was looked, in seconds, and which defects were reported; `comes_of` raises or does nothing."""
    seen, told = [], []

    async def story():
        clock = PushedClock(NOW)

        async def look():
            seen.append((clock.now_us() - NOW) // 1_000_000)
            comes_of(len(seen))

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["message"]))
        rounds = Rounds(clock, "looking", look, every_s=EVERY_S, first_s=first_s, passing=passing)
        await rounds.start()
        for _ in range(pushes):
            await settled()
            clock.push(EVERY_S)
        await settled()
        await rounds.stop()
        clock.push(EVERY_S)
        await settled()

    asyncio.run(story())
    return seen, told


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


def raised(error):
    def comes_of(count):
        if count == 2:
            raise error

    return comes_of


def test_it_is_looked_at_once_and_every_hour_until_it_is_stopped():
    assert looks(lambda count: None) == ([0, 3_600, 7_200, 10_800], [])


def test_the_first_look_may_wait():
    assert looks(lambda count: None, first_s=EVERY_S) == ([3_600, 7_200, 10_800], [])


def test_a_defect_is_reported_and_ends_nothing():
    seen, told = looks(raised(KeyError("x")))
    assert len(seen) == 4 and told == ["defect while looking"]


def test_what_passes_by_itself_is_no_defect():
    assert looks(raised(OSError("no room")), passing=(OSError,)) == ([0, 3_600, 7_200, 10_800], [])
