"""Whoever dies again and again is waited for longer and longer, and keeps nobody else waiting."""

from contextlib import closing

import pytest

from pyeonji.config.model import Settings
from pyeonji.daemon import supervisor
from pyeonji.daemon.supervisor import INDEXER, MAX_RESTART_S, RESTART_S, Sockets, Supervisor


class Clock:
    """A monotonic clock that is moved."""

    def __init__(self):
        self.now = 1_000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    return clock


@pytest.fixture
def supervising(tmp_path, clock):
    (tmp_path / "run").mkdir()
    sockets = Sockets()
    with closing(sockets):
        made = Supervisor(Settings(data=tmp_path, listeners=()), lambda: None, sockets)
        made.started = []
        made._start = made.started.append
        yield made


def dies(supervising, clock, number, lived):
    """How long it is waited for."""
    supervising._expect(number, clock.now - lived)
    return supervising._due[number] - clock.now


def test_waits_grow_for_one_and_not_for_another(supervising, clock):
    waits = [dies(supervising, clock, INDEXER, 1) for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, MAX_RESTART_S, MAX_RESTART_S, MAX_RESTART_S]
    assert dies(supervising, clock, 0, 1) == 2 * RESTART_S


def test_who_has_lived_long_begins_again_at_once(supervising, clock):
    for _ in range(4):
        dies(supervising, clock, 0, 1)
    assert dies(supervising, clock, 0, MAX_RESTART_S + 1) == RESTART_S


def test_each_begins_again_when_it_is_due(supervising, clock):
    for _ in range(4):
        dies(supervising, clock, INDEXER, 1)
    dies(supervising, clock, 0, 100)
    clock.now += RESTART_S
    supervising._start_due()
    assert supervising.started == [0]
    clock.now += MAX_RESTART_S
    supervising._start_due()
    assert supervising.started == [0, INDEXER]
