"""Whatever is killed, full, silent or wrong: an app hears of each recipient of its letters exactly once how it ended.

It takes ten seconds and more, because it starts and kills real processes.  `make chaos` runs two simulated days of it.
"""

import asyncio
import json
import os

import pytest

from pyeonji.journey.outcome import ENDED
from stress.chaos import Chaos

pytestmark = pytest.mark.system
HOURS = float(os.environ.get("PYEONJI_CHAOS_HOURS", "4"))
SEED = int(os.environ.get("PYEONJI_CHAOS_SEED", "1"))
STEPS = int(HOURS * 4)  # one each quarter of an hour


async def run(folder):
    async with Chaos(folder, SEED) as chaos:
        await chaos.run(HOURS, STEPS)
        figures = chaos.judge()
        lies_are_noticed(chaos)
        return figures


def lies_are_noticed(chaos):
    """Negative control: an event that is missing, or comes a second time under another name."""
    got = chaos.receiver.got
    last = max(at for at, (_, body) in enumerate(got) if json.loads(body)["type"] == ENDED)
    name, body = got[last]
    for lie in ([*got[:last], *got[last + 1 :]], [*got, (f"{name}0", body)], [*got, (name, body + b" ")]):
        chaos.receiver.got = lie
        with pytest.raises(AssertionError):
            chaos.judge()
    chaos.receiver.got = got


@pytest.mark.timeout(STEPS * 8 + 180)
def test_each_recipient_of_an_app_ends_once_and_the_app_hears_it_once_and_in_order(tmp_path):
    figures = asyncio.run(run(tmp_path))
    print(", ".join(f"{value} {name}" for name, value in figures.items()))
    assert figures["recipients"] > STEPS
    assert figures["kills"] > 0
    assert figures["late"] > 0
