"""What every engine keeps of endpoints, of leases and of routes."""

import pytest

from kit.stored import NOW, SECOND, letter, relaying, take
from pyeonji.store import apps, leases, queue, routes, told, webhooks
from pyeonji.store.engine.base import Conflict
from pyeonji.store.sent import Sent
from pyeonji.store.webhooks import Result
from store.contract_told import app

URL = "https://board.example/hooks"


def endpoint(home, app_id, **facts):
    number = home.engine.write_now(webhooks.add, app_id, URL, "whsec_a", NOW, **facts)
    return one(home, number)


def one(home, number):
    return home.engine.read_now(webhooks.numbered, number)


def happens(home, app_id, times=1):
    return [take(home, letter(relaying(), sent=Sent(app_id))).number for _ in range(times)]


def work(home, hook, now=NOW, limit=20):
    return home.engine.read_now(webhooks.work, one(home, hook.id), now, limit)


def conclude(home, hook, found, status=200, due=0, now=NOW):
    results = [Result(task, now, 5, status, "said", due) for task in found.tasks]
    home.engine.write_now(webhooks.conclude, one(home, hook.id), results, found.behind, found.passed, now)


def test_an_endpoint_hears_from_now_on_and_of_its_app_only(home):
    board, shop = app(home), app(home, "shop")
    happens(home, board)
    hook = endpoint(home, board)
    numbers = happens(home, board, 2)
    happens(home, shop)
    found = work(home, hook)
    assert [task.item.message for task in found.tasks] == numbers
    conclude(home, hook, found)
    assert work(home, hook).tasks == ()
    assert home.engine.read_now(webhooks.owed_count, one(home, hook.id)) == 0
    assert home.engine.read_now(apps.numbered, board).verp
    assert not home.engine.read_now(apps.numbered, shop).verp


def test_what_was_not_taken_is_owed_in_the_commit_that_moves_the_cursor(home):
    board = app(home)
    hook = endpoint(home, board)
    happens(home, board)
    found = work(home, hook)
    conclude(home, hook, found, 500, NOW + 5 * SECOND)
    assert one(home, hook.id).passed == found.passed
    assert work(home, hook).tasks == ()
    (task,) = work(home, hook, NOW + 5 * SECOND).tasks
    assert (task.is_owed, task.attempts, task.first_us) == (True, 1, NOW)
    with pytest.raises(ZeroDivisionError):  # the power goes before the commit
        home.engine.write_now(lambda tx: webhooks.conclude(tx, hook, [], (), 10**9, NOW) or 1 / 0)
    assert one(home, hook.id).passed == found.passed
    conclude(home, hook, work(home, hook, NOW + 5 * SECOND), now=NOW + 5 * SECOND)
    assert home.engine.read_now(webhooks.owed_count, one(home, hook.id)) == 0
    log = home.engine.read_now(webhooks.deliveries, hook.id)
    assert [(row.attempt, row.status) for row in log] == [(2, 200), (1, 500)]


def test_a_replay_while_it_is_sent_is_not_undone(home):
    board = app(home)
    hook = endpoint(home, board)
    happens(home, board, 3)
    found = work(home, hook)
    conclude(home, hook, found)
    happens(home, board)
    late, before = work(home, hook), one(home, hook.id)
    assert home.engine.write_now(webhooks.replay, before, 0, NOW) == 4
    results = [Result(task, NOW, 5, 200, "", 0) for task in late.tasks]
    home.engine.write_now(webhooks.conclude, before, results, (), late.passed, NOW)
    assert len(work(home, hook).tasks) == 4


def test_one_event_can_be_given_again(home):
    board = app(home)
    hook = endpoint(home, board)
    happens(home, board)
    conclude(home, hook, work(home, hook))
    (item,) = home.engine.read_now(told.after, board, 0, 10)
    home.engine.write_now(webhooks.replay_one, hook, item, NOW)
    assert [task.item.name for task in work(home, hook).tasks] == [item.name]


def test_the_log_is_bounded(home, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_LOGGED", 3)
    board = app(home)
    hook = endpoint(home, board)
    for _ in range(3):
        happens(home, board, 2)
        conclude(home, hook, work(home, hook))
    assert home.engine.read_now(lambda tx: tx.one("SELECT COUNT(*) FROM webhook_delivery")) == (3,)


def test_a_paused_endpoint_gets_nothing_and_loses_nothing(home):
    board = app(home)
    hook = endpoint(home, board)
    assert home.engine.write_now(webhooks.pause, hook.id, NOW)
    assert not home.engine.write_now(webhooks.pause, hook.id, NOW)
    assert home.engine.read_now(webhooks.active) == []
    happens(home, board)
    home.engine.write_now(webhooks.resume, hook.id, NOW)
    assert len(work(home, hook).tasks) == 1
    assert home.engine.write_now(webhooks.remove, hook.id)
    assert home.engine.read_now(webhooks.every, board) == []
    assert home.engine.read_now(webhooks.secrets, hook.id) is None


def test_a_secret_is_rotated(home):
    hook = endpoint(home, app(home))
    home.engine.write_now(webhooks.rotate, hook.id, "whsec_b", NOW + 5)
    assert home.engine.read_now(webhooks.secrets, hook.id) == ("whsec_b", "whsec_a", NOW + 5)
    home.engine.write_now(lambda tx: tx.run("DELETE FROM webhook_secret"))  # a backup was restored without its key
    home.engine.write_now(webhooks.rotate, hook.id, "whsec_c", NOW + 5)
    assert home.engine.read_now(webhooks.secrets, hook.id) == ("whsec_c", "", 0)
    home.engine.write_now(webhooks.change, hook.id, url=URL + "/2", types=("email.final",))
    assert one(home, hook.id)[2:4] == (URL + "/2", ("email.final",))


def test_a_lease_is_held_by_one_until_it_runs_out(home):
    def take_it(holder, now):
        return home.engine.write_now(leases.take, "work", holder, now, 10)

    assert take_it("a", NOW)
    assert not take_it("b", NOW + 9)
    assert take_it("a", NOW + 9)
    assert not take_it("b", NOW + 18)
    assert take_it("b", NOW + 19)
    assert home.engine.read_now(leases.holds, "work", "b")
    assert not home.engine.read_now(leases.holds, "work", "a")
    home.engine.write_now(leases.give_back, "work", "a")
    assert not take_it("a", NOW + 20)
    home.engine.write_now(leases.give_back, "work", "b")
    assert take_it("a", NOW + 20)
    assert take_it("b", NOW - 1_000)  # the clock was set back: no lease lasts that long


def test_an_address_has_one_route(home):
    board, shop = app(home), app(home, "shop")
    number = home.engine.write_now(routes.add, board, "Answers@A.test", NOW)
    with pytest.raises(Conflict):
        home.engine.write_now(routes.add, shop, "answers@a.test", NOW)
    assert home.engine.read_now(routes.every, board)[0].address == "answers@a.test"
    assert home.engine.read_now(routes.every, shop) == []
    assert not home.engine.write_now(routes.remove, shop, number)
    assert home.engine.write_now(routes.remove, board, number)


def test_an_endpoint_that_asked_to_be_left_alone_gets_nothing_until_then_or_until_a_person_says_so(home):
    board = app(home)
    hook = endpoint(home, board)
    happens(home, board, 2)
    found = work(home, hook)
    rest = NOW + 60 * SECOND
    results = [Result(task, NOW, 5, 429, "said", rest, rest) for task in found.tasks[:1]]
    results += [Result(task, NOW, 5, 200, "said", 0) for task in found.tasks[1:]]
    home.engine.write_now(webhooks.conclude, one(home, hook.id), results, found.behind, found.passed, NOW)
    happens(home, board)
    assert work(home, hook, rest - 1) == ((), (), found.passed, False)
    assert len(work(home, hook, rest).tasks) == 2
    assert len(work(home, hook, NOW - 2 * webhooks.MAX_REST_S * SECOND).tasks) == 1  # a clock set back bars nobody
    home.engine.write_now(webhooks.resume, hook.id, NOW + 1)
    assert len(work(home, hook, NOW + 1).tasks) == 2


def test_a_lease_of_who_is_known_to_have_ended_is_taken_at_once(home):
    take = leases.take
    assert home.engine.write_now(take, "x", "one", NOW, 15 * SECOND)
    assert not home.engine.write_now(take, "x", "two", NOW, 15 * SECOND, "three")
    assert home.engine.write_now(take, "x", "two", NOW, 15 * SECOND, "one")
    assert not home.engine.read_now(leases.holds, "x", "one")


def test_a_lease_of_a_recipient_that_lasts_too_long_is_shortened_and_no_other(home):
    numbers = [take(home, letter(relaying())).number for _ in range(2)]
    for lease in (NOW + 100, NOW + 1_000):
        assert len(home.engine.write_now(queue.claim, NOW, lease, 1, {}, 1)) == 1
    assert home.engine.read_now(queue.leased_beyond, NOW + 200)
    home.engine.write_now(queue.shorten, NOW + 150, NOW + 200)
    assert not home.engine.read_now(queue.leased_beyond, NOW + 200)
    assert home.engine.write_now(queue.expire, NOW + 100) == 1
    states = [row.state for number in numbers for row in home.engine.read_now(queue.show, number)]
    assert sorted(states) == ["trying", "waiting"]
    assert home.engine.write_now(queue.expire, NOW + 150) == 1
