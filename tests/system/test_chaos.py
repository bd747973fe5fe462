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
POSTGRES_HOURS = 8.0  # at most


async def run(hours, chaos):
    async with chaos:
        await chaos.run(hours, int(hours * 4))  # a step each quarter of an hour
        figures = chaos.judge()
        lies_are_noticed(chaos)
        return figures


def lies_are_noticed(chaos):
    """Negative control: an event that is missing, or comes a second time under another name."""
    got = chaos.receiver.got
    name, body = next(one for one in reversed(got) if json.loads(one[1])["type"] == ENDED)
    missing = [one for one in got if one[0] != name]  # after a kill it may have come twice
    for lie in (missing, [*got, (f"{name}0", body)], [*got, (name, body + b" ")]):
        chaos.receiver.got = lie
        with pytest.raises(AssertionError):
            chaos.judge()
    chaos.receiver.got = got


def survived(hours, chaos):
    figures = asyncio.run(run(hours, chaos))
    print(", ".join(f"{value} {name}" for name, value in figures.items()))
    assert figures["recipients"] > hours * 4
    assert figures["kills"] > 0
    assert figures["late"] > 0


@pytest.mark.timeout(HOURS * 32 + 180)
def test_each_recipient_of_an_app_ends_once_and_the_app_hears_it_once_and_in_order(tmp_path):
    survived(HOURS, Chaos(tmp_path, SEED))


@pytest.mark.timeout(HOURS * 64 + 180)
def test_the_same_with_three_workers_one_of_which_is_killed_at_a_time(tmp_path):
    survived(HOURS / 2, Chaos(tmp_path, SEED, workers=3))


@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_the_same_with_two_workers_on_postgres(tmp_path, postgres_schema_url):
    survived(min(HOURS, POSTGRES_HOURS) / 2, Chaos(tmp_path, SEED, workers=2, engine_url=postgres_schema_url))
