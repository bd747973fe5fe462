"""What every engine keeps of who is signed in with a browser, by what, and of codes said to whoever asks."""

import pytest

from kit.stored import person
from pyeonji.store import administrators, directory, login_links, passkeys, second_factors, support, web_sessions
from pyeonji.store.engine.base import Conflict
from pyeonji.store.passkeys import Passkey
from pyeonji.store.support import SupportCode
from pyeonji.store.web_sessions import IDLE_US, MINUTE_US, WHOLE_US, WebSession

NOW = 1_790_000_000_000_000


def somebody(home, address="kim@a.test"):
    person(home, address)
    return home.engine.read_now(directory.account, address).id


def begun(home, account, digest="d1", at=NOW):
    one = WebSession(digest, account, at, at, at, "192.0.2.1", "Firefox " + "x" * 300)
    home.engine.write_now(web_sessions.begin, one)
    return one._replace(program=one.program[:200])


def test_a_session_lasts_while_it_is_used_and_not_for_ever(home):
    kim = somebody(home)
    one = begun(home, kim)
    find = lambda at: home.engine.read_now(web_sessions.find, "d1", at)  # noqa: E731
    assert find(NOW) == find(NOW + IDLE_US - 1) == one
    assert find(NOW + IDLE_US) is None
    at = NOW
    while at < NOW + WHOLE_US - IDLE_US:
        at += IDLE_US - 1
        home.engine.write_now(web_sessions.seen, "d1", at)
    assert find(NOW + WHOLE_US - 1) is not None and find(NOW + WHOLE_US) is None
    assert home.engine.write_now(web_sessions.forget_over, NOW + WHOLE_US + 1, 10) == 1


def test_a_look_is_written_down_once_a_minute(home):
    kim = somebody(home)
    begun(home, kim)
    home.engine.write_now(web_sessions.seen, "d1", NOW + MINUTE_US)
    assert home.engine.read_now(web_sessions.find, "d1", NOW).seen_us == NOW
    home.engine.write_now(web_sessions.seen, "d1", NOW + MINUTE_US + 1)
    assert home.engine.read_now(web_sessions.find, "d1", NOW).seen_us == NOW + MINUTE_US + 1


def test_one_ends_ones_own_sessions_and_nobody_elses(home):
    kim, lee = somebody(home), somebody(home, "lee@a.test")
    begun(home, kim, "k1"), begun(home, kim, "k2"), begun(home, kim, "k3"), begun(home, lee, "l1")
    assert not home.engine.write_now(web_sessions.end, lee, "k1")
    assert home.engine.write_now(web_sessions.end, kim, "k1")
    assert home.engine.write_now(web_sessions.end_others, kim, "k2") == 1
    assert [one.digest for one in home.engine.read_now(web_sessions.of_account, kim)] == ["k2"]
    assert [one.digest for one in home.engine.read_now(web_sessions.of_account, lee)] == ["l1"]


def test_the_sessions_of_an_account_do_not_grow_without_end_and_go_with_it(home):
    kim = somebody(home)
    for n in range(web_sessions.MOST + 3):
        begun(home, kim, f"d{n}", NOW + n)
    kept = home.engine.read_now(web_sessions.of_account, kim)
    assert len(kept) == web_sessions.MOST and kept[-1].digest == "d3"
    home.engine.write_now(directory.remove_account, kim)
    assert home.engine.read_now(web_sessions.find, "d9", NOW) is None


def test_a_code_by_the_clock_is_good_once_and_none_before_it(home):
    kim = somebody(home)
    home.engine.write_now(second_factors.propose, kim, "AAAA", NOW)
    home.engine.write_now(second_factors.propose, kim, "BBBB", NOW)  # the page was opened again
    assert home.engine.read_now(second_factors.of_account, kim) == ("BBBB", False, 0)
    use = lambda step: home.engine.write_now(second_factors.use, kim, step)  # noqa: E731
    assert [use(10), use(10), use(9), use(11)] == [True, False, False, True]
    home.engine.write_now(second_factors.propose, kim, "CCCC", NOW)
    assert home.engine.read_now(second_factors.of_account, kim) == ("BBBB", True, 11)


def test_a_recovery_code_is_good_once(home):
    kim, lee = somebody(home), somebody(home, "lee@a.test")
    home.engine.write_now(second_factors.set_recovery_codes, kim, ["a", "b"])
    use = lambda who, code: home.engine.write_now(second_factors.use_recovery_code, who, code)  # noqa: E731
    assert [use(lee, "a"), use(kim, "a"), use(kim, "a")] == [False, True, False]
    assert home.engine.read_now(second_factors.recovery_codes_left, kim) == 1
    home.engine.write_now(second_factors.remove, kim)
    assert home.engine.read_now(second_factors.recovery_codes_left, kim) == 0


def test_a_passkey_answers_no_challenge_from_before_its_last_use(home):
    kim = somebody(home)
    one = Passkey("c1", kim, "phone", "cose", 0, NOW, 0)
    assert home.engine.write_now(passkeys.add, one)
    with pytest.raises(Conflict):
        home.engine.write_now(passkeys.add, one)
    use = lambda asked, now: home.engine.write_now(passkeys.use, "c1", 5, asked, now)  # noqa: E731
    assert [use(NOW + 1, NOW + 9), use(NOW + 1, NOW + 10), use(NOW + 9, NOW + 11), use(NOW + 10, NOW + 12)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert home.engine.read_now(passkeys.find, "c1").counter == 5
    assert not home.engine.write_now(passkeys.remove, kim + 1, "c1")
    assert home.engine.write_now(passkeys.remove, kim, "c1")


def test_a_login_link_is_good_once_and_for_minutes(home):
    kim = somebody(home)
    home.engine.write_now(login_links.add, "old", kim, NOW, NOW + 100)
    home.engine.write_now(login_links.add, "new", kim, NOW, NOW + 100)
    use = lambda digest, at: home.engine.write_now(login_links.use, digest, at)  # noqa: E731
    assert use("old", NOW) == 0
    assert [use("new", NOW + 99), use("new", NOW + 99)] == [kim, 0]
    home.engine.write_now(login_links.add, "late", kim, NOW, NOW + 100)
    assert use("late", NOW + 100) == 0


def test_an_administrator_is_one_until_told_otherwise(home):
    kim = somebody(home)
    is_one = lambda: home.engine.read_now(administrators.is_administrator, kim)  # noqa: E731
    assert not is_one()
    for _ in range(2):
        home.engine.write_now(administrators.set_administrator, kim, True)
    assert is_one() and home.engine.read_now(administrators.administrators) == {kim}
    home.engine.write_now(administrators.set_administrator, kim, False)
    assert not is_one()


def test_a_support_code_is_told_to_its_app_to_the_administrator_and_by_its_link(home):
    made = SupportCode("K7M32QXD9TAB", 3, 77, ("minsu@school.example",), NOW)
    nothing = SupportCode("Z7M32QXD9TAB", 3, 0, (), NOW)
    home.engine.write_now(support.add, made, "link")
    home.engine.write_now(support.add, nothing)
    find = lambda code, app: home.engine.read_now(support.find, code, app)  # noqa: E731
    assert find(made.code, 3) == find(made.code, None) == made
    assert find(nothing.code, 3) == nothing
    assert find(made.code, 4) is None
    assert home.engine.read_now(support.by_link, "link") == made
    assert home.engine.read_now(support.by_link, "") is None
    assert home.engine.write_now(support.forget_before, NOW + 1, 10) == 2
