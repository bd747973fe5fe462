"""What one worker says all others hear, however busy they are, and whenever they began."""

import asyncio
import contextlib
import socket

from pyeonji.net.bus import MAX_LATE, Bus

MISSED = b"*"
PATIENCE_S = 30.0
BURST = 100  # messages in one turn of the loop: ten times what the kernel keeps for one who does not read


class Worker:
    """One place on the bus, and what it heard."""

    def __init__(self, folder, number: int) -> None:
        self.said: list[bytes] = []
        self.bus = Bus(folder, number, self._heard, MISSED)
        self._news = asyncio.Event()

    def _heard(self, message: bytes) -> None:
        self.said.append(message)
        self._news.set()

    async def heard(self, last: bytes) -> list[bytes]:
        """All it heard up to this word."""
        async with asyncio.timeout(PATIENCE_S):
            while last not in self.said:
                self._news.clear()
                await self._news.wait()
        return self.said


def together(folder, numbers, what) -> None:
    """`what` with so many workers that have begun."""

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            workers = [Worker(folder, number) for number in numbers]
            for worker in workers:
                await worker.bus.start()
                stack.push_async_callback(worker.bus.stop)
            await what(*workers)
        assert not list(folder.iterdir())

    asyncio.run(run())


def burst(worker: Worker, count: int = BURST) -> list[bytes]:
    words = [b"m%d" % number for number in range(count)]
    for word in words:
        worker.bus.tell(word)
    return words


def test_whoever_is_busy_hears_everything_afterwards_in_the_order_in_which_it_was_said(tmp_path):
    async def talk(one: Worker, other: Worker, third: Worker) -> None:
        words = burst(one)
        assert await other.heard(words[-1]) == words
        assert await third.heard(words[-1]) == words
        assert one.said == []

    together(tmp_path, (0, 1, 2), talk)


def test_whoever_is_behind_by_hundreds_hears_that_it_has_missed_something(tmp_path):
    async def talk(one: Worker, other: Worker) -> None:
        words = burst(one, 2 * MAX_LATE)
        one.bus.tell(b"last")
        said = await other.heard(b"last")
        known = said.index(MISSED)
        assert said[:known] == words[:known]
        assert len(said) < len(words)

    together(tmp_path, (0, 1), talk)


def test_who_begins_is_known_before_it_serves_anybody(tmp_path):
    async def talk(one: Worker) -> None:
        for number in range(1, 20):
            one.bus.tell(b"those who are there")
            newer = Worker(tmp_path, number)
            await newer.bus.start()
            one.bus.tell(b"all")
            assert await newer.heard(b"all") == [b"all"]
            await newer.bus.stop()

    together(tmp_path, (0,), talk)


def test_of_two_with_one_number_the_older_takes_nothing_along_when_it_goes(tmp_path):
    async def talk(speaker: Worker, older: Worker, newer: Worker) -> None:
        speaker.bus.tell(b"both")
        assert await older.heard(b"both") == await newer.heard(b"both")
        await older.bus.stop()
        speaker.bus.tell(b"one")
        assert await newer.heard(b"one") == [b"both", b"one"]

    together(tmp_path, (0, 1, 1), talk)


def test_the_last_words_of_one_that_stops_are_heard_by_who_is_busy(tmp_path):
    async def talk(one: Worker, other: Worker) -> None:
        words = burst(one)
        await one.bus.stop()
        assert await other.heard(words[-1]) == words

    together(tmp_path, (0, 1), talk)


def test_the_place_of_a_worker_that_was_killed_is_cleared_away_and_holds_nobody_up(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(tmp_path / "worker-7-0000.sock"))

    async def talk(one: Worker, other: Worker) -> None:
        words = burst(one)
        assert await other.heard(words[-1]) == words

    together(tmp_path, (0, 1), talk)
