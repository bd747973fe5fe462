"""What every engine knows of how much an account holds (RFC 9208)."""

import pytest

from kit.stored import filing, fill, letter, person, take
from pyeonji.store import directory, quota
from pyeonji.store.quota import NO_LIMITS, Owner, Room


def limit(home, account, octets=0, messages=0):
    home.engine.write_now(quota.set_limits, account.id, octets=octets, messages=messages)


def room(home, account):
    return home.engine.read_now(quota.room, account.id)


def test_what_is_in_all_mailboxes_is_added_up(home):
    kim = person(home)
    assert room(home, kim) == Room(0, 0, 0, 0, 6)
    fill(home, 3)
    size = take(home, letter(filing(home, flags=1))).number and len(letter(filing(home)).content)
    limit(home, kim, octets=1000, messages=7)
    assert room(home, kim) == Room(1000, 7, 4 * size, 4, 6)
    assert home.engine.read_now(quota.room, 999) == NO_LIMITS
    account = home.engine.read_now(directory.account_by_id, kim.id)
    assert (account.quota_octets, account.quota_messages, account.is_limited) == (1000, 7, True)


def test_only_an_account_with_limits_is_looked_at_before_it_gets_mail(home):
    kim = person(home)
    assert home.engine.read_now(directory.inbox, kim.address).room is None
    limit(home, kim, messages=1)
    found = home.engine.read_now(directory.inbox, kim.address).room
    assert found.takes(10**12, 1) and not found.takes(0, 2)


@pytest.mark.parametrize(
    ("found", "octets", "messages", "takes", "percent"),
    [
        (Room(0, 0, 10, 1, 6), 10**15, 10**9, True, 0),
        (Room(100, 0, 80, 1, 6), 20, 1, True, 80),
        (Room(100, 0, 80, 1, 6), 21, 1, False, 80),
        (Room(0, 10, 80, 9, 6), 10**9, 1, True, 90),
        (Room(0, 10, 80, 10, 6), 0, 1, False, 100),
        (Room(100, 10, 90, 5, 6), 10, 6, False, 90),
        (Room(3, 0, 5, 1, 6), 0, 0, False, 166),
    ],
)
def test_there_is_room_below_each_limit(found, octets, messages, takes, percent):
    assert found.takes(octets, messages) is takes
    assert found.per_cent == percent


@pytest.mark.parametrize(
    ("percent", "told", "level"),
    [
        (79, 0, 0), (80, 0, 80), (94, 0, 80), (95, 0, 95), (200, 80, 95), (94, 80, 80), (76, 80, 80), (75, 80, 80),
        (74, 80, 0), (91, 95, 95), (90, 95, 95), (89, 95, 80), (70, 95, 0), (0, 0, 0),
    ],
)  # fmt: skip
def test_a_level_lasts_until_there_is_clearly_more_room(percent, told, level):
    assert Owner(1, "kim@a.test", "ko", told, Room(100, 0, percent, 0, 6)).level == level


def test_who_has_limits_is_found_in_slices_and_told_once(home):
    people = [person(home, f"p{n}@a.test") for n in range(4)]
    for one in people[1:]:
        limit(home, one, messages=1)
    home.engine.write_now(directory.disable, people[3].id, True)
    fill(home, 1, "p1@a.test")
    first = home.engine.read_now(quota.limited, 0, 1)
    rest = home.engine.read_now(quota.limited, first[-1].account_id, 9)
    assert [(owner.address, owner.level) for owner in first + rest] == [("p1@a.test", 95), ("p2@a.test", 0)]
    assert home.engine.write_now(quota.tell, first[0])
    assert not home.engine.write_now(quota.tell, first[0])
    limit(home, people[1])
    (again, _) = home.engine.read_now(quota.limited, 0, 9)
    assert (again.told, again.level) == (95, 0)
