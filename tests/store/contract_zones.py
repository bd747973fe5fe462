"""What was bad in the DNS, on every engine: apps are told of a change once, whoever finds it and however often."""

import pytest

from kit.stored import NOW, person
from pyeonji.store import apps, directory, meta, told, zones
from pyeonji.store.engine.base import Conflict

OK, BAD = "domain.check_ok", "domain.check_failed"


def app(home, name, address):
    account = home.engine.read_now(directory.account, address) or person(home, address)
    return home.engine.write_now(apps.add, name, account.id, NOW)


def heard(home, app_id):
    return [(one.type, one.facts["records"]) for one in home.engine.read_now(told.after, app_id, 0, 100)]


LOOKS = [
    ([{"mx": True, "spf": True}], []),
    ([{"mx": False}], [(BAD, ["mx"])]),
    ([{"mx": False}, {"mx": False}, {"mx": False}], [(BAD, ["mx"])]),
    ([{"mx": False}, {"mx": True}, {"mx": True}], [(BAD, ["mx"]), (OK, [])]),
    ([{"mx": False}, {"mx": None}, {"mx": True}], [(BAD, ["mx"]), (OK, [])]),
    ([{"mx": None}, {"mx": True}], []),
    ([{"mx": False}, {"mx": False, "spf": False}], [(BAD, ["mx"]), (BAD, ["mx", "spf"])]),
    ([{"mx": False, "spf": False}, {"mx": False, "spf": True}, {"mx": True, "spf": True}],
     [(BAD, ["mx", "spf"]), (OK, [])]),
    ([{"mx": False, "spf": True}, {"mx": True, "spf": False}], [(BAD, ["mx"]), (BAD, ["spf"])]),
    ([{"sts": False, "mx": True}, {"mx": True}], [(BAD, ["sts"]), (OK, [])]),  # it is wanted no more
    ([{"ptr": False, "mx": True}, {"mx": True}], [(BAD, ["ptr"])]),  # this look did not ask for it
    ([{"ptr": False}, {"mx": False}, {"mx": True}, {"ptr": True, "mx": True}],
     [(BAD, ["ptr"]), (BAD, ["mx", "ptr"]), (OK, [])]),
]  # fmt: skip


@pytest.mark.parametrize(("looks", "news"), LOOKS)
def test_a_record_that_turned_is_told_once(home, looks, news):
    board = app(home, "board", "kim@a.test")
    for look in looks:
        home.engine.write_now(zones.note, "a.test", look, NOW)
    assert heard(home, board) == news


def test_who_hears_of_it(home):
    own, other = app(home, "board", "kim@a.test"), app(home, "shop", "lee@b.test")
    tester, chief = app(home, "tester", "lee@b.test"), app(home, "chief", "lee@b.test")
    home.engine.write_now(apps.add_key, tester, "d1", "pj_test_x", NOW, scopes=("admin",), test=True)
    home.engine.write_now(apps.add_key, other, "d2", "pj_live_x", NOW, scopes=("send", "manage"))
    home.engine.write_now(apps.add_key, chief, "d3", "pj_live_y", NOW, scopes=("read", "admin"))
    home.engine.write_now(zones.note, "a.test", {"mx": False}, NOW)
    assert [bool(heard(home, one)) for one in (own, other, tester, chief)] == [True, False, False, True]


def test_of_two_who_found_it_at_the_same_time_one_tells(home):
    board = app(home, "board", "kim@a.test")
    name = meta.BAD_RECORDS + "a.test"
    home.engine.write_now(zones.note, "a.test", {"mx": False}, NOW)
    assert not home.engine.write_now(meta.replace, name, "", "mx")
    assert home.engine.write_now(meta.replace, name, "mx", "")
    assert len(heard(home, board)) == 1


def test_a_domain_that_comes_back_begins_anew(home):
    app(home, "board", "kim@a.test")
    if not home.engine.read_now(directory.domain_exists, "c.test"):
        home.engine.write_now(directory.add_domain, "c.test", NOW)
    home.engine.write_now(zones.note, "c.test", {"mx": False}, NOW)
    assert home.engine.read_now(zones.bad, "c.test") == {"mx"}
    assert home.engine.write_now(directory.remove_domain, "c.test")
    assert home.engine.read_now(zones.bad, "c.test") == frozenset()


def test_a_domain_with_accounts_stays_and_so_does_what_was_bad(home):
    app(home, "board", "kim@a.test")
    home.engine.write_now(zones.note, "a.test", {"mx": False}, NOW)
    with pytest.raises(Conflict):
        home.engine.write_now(directory.remove_domain, "a.test")
    assert home.engine.read_now(zones.bad, "a.test") == {"mx"}
