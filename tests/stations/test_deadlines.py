"""Deadlines of many connections: few timers of the loop, nobody hears too early, and who has gone is not held."""

import asyncio

import pytest

from kit.patience import PATIENCE_S
from pyeonji.net import deadlines
from pyeonji.net.deadlines import Deadlines


class Waiting:
    """Knows when it was told that its time is over."""

    def __init__(self):
        self.rung = asyncio.get_running_loop().create_future()

    def ring(self):
        self.rung.set_result(asyncio.get_running_loop().time())


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 0.5])
def test_nobody_hears_before_the_time_is_over(seconds):
    async def story():
        waiting, now = Waiting(), asyncio.get_running_loop().time()
        moment = Deadlines().put(waiting, seconds)
        assert now + seconds <= moment.when <= now + seconds + 2 * deadlines.SHORT_LATE_S
        rung = await asyncio.wait_for(waiting.rung, PATIENCE_S)
        assert rung >= now + seconds - 0.002  # a loop looks a clock's tick early

    asyncio.run(story())


def test_a_thousand_connections_share_a_timer():
    async def story():
        kept = Deadlines()
        moments = {id(kept.put(Waiting(), 300.0)) for _ in range(1000)}
        assert len(moments) <= 1 + PATIENCE_S / deadlines.LATE_S

    asyncio.run(story())


def test_who_has_gone_hears_nothing_and_the_others_do():
    async def story():
        kept, gone, here = Deadlines(), Waiting(), Waiting()
        kept.put(gone, 0.01).discard(gone)
        kept.put(here, 0.01)
        await asyncio.wait_for(here.rung, PATIENCE_S)
        assert not gone.rung.done()

    asyncio.run(story())


def test_who_is_told_may_wait_again_at_once():
    class Again(Waiting):
        def __init__(self, kept):
            super().__init__()
            self.kept, self.times = kept, 0

        def ring(self):
            self.times += 1
            if self.times == 3:
                super().ring()
            else:
                self.kept.put(self, 0.0)

    async def story():
        kept = Deadlines()
        again = Again(kept)
        kept.put(again, 0.0)
        await asyncio.wait_for(again.rung, PATIENCE_S)

    asyncio.run(story())
