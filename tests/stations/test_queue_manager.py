"""The loop of the queue: what is due goes out, what cannot waits, nobody is hammered (reliability F02, F20, F21)."""

import asyncio
import time

import pytest

from kit.patience import PATIENCE_S
from kit.sending import START_US, FakeMx, Sending, ZoneResolver, run, sending
from pyeonji.journey.event import Attempted, Deferred, Delivered, LeaseExpired
from pyeonji.queue import destination
from pyeonji.queue import manager as queue_manager
from pyeonji.queue.manager import LEASE_S, Manager
from pyeonji.queue.outcome import Carried, HandedOver
from pyeonji.queue.schedule import Schedule
from pyeonji.queue.settings import QueueSettings
from pyeonji.relay.connection import NO_ANSWER
from pyeonji.relay.courier import Courier
from pyeonji.relay.trust.results import Results
from pyeonji.store import queue
from pyeonji.store.verify import verify


def greylisting():
    return FakeMx(replies={"RCPT": ["451 4.7.1 Greylisted", "250 2.1.5 Ok"]})


async def until(condition, what="it"):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not come"
        await asyncio.sleep(0.001)


def test_a_greylisted_letter_arrives_at_the_second_attempt(tmp_path):
    async def go():
        mx = greylisting()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = node.queue("kim@one.example")
            await node.manager.settle()
            first = node.states(number), node.kinds(number, Deferred)[0]
            await node.push(600)
            return first, node.states(number), [event.attempt for event in node.kinds(number, Attempted)]

    (states, deferred), after, attempts = run(go())
    assert (states, after, attempts) == (["waiting"], ["done"], [1, 2])
    assert deferred.cause == "server.greylisted"
    assert 300 <= (deferred.next_at - START_US) / 1_000_000 < 600


DAY_S = 86_400


async def after_the_clock_was_set_back(folder, first):
    """What became of a letter whose first attempt was made while the clock was a day ahead."""
    async with sending(folder, {"mx1": first}) as node:
        node.clock.push(DAY_S)
        number = node.queue("kim@one.example")
        await node.manager.settle()
        node.clock.push(-DAY_S)
        async with FakeMx() as mx:
            node.hosts["mx1"] = first or mx
            await node.manager.settle()
            return node.states(number)


@pytest.mark.parametrize("silent", [False, True])
def test_no_letter_waits_until_a_clock_that_was_set_back_has_caught_up(tmp_path, silent):
    assert run(after_the_clock_was_set_back(tmp_path, None if silent else greylisting())) == ["done"]


@pytest.mark.parametrize(("silent", "without"), [(False, Schedule), (True, Schedule), (True, destination)])
def test_without_an_end_of_waits_it_would(tmp_path, monkeypatch, silent, without):
    monkeypatch.setattr(without, "longest_us" if without is Schedule else "MAX_DOWN_US", 30 * DAY_S * 1_000_000)
    assert run(after_the_clock_was_set_back(tmp_path, None if silent else greylisting())) == ["waiting"]


def test_the_loop_works_by_itself_when_it_is_told(tmp_path):
    async def go():
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            await node.manager.start()
            number = node.queue("kim@one.example")
            node.wake.tell_queue()
            await until(lambda: node.states(number) == ["done"], "the letter")

    run(go())


def test_the_loop_works_by_itself_when_the_clock_moves(tmp_path):
    async def go():
        async with sending(tmp_path, {"mx1": greylisting()}) as node:
            await node.manager.start()
            number = node.queue("kim@one.example")
            node.wake.tell_queue()
            await until(lambda: node.kinds(number, Deferred), "the first answer")
            node.clock.push(600)
            await until(lambda: node.states(number) == ["done"], "the second attempt")

    run(go())


def test_a_silent_destination_is_dialled_once_whatever_waits_for_it(tmp_path):
    async def go():
        async with sending(tmp_path, {"mx1": None}) as node:
            for _ in range(50):
                node.queue("kim@one.example")
            await node.manager.settle()
            dialled = len(node.dialled)
            counts = node.home.engine.read_now(queue.counts)
            await node.push(2 * 3600)
            return dialled, counts, len(node.dialled) - dialled

    dialled, counts, later = run(go())
    assert dialled <= 2  # two couriers set out before the first came back
    assert counts["waiting"] == 50
    assert later <= 2


def test_a_destination_that_comes_back_gets_everything(tmp_path):
    async def go():
        hosts = {"mx1": None}
        async with sending(tmp_path, hosts) as node:
            for _ in range(10):
                node.queue("kim@one.example")
            await node.manager.settle()
            async with FakeMx() as mx:
                hosts["mx1"] = mx
                for _ in range(20):
                    await node.push(600)
                return node.home.engine.read_now(queue.counts)["waiting"], len(mx.letters)

    assert run(go()) == (0, 10)


def test_what_a_person_wants_now_is_dialled_although_the_destination_is_down(tmp_path):
    async def go():
        hosts = {"mx1": None}
        async with sending(tmp_path, hosts) as node:
            number = node.queue("kim@one.example")
            await node.manager.settle()
            async with FakeMx() as mx:
                hosts["mx1"] = mx
                node.home.engine.write_now(queue.retry, number, 0, "asked", node.clock.now_us())
                await node.manager.settle()
                return node.states(number)

    assert run(go()) == ["done"]


def test_one_slow_destination_does_not_hold_up_another(tmp_path):
    async def go():
        zone = {
            ("slow.example", "MX"): ("10 slow",),
            ("slow", "A"): ("127.0.0.1",),
            ("quick.example", "MX"): ("10 quick",),
            ("quick", "A"): ("127.0.0.1",),
        }
        slow, quick = FakeMx(silent={"greeting"}), FakeMx()
        async with sending(tmp_path, {"slow": slow, "quick": quick}, zone=zone) as node:
            await node.manager.start()
            for _ in range(20):
                node.queue("kim@slow.example")
            number = node.queue("kim@quick.example")
            node.wake.tell_queue()
            await until(lambda: node.states(number) == ["done"], "the quick letter")
            return slow.connections

    assert run(go()) <= 2


def test_a_stopping_server_gives_its_leases_back(tmp_path):
    async def go():
        silent = FakeMx(silent={"greeting"})
        async with sending(tmp_path, {"mx1": silent}) as node:
            await node.manager.start()
            number = node.queue("kim@one.example")
            node.wake.tell_queue()
            await until(lambda: silent.connections == 1, "the attempt")  # from when it is claimed it may still set out
            assert node.states(number) == ["trying"]
            await node.manager.stop(0.05)
            return node.states(number), len(node.kinds(number, LeaseExpired))

    assert run(go()) == (["waiting"], 1)


def test_a_stopping_server_lets_couriers_finish(tmp_path):
    async def go():
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            await node.manager.start()
            number = node.queue("kim@one.example")
            node.wake.tell_queue()
            await until(lambda: node.states(number) == ["trying"], "the attempt")
            await node.manager.stop(30)
            return node.states(number)

    assert run(go()) == ["done"]


BEFORE_THE_DOT = ("greeting", "EHLO", "RCPT", "DATA")


@pytest.mark.parametrize("silent", BEFORE_THE_DOT)
def test_a_stop_does_not_wait_for_a_server_that_has_no_letter_yet(tmp_path, monkeypatch, silent):
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)

    async def go():
        mx = FakeMx(silent={silent})
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = await setting_out(node, mx)
            await node.manager.stop(PATIENCE_S)  # which is all this test has
            return node.states(number), node.kinds(number, LeaseExpired, Deferred), node.next_due(number)

    states, events, due = run(go())
    assert states == ["waiting"]
    assert [type(event) for event in events] == [LeaseExpired]
    assert due == START_US  # at once, when the server is there again


async def setting_out(node, mx, *addresses):
    await node.manager.start()
    number = node.queue(*addresses or ("kim@one.example",))
    node.wake.tell_queue()
    await until(lambda: mx.connections >= 1, "the attempt")
    return number


class SilentNames(ZoneResolver):
    """Name servers that never answer: each is waited for, 6 s in all."""

    def __init__(self):
        super().__init__({})
        self.asked = asyncio.Event()

    async def answer_with(self, asking):
        self.asked.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize(("finish_s", "grace_s", "waits"), [(0.1, PATIENCE_S, False), (PATIENCE_S, 0.5, True)])
def test_a_stop_does_not_wait_for_name_servers(tmp_path, monkeypatch, finish_s, grace_s, waits):
    """And where couriers have all the time (negative control) it has the whole grace."""
    monkeypatch.setattr(queue_manager, "FINISH_S", finish_s)

    async def go():
        names = SilentNames()
        async with sending(tmp_path, {}, resolver=names) as node:
            await node.manager.start()
            number = node.queue("kim@one.example")
            node.wake.tell_queue()
            await names.asked.wait()
            began = time.monotonic()
            await node.manager.stop(grace_s)
            return time.monotonic() - began, node.states(number), len(node.kinds(number, LeaseExpired))

    took_s, states, given_back = run(go())
    assert (states, given_back) == (["waiting"], 1)
    assert (took_s >= grace_s) is waits


class Thinking(FakeMx):
    """It has the whole letter of a connection after its `quick` first ones, and says nothing until `decided`."""

    def __init__(self, quick=0, **facts):
        super().__init__(**facts)
        self.quick = quick
        self.has_it, self.decided = asyncio.Event(), asyncio.Event()

    async def _say(self, writer, phase, *names, usual):
        if phase == "." and len(self.letters) >= self.quick:
            self.has_it.set()
            await self.decided.wait()
        return await super()._say(writer, phase, *names, usual=usual)


async def sent_by(node, mx):
    """The number of a letter that a Thinking server has, and does not answer."""
    number = await setting_out(node, mx)
    await mx.has_it.wait()
    return number


def test_a_stop_waits_for_the_answer_to_a_letter_that_was_sent(tmp_path, monkeypatch):
    """Or the other server would get it twice."""
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)

    async def go():
        mx = Thinking()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = await sent_by(node, mx)
            stopping = asyncio.create_task(node.manager.stop(PATIENCE_S))
            done, _ = await asyncio.wait({stopping}, timeout=0.5)
            mx.decided.set()
            await stopping
            return bool(done), node.states(number), len(mx.letters)

    assert run(go()) == (False, ["done"], 1)


def test_without_asking_whether_it_was_sent_it_would_be_sent_twice(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)
    monkeypatch.setattr(Courier, "is_sent", lambda self, job: False)

    async def go():
        mx = Thinking()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = await sent_by(node, mx)
            await node.manager.stop(PATIENCE_S)
            return node.states(number)

    assert run(go()) == ["waiting"]


def test_when_no_answer_comes_the_letter_is_tried_later_and_the_journey_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)

    async def go():
        mx = Thinking()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = await sent_by(node, mx)
            await node.manager.stop(0.2)
            return node.states(number), node.kinds(number, Deferred, LeaseExpired), node.next_due(number)

    states, (deferred,), due = run(go())
    assert states == ["waiting"]
    assert (deferred.phase, deferred.reply) == ("content", str(NO_ANSWER))
    assert due > START_US


def test_who_has_the_letter_already_does_not_get_it_again_because_another_recipient_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)

    async def go():
        mx = Thinking(quick=1, keywords=("PIPELINING", "LIMITS RCPTMAX=1"))
        async with sending(tmp_path, {"mx1": mx, "mx2": None}) as node:
            number = await setting_out(node, mx, "kim@one.example", "lee@one.example")
            await mx.has_it.wait()
            await node.manager.stop(0.2)
            return node.states(number), len(mx.letters)

    assert run(go()) == (["done", "waiting"], 1)


def test_an_answer_that_was_heard_is_not_forgotten_while_results_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)
    writes, go_on = asyncio.Event(), asyncio.Event()

    async def slow(results, *, now=False):
        writes.set()
        await go_on.wait()

    monkeypatch.setattr(Results, "write", slow)

    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = await setting_out(node, mx)
            await writes.wait()
            stopping = asyncio.create_task(node.manager.stop(PATIENCE_S))
            await asyncio.wait({stopping}, timeout=0.5)
            go_on.set()
            await stopping
            return node.states(number), len(mx.letters)

    assert run(go()) == (["done"], 1)


def test_a_manager_that_was_stopped_beside_a_silent_server_can_work_again(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_manager, "FINISH_S", 0.1)

    async def go():
        mx = Thinking()
        async with sending(tmp_path, {"mx1": mx}) as node:
            await setting_out(node, mx)
            await mx.has_it.wait()
            await node.manager.stop(0.2)
            mx.decided.set()
            another = await setting_out(node, mx)
            await until(lambda: node.states(another) == ["done"], "the next letter")

    run(go())


def test_after_a_crash_the_letter_is_sent_again(tmp_path):
    """At most one copy more, never one less (F05)."""

    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = node.queue("kim@one.example")
            now = node.clock.now_us()
            node.home.engine.write_now(queue.claim, now, now + LEASE_S * 1_000_000, 10, {}, 10)  # and dies
            await node.push(LEASE_S - 1)
            before = node.states(number)
            await node.push(LEASE_S)
            return before, node.states(number), [type(event) for event in node.kinds(number, LeaseExpired, Delivered)]

    assert run(go()) == (["trying"], ["done"], [LeaseExpired, Delivered])


async def states_after_the_clock_was_set_back(folder):
    """Of a letter whose courier died when the clock was a day ahead: before its lease can be over, and after."""
    async with sending(folder, {"mx1": FakeMx()}) as node:
        number = node.queue("kim@one.example")
        ahead = node.clock.now_us() + DAY_S * 1_000_000
        node.home.engine.write_now(queue.claim, ahead, ahead + LEASE_S * 1_000_000, 10, {}, 10)  # and dies
        await node.manager.settle()
        before = node.states(number)
        await node.push(LEASE_S)
        return before, node.states(number)


def test_no_letter_waits_for_a_lease_until_a_clock_that_was_set_back_has_caught_up(tmp_path):
    assert run(states_after_the_clock_was_set_back(tmp_path)) == (["trying"], ["done"])


def test_without_an_end_of_leases_it_would(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_manager, "MAX_LEASE_S", 2 * DAY_S)
    assert run(states_after_the_clock_was_set_back(tmp_path)) == (["trying"], ["trying"])


def test_a_courier_that_lives_keeps_its_letter_when_the_clock_is_set_back(tmp_path):
    """Another worker that is the first to look takes no letter from it."""

    async def go():
        async with sending(tmp_path, {}) as node:
            courier, number = SlowCourier(), node.queue("kim@one.example")
            node.clock.push(DAY_S)
            manager = with_courier(node, courier)
            await manager.start()
            await until(lambda: courier.carried == 1, "the courier")
            node.clock.push(-DAY_S)
            other = with_courier(node, SlowCourier())
            for _ in range(4):
                await other.settle()
                node.clock.push(queue_manager.RENEW_S)
                node.wake.tell_queue()  # a machine's clock that is set back wakes it as soon as before
                await until(lambda: renewed(node), "the renewal")
            courier.go_on.set()
            await until(lambda: node.states(number) == ["done"], "the end")
            await manager.stop(1)
            return node.kinds(number, LeaseExpired)

    assert run(go()) == []


def renewed(node):
    """The lease lasts as long as one that was made just now."""
    [(lease,)] = node.home.engine.read_now(lambda tx: tx.all("SELECT lease_us FROM recipient", {}))
    return lease == node.clock.now_us() + LEASE_S * 1_000_000


class SlowCourier:
    """Comes back when it is told to."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.carried = 0
        self.at_once = 0

    async def carry(self, job):
        self.carried += 1
        self.at_once = max(self.at_once, self.carried)
        await self.go_on.wait()
        self.carried -= 1
        return Carried({claim.n: HandedOver("mx", "250 Ok") for claim in job.recipients})

    def is_sent(self, job):
        return False

    def hang_up(self):
        pass

    async def close(self):
        pass


def with_courier(node, courier, **settings):
    return Manager(
        home=node.home, clock=node.clock, ids=node.ids, courier=courier, door=node.door, wake=node.wake,
        settings=QueueSettings(**settings), hostname="us.example",
    )  # fmt: skip


def test_a_lease_is_renewed_while_the_courier_is_on_its_way(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            courier = SlowCourier()
            manager = with_courier(node, courier)
            number = node.queue("kim@one.example")
            await manager.start()
            await until(lambda: node.states(number) == ["trying"], "the attempt")
            for _ in range(10):
                node.clock.push(LEASE_S * 10)
                await asyncio.sleep(0.01)
            courier.go_on.set()
            await until(lambda: node.states(number) == ["done"], "the end")
            await manager.stop(1)
            return node.kinds(number, LeaseExpired)

    assert run(go()) == []


def test_couriers_to_one_destination_grow_from_two(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            courier = SlowCourier()
            manager = with_courier(node, courier)
            for _ in range(30):
                node.queue("kim@one.example")
            await manager.start()
            await until(lambda: courier.carried == 2, "two couriers")
            await asyncio.sleep(0.02)
            first = courier.at_once
            courier.go_on.set()
            await until(lambda: node.home.engine.read_now(queue.counts)["waiting"] == 0, "the end")
            await manager.stop(1)
            return first

    assert run(go()) == 2


def test_no_more_couriers_than_allowed(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            courier = SlowCourier()
            manager = with_courier(node, courier, max_couriers=5)
            for n in range(30):
                node.queue(f"kim@d{n}.example")
            await manager.start()
            await until(lambda: courier.carried == 5, "five couriers")
            await asyncio.sleep(0.02)
            first = courier.at_once
            courier.go_on.set()
            await until(lambda: node.home.engine.read_now(queue.counts)["waiting"] == 0, "the end")
            await manager.stop(1)
            return first, courier.at_once

    assert run(go()) == (5, 5)


def test_a_turn_with_ten_thousand_waiting_letters_reads_only_what_is_due(tmp_path):
    """F21: memory and work do not grow with what waits."""

    async def go():
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            number = node.queue(*(f"r{n}@later.example" for n in range(10_000)))
            node.home.engine.write_now(
                lambda tx: tx.run(
                    "UPDATE recipient SET due_us = due_us + 1000000000 WHERE message_id = :m", {"m": number}
                )
            )
            loop = asyncio.get_running_loop()
            started = loop.time()
            for _ in range(100):
                await node.manager.settle()
            return loop.time() - started

    assert run(go()) < 1.0  # seconds for a hundred turns; a table scan each would take several


def test_a_defect_of_ours_keeps_the_letter_and_is_reported(tmp_path):
    class BrokenCourier(SlowCourier):
        async def carry(self, job):
            raise ZeroDivisionError

    async def go():
        reported = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        async with sending(tmp_path, {}) as node:
            manager = with_courier(node, BrokenCourier())
            number = node.queue("kim@one.example")
            await manager.settle()
            return node.states(number), len(node.kinds(number, Deferred)), [type(error) for error in reported]

    assert run(go()) == (["waiting"], 1, [ZeroDivisionError])


def test_the_store_finds_nothing_wrong_afterwards(tmp_path):
    async def go():
        mx = FakeMx(replies={"RCPT b@one.example": "451 later", "RCPT c@one.example": "550 no"})
        async with sending(tmp_path, {"mx1": mx}) as node:
            node.queue("a@one.example", "b@one.example", "c@one.example")
            await node.manager.settle()
            await node.courier.close()
            return verify(node.home)

    assert run(go()) == []


def test_two_workers_share_the_queue_and_nothing_goes_twice(tmp_path):
    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            second = Sending(tmp_path, node.hosts, home=node.home)
            numbers = [node.queue(f"r{n}@one.example") for n in range(40)]
            await asyncio.gather(node.manager.settle(), second.manager.settle())
            await second.courier.close()
            return {state for number in numbers for state in node.states(number)}, len(mx.letters)

    assert run(go()) == ({"done"}, 40)


def test_a_stopped_server_holds_no_lease_and_counts_no_attempt_that_was_none(tmp_path):
    async def go():
        silent = FakeMx(silent={"greeting"})
        async with sending(tmp_path, {"mx1": silent}) as node:
            await node.manager.start()
            numbers = [node.queue("kim@one.example") for _ in range(30)]
            node.wake.tell_queue()
            await until(lambda: node.home.engine.read_now(queue.counts)["trying"] >= 10, "the claims")
            await until(lambda: silent.connections == 2, "two couriers on their way")
            await node.manager.stop(0.05)
            rows = [node.home.engine.read_now(queue.show, number)[0] for number in numbers]
            return {row.state for row in rows}, sum(row.attempts for row in rows)

    states, attempts = run(go())
    assert states == {"waiting"}
    assert attempts == 2  # the two couriers that had set out
