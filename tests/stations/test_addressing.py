"""The index of letters by whom they were for is filled when nobody else has anything to write, or when it is much."""

import asyncio

import pytest

from kit.sending import run
from kit.stored import letter, relaying, take
from pyeonji.daemon.addressing import Addressing
from pyeonji.store import addressed
from pyeonji.store.home import open_home


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    yield home
    home.close()


def looks(home, *before):
    """How many letters are noted after each look; `before` is done before it."""

    async def go():
        addressing, noted = Addressing(home), []
        for do in before:
            do()
            await addressing.look()
            noted.append(home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM unaddressed"))[0])
        return noted

    return run(go())


def test_letters_that_come_are_left_alone_until_none_came_for_a_while(home):
    comes, nothing = lambda: take(home, letter(relaying())), lambda: None
    assert looks(home, nothing, comes, comes, comes, nothing, nothing, comes, nothing) == [0, 1, 2, 3, 0, 0, 1, 0]


def test_many_are_filled_in_at_once_however_fast_they_come(home, monkeypatch):
    monkeypatch.setattr(addressed, "STEP", 3)
    comes = lambda: take(home, letter(relaying()))  # noqa: E731
    assert looks(home, comes, comes, comes) == [1, 2, 0]
    several = lambda: [comes() for _ in range(7)]  # noqa: E731
    assert looks(home, several) == [0]


def test_several_who_want_it_at_once_share_one_filling(home):
    async def go():
        take(home, letter(relaying()))
        return await asyncio.gather(*(home.errands.address() for _ in range(3)))

    assert set(run(go())) <= {0, 1}
    assert home.engine.read_now(addressed.waiting) == (0, 0)
