"""Counts that all workers share: exact together, alone in their windows, and never a bar for another's doing."""

import random
import subprocess
import sys

import pytest

from pyeonji.net.clock import PushedClock
from pyeonji.store import tallies
from pyeonji.store.home import open_home
from pyeonji.store.tallies import PLACES, TABLES, Tallies
from pyeonji.web.api.keys import Rates
from pyeonji.web.api.problem import Problem
from pyeonji.web.journey.acts import Pace, TooSoon

MINUTE_US = 60_000_000
COUNTS = """
import sys
from pathlib import Path
from pyeonji.store.tallies import Tallies
tallies = Tallies(Path(sys.argv[1]))
for line in sys.stdin:
    name, window, times = line.split(chr(9))
    print([tallies.add(name, int(window)) for _ in range(int(times))][-1], flush=True)
"""


@pytest.fixture
def other(tmp_path):
    """Counts in a process of its own; the last total it saw."""
    running = []

    def began(path=tmp_path / "tallies"):
        process = subprocess.Popen(
            [sys.executable, "-c", COUNTS, str(path)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        running.append(process)

        def add(name, window, times=1):
            process.stdin.write(f"{name}\t{window}\t{times}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        add.process = process
        return add

    yield began
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def ours(tmp_path):
    opened = Tallies(tmp_path / "tallies")
    yield opened
    opened.close()


def test_workers_count_together_and_each_window_for_itself(ours, other):
    one, two = other(), other()
    assert [ours.add("app 1", 7) for _ in range(3)] == [1, 2, 3]
    assert one("app 1", 7, 5) == 8
    assert two("app 1", 7) == 9
    assert ours.add("app 1", 7) == 10
    assert ours.add("app 2", 7) == 1
    assert one("app 1", 8) == 1
    assert ours.add("app 1", 8) == 2
    assert ours.latest("app 1") == 8 and ours.latest("nobody") == 0


def test_what_a_killed_worker_counted_counts_on(ours, other):
    one = other()
    one("app 1", 7, 5)
    one.process.kill()
    one.process.wait()
    assert ours.add("app 1", 7) == 6
    assert other()("app 1", 7) == 7  # whoever comes next takes its table over
    assert ours.add("app 1", 7) == 8


def test_of_too_many_names_counts_are_lost_and_none_is_made(ours):
    """A limit may be late; it never bars who did nothing."""
    for number in range(3 * PLACES):
        assert ours.add(f"stranger {number}", 7) == 1
    assert ours.add("app 1", 7) == 1


def test_against_a_plain_count(ours):
    chance, plain = random.Random(5), {}
    for _ in range(5_000):
        name, window = f"n{chance.randrange(50)}", chance.randrange(3)
        known = plain.get(name)
        plain[name] = (window, known[1] + 1 if known and known[0] == window else 1)
        assert ours.add(name, window) == plain[name][1]


def test_a_name_has_one_place_wherever_that_is(ours):
    """Also at the very beginning of the table: more than one would take those of its neighbours."""
    first = next(name for name in map(str, range(100_000)) if tallies._places(name)[1][0] == 0)
    assert [ours.add(first, 7) for _ in range(20)] == list(range(1, 21))
    assert len(tallies._all(ours._opened(), *tallies._places(first))) == 1


def test_without_the_file_a_process_counts_for_itself(tmp_path):
    alone = Tallies(tmp_path / "not there" / "tallies")
    assert [alone.add("app 1", 7) for _ in range(2)] == [1, 2]
    alone.close()


def test_more_processes_than_tables_lose_counts_and_nothing_else(tmp_path, monkeypatch, other, ours):
    ours.add("app 1", 7)
    others = [other() for _ in range(TABLES + 1)]
    for add in others:
        assert add("app 1", 7) >= 1


def test_the_file_is_for_its_owner_alone(ours, tmp_path):
    ours.add("app 1", 7)
    found = (tmp_path / "tallies").stat()
    assert (found.st_mode & 0o077, found.st_size) == (0, tallies.SIZE)


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").touch()
    (tmp_path / "tallies").symlink_to(tmp_path / "elsewhere")
    alone = Tallies(tmp_path / "tallies")
    assert (alone.add("app 1", 7), (tmp_path / "elsewhere").stat().st_size) == (1, 0)
    alone.close()


# ── what is limited by them ──


@pytest.fixture
def home(tmp_path):
    opened = open_home(tmp_path / "data", create=True, synchronous="OFF")
    yield opened
    opened.close()


def test_an_app_is_answered_so_often_by_all_workers_together(home, other):
    clock = PushedClock(30 * MINUTE_US)
    rates = Rates(clock, home.tallies)
    rates.count("app 1", 4)
    assert (
        other(home.data / "run" / "tallies")("app 1", clock.now_us() // MINUTE_US, 3) == 4
    )  # another worker's answers
    with pytest.raises(Problem) as refused:
        rates.count("app 1", 4)
    assert refused.value.code == "too_fast" and 0 < int(refused.value.headers["retry-after"]) <= 60
    rates.count("app 2", 4)
    clock.push(60)
    rates.count("app 1", 4)


def test_a_destination_is_tried_so_often_by_all_workers_and_pages_together(home, other):
    clock = PushedClock(30 * MINUTE_US)
    letters, queue = Pace(clock, home.tallies), Pace(clock, home.tallies, MINUTE_US)
    letters.ask("b.test")
    other(home.data / "run" / "tallies")("try c.test", clock.now_us())
    for pace in (letters, queue):
        for domain in ("b.test", "c.test"):
            with pytest.raises(TooSoon):
                pace.ask(domain)
    clock.push(31)
    with pytest.raises(TooSoon):
        queue.ask("b.test")
    letters.ask("b.test")
