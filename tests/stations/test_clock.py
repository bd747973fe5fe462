"""The clock that the lab and the tests push."""

import asyncio
import contextlib

import pytest

from pyeonji.net.clock import SECOND_US, PushedClock


async def cancelled_as_it_is_pushed(sleeping):
    """Whether a sleeper ends that is cancelled in the very turn in which the clock is pushed."""
    clock = PushedClock()
    task = asyncio.ensure_future(sleeping(clock, clock.now_us() + 40 * SECOND_US))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.push(1)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return bool(done)


async def with_wait_for(clock, instant_us):
    """As it was before: in the loop of a queue, letters waited for forty seconds."""
    while (left := instant_us - clock.now_us()) > 0:
        await asyncio.wait_for(clock._moved.wait(), left / SECOND_US)


def test_who_is_cancelled_while_the_clock_is_pushed_sleeps_no_longer():
    assert asyncio.run(cancelled_as_it_is_pushed(PushedClock.sleep_until))


@pytest.mark.skipif("sys.version_info >= (3, 12)", reason="wait_for is mended there")
def test_the_control_sleeps_on():
    assert not asyncio.run(cancelled_as_it_is_pushed(with_wait_for))


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
        await asyncio.wait_for(task, 5)

    asyncio.run(story())
