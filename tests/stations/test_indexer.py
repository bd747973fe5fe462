"""The indexer: newest letters first, one step after the other, and a death at any instant costs nothing."""

import asyncio
import os
import signal

import pytest

from kit.patience import PATIENCE_S
from kit.stored import BODY, NOW, filing, fill, letter, person, take
from pyeonji.acceptance.wake import Wake
from pyeonji.daemon.indexing import BUSY, PATIENCE, PAUSE_S, Indexing
from pyeonji.net.clock import PushedClock, SystemClock
from pyeonji.search import indexer
from pyeonji.search.indexer import STEP, Indexer, strike_out
from pyeonji.store import digests, entries
from pyeonji.store.home import open_home
from pyeonji.store.sweep import DAY_US, sweep
from pyeonji.store.verify import verify


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path, create=True, synchronous="OFF")
    person(home)
    yield home
    home.close()


def noted(home):
    return home.engine.read_now(digests.noted, 10_000)


def held(home, numbers):
    return home.digests.read_now(digests.held, numbers)


def test_the_newest_letters_come_first(home):
    numbers = fill(home, STEP + 10)
    indexer = Indexer(home)
    assert indexer.step() == STEP
    assert held(home, numbers) == set(numbers[10:])
    assert strike_out(home) == STEP
    assert noted(home) == numbers[:10][::-1]
    later = take(home, letter(filing(home))).number
    assert indexer.step() == 11
    assert held(home, [later]) == {later}
    assert indexer.step() == 0


def test_a_step_is_no_larger_than_a_few_megabytes(home, monkeypatch):
    monkeypatch.setattr(indexer, "STEP_OCTETS", 100)
    fill(home, 3, content=BODY + b"x" * 60)
    worker = Indexer(home)
    assert [worker.step() for _ in range(4)] == [1, 1, 1, 0]


def test_letters_that_are_not_struck_out_yet_are_not_made_again(home):
    numbers = fill(home, indexer.LOOK + 5)
    worker = Indexer(home)
    while worker.step():
        pass
    assert noted(home) == numbers[::-1]
    assert worker.step() == 0
    assert strike_out(home) == len(numbers)
    assert noted(home) == []


def test_a_letter_that_cannot_be_read_is_passed_over(home):
    one, two = fill(home, 2)
    home.engine.write_now(lambda tx: tx.run("UPDATE content SET codec = 1 WHERE id = 1"))
    worker = Indexer(home)
    assert [worker.step(), worker.step()] == [2, 0]
    assert held(home, [one, two]) == {two}


def test_digests_of_letters_whose_octets_went_are_dropped(home):
    one, two = fill(home, 2)
    while Indexer(home).step():
        pass
    strike_out(home)
    home.engine.write_now(entries.expunge, 1, [1], now_us=NOW, account="kim@a.test")
    home.engine.write_now(lambda tx: tx.run("DELETE FROM removed"))
    swept = sweep(home, NOW + 40 * DAY_US)
    assert (swept.freed, swept.digests) == (1, 1)
    assert held(home, [one, two]) == {two}
    assert verify(home) == []
    digests.agree(home.engine, home.digests)
    assert noted(home) == []


def test_it_works_whenever_letters_were_filed(home):
    asyncio.run(at_work(home))


async def at_work(home):
    wake, made = Wake(), asyncio.Event()
    indexing = Indexing(home, SystemClock(), wake, made.set)
    await indexing.start()
    number = take(home, letter(filing(home))).number
    wake.tell_mailboxes([1])
    await asyncio.wait_for(made.wait(), PATIENCE_S)
    await indexing.stop()
    assert held(home, [number]) == {number}


def test_while_letters_come_in_fast_it_waits_for_a_calm_second(home):
    asyncio.run(in_a_hurry(home))


async def in_a_hurry(home):
    clock, wake, made = PushedClock(NOW), Wake(), asyncio.Event()
    indexing = Indexing(home, clock, wake, made.set)
    for number in fill(home, BUSY):
        wake.tell_mailboxes([number])
    await indexing.start()
    for _ in range(3):
        clock.push(PAUSE_S)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert indexer.Indexer(home).step() == BUSY  # nobody has made them yet
    late = take(home, letter(filing(home))).number
    clock.push(1)
    await asyncio.wait_for(made.wait(), PATIENCE_S)
    assert held(home, [late]) == {late}
    await indexing.stop()


def test_when_it_never_becomes_calm_it_goes_on_slowly(home):
    asyncio.run(always_in_a_hurry(home))


async def always_in_a_hurry(home):
    clock, wake, made = PushedClock(NOW), Wake(), asyncio.Event()
    indexing = Indexing(home, clock, wake, made.set)
    fill(home, BUSY)
    await indexing.start()
    for pauses in range(PATIENCE):
        assert not made.is_set(), pauses
        for _ in range(BUSY):
            wake.tell_mailboxes([1])
        await asyncio.sleep(0)
        clock.push(PAUSE_S)
    await asyncio.wait_for(made.wait(), PATIENCE_S)
    clock.push(1)
    await indexing.stop()


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_killed_at_any_instant_it_leaves_a_store_that_mends_itself(tmp_path, steps):
    home = open_home(tmp_path, create=True, synchronous="OFF")
    person(home)
    numbers = fill(home, 5 * STEP, content=BODY + "회의 자료를 보냅니다 ".encode() * 200)
    home.close()
    came, went = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mortal = open_home(tmp_path, create=False, synchronous="OFF")
            worker = Indexer(mortal)
            while worker.step():
                os.write(went, b".")
        finally:
            os._exit(0)
    for _ in range(steps):
        os.read(came, 1)
    os.kill(child, signal.SIGKILL)  # within the step after it
    os.waitpid(child, 0)
    home = open_home(tmp_path, create=False, synchronous="OFF")
    assert verify(home) == []
    before = held(home, numbers)
    assert len(before) >= steps * STEP
    worker = Indexer(home)
    while worker.step():
        pass
    strike_out(home)
    assert held(home, numbers) == set(numbers)
    assert noted(home) == [] == verify(home)
    home.close()
