"""What every engine remembers of strangers who write for the first time."""

import pytest

from pyeonji.store import greylist
from pyeonji.store.greylist import Attempt, Times, bound, met

SECOND = 1_000_000
START = 1_790_000_000_000_000
TIMES = Times(300 * SECOND, 86_400 * SECOND, 36 * 86_400 * SECOND)
ONE = Attempt("192.0.2.0/24", "far.test", "kim@a.test")


def at(home, seconds, attempt=ONE):
    return home.engine.write_now(met, attempt, TIMES, START + seconds * SECOND)


def rows(home):
    return home.engine.read_now(lambda tx: tx.all("SELECT network, domain, recipient FROM greylist ORDER BY 1, 2, 3"))


def test_who_comes_again_in_time_is_known(home):
    assert at(home, 0) == ("first", 300)
    assert at(home, 60) == ("early", 240)
    assert at(home, 299) == ("early", 1)
    assert at(home, 300) == ("passed", 0)
    assert at(home, 301, Attempt(ONE.network, ONE.domain, "lee@a.test")) == ("known", 0)


def test_who_comes_again_too_late_begins_anew(home):
    at(home, 0)
    assert at(home, 86_401) == ("first", 300)


def test_who_is_known_stays_so_while_letters_come(home):
    at(home, 0)
    at(home, 300)
    for day in (30, 60, 90):
        assert at(home, day * 86_400) == ("known", 0)
    assert at(home, (90 + 37) * 86_400) == ("first", 300)


@pytest.mark.parametrize(
    "other",
    [
        Attempt("198.51.100.0/24", "far.test", "kim@a.test"),
        Attempt("192.0.2.0/24", "evil.test", "kim@a.test"),
        Attempt("192.0.2.0/24", "far.test", "lee@a.test"),
        Attempt("spf", "far.test", "kim@a.test"),
    ],
)
def test_a_first_attempt_is_good_for_nobody_else(home, other):
    at(home, 0)
    assert at(home, 301, other) == ("first", 300)


def test_what_is_expired_goes_with_what_comes(home):
    at(home, 0)
    at(home, 2 * 86_400, Attempt("198.51.100.0/24", "far.test", "kim@a.test"))
    assert [row[0] for row in rows(home)] == ["198.51.100.0/24"]


def test_one_network_is_not_remembered_without_end(home, monkeypatch):
    monkeypatch.setattr(greylist, "MAX_WAITING", 5)
    for number in range(20):
        assert at(home, 0, Attempt(ONE.network, f"{number}.test", "kim@a.test")) == ("first", 300)
    assert len(rows(home)) == 5
    assert at(home, 1, Attempt("198.51.100.0/24", "far.test", "kim@a.test")) == ("first", 300)
    assert len(rows(home)) == 6  # another network has its own room


def test_all_networks_together_neither(home):
    for number in range(20):
        at(home, number, Attempt(f"10.0.{number}.0/24", "far.test", "kim@a.test"))
    assert home.engine.write_now(bound, 15) == 5
    assert sorted(int(row[0].split(".")[2]) for row in rows(home)) == list(range(5, 20))
    assert home.engine.write_now(bound, 15) == 0
