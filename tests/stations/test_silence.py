"""How long a domain that does not say what it wants is waited for."""

from datetime import timedelta

import pytest

from pyeonji.filters import silence
from pyeonji.filters.silence import Silence
from pyeonji.net.clock import PushedClock

HOUR = timedelta(hours=1)


def waited_for(*steps):
    """Is it waited for, at each of these instants (hours; None: it answers)?"""
    clock = PushedClock(0)
    memory, answers = Silence(clock, timedelta(hours=24)), []
    at = 0
    for step in steps:
        if step is None:
            memory.broken("a.test")
            continue
        clock.push(timedelta(hours=step - at).total_seconds())
        at = step
        answers.append(memory.met("a.test"))
    return answers


@pytest.mark.parametrize(
    ("steps", "answers"),
    [
        ((0, 1, 23), [True, True, True]),
        ((0, 12, 24, 30), [True, True, False, False]),
        ((0, 12, None, 24), [True, True, True]),  # it has answered meanwhile
        ((0, 12, 24, 49), [True, True, False, True]),  # nobody has noticed anything for a day
    ],
)
def test_silence_is_waited_for_a_day_and_no_longer(steps, answers):
    assert waited_for(*steps) == answers


def test_so_many_silent_domains_are_remembered_and_no_more(monkeypatch):
    monkeypatch.setattr(silence, "MAX_DOMAINS", 2)
    clock = PushedClock(0)
    memory = Silence(clock, HOUR)
    for name in ("a.test", "b.test", "c.test"):
        memory.met(name)
    clock.push(3_600)
    assert [memory.met(name) for name in ("c.test", "b.test", "a.test")] == [False, False, True]
