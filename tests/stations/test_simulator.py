"""simulator.test: what a program that sends may meet, by the real queue, without DNS and network."""

import asyncio
from pathlib import Path

import pytest

from kit.queued import queue_letter
from kit.sending import DAY, run, sending
from pyeonji.journey.event import Attempted, Bounced, Deferred, Delivered, Failed, Held, Reported, Returned
from pyeonji.journey.story import story
from pyeonji.queue.outcome import HandedOver, Hold, Later, Never
from pyeonji.queue.simulator import ADDRESSES, DOMAIN, behaviour
from pyeonji.store import journey, queue
from pyeonji.store.verify import verify

# address: state when it was tried for the first time, and when six days have gone by; the cause that is told
ENDS = {
    "delivered": ("done", "done", ""),
    "slow": ("done", "done", ""),
    "bounce-later": ("done", "returned", "addr.no_such_user"),
    "complaint": ("done", "done", ""),
    "greylist": ("waiting", "done", "server.greylisted"),
    "busy": ("waiting", "done", "server.busy"),
    "drop": ("waiting", "done", "net.dropped"),
    "overfull": ("waiting", "bounced", "queue.expired"),
    "noanswer": ("waiting", "bounced", "queue.expired"),
    "dns": ("waiting", "bounced", "queue.expired"),
    "nosuchuser": ("bounced", "bounced", "addr.no_such_user"),
    "full": ("bounced", "bounced", "mbox.full"),
    "disabled": ("bounced", "bounced", "mbox.disabled"),
    "moved": ("bounced", "bounced", "addr.moved"),
    "nodomain": ("bounced", "bounced", "addr.domain_not_found"),
    "spam": ("bounced", "bounced", "content.refused"),
    "toobig": ("bounced", "bounced", "size.too_big"),
    "spf": ("bounced", "bounced", "spf.fail"),
    "dmarc": ("bounced", "bounced", "dmarc.fail"),
    "blocklisted": ("bounced", "bounced", "ip.blocklisted"),
    "expire": ("bounced", "bounced", "queue.expired"),
    "hold": ("held", "held", ""),
    # whatever the table does not name
    "451": ("waiting", "bounced", "queue.expired"),
    "552": ("bounced", "bounced", "size.too_big"),
    "550-5.7.26": ("bounced", "bounced", "dmarc.fail"),
    "somebody": ("bounced", "bounced", "addr.no_such_user"),
}

# address: the cause that is told while it waits (docs/simulator.md)
WAITS = {
    "greylist": "server.greylisted", "busy": "server.busy", "drop": "net.dropped", "overfull": "mbox.full",
    "noanswer": "net.no_answer", "dns": "dns.temporary",
}  # fmt: skip


async def settled(node, address=""):
    """Whoever thinks for a while is given the time."""
    task = asyncio.ensure_future(node.manager.settle())
    while address == "slow" and not task.done():
        await asyncio.sleep(0)
        node.clock.push(1)
    await task


def read(node, number):
    engine = node.home.engine
    return story(number, engine.read_now(journey.of_message, number), engine.read_now(journey.recipients, number))


def test_every_address_of_the_table_has_its_end_here():
    assert set(ENDS) >= set(ADDRESSES)


@pytest.mark.parametrize("address", ENDS)
def test_a_letter_ends_as_its_address_says(tmp_path, address):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(
                node.home, f"{address}@{DOMAIN}", now_us=node.clock.now_us(), reverse_path="lee@us.example"
            )
            await settled(node, address)
            first = node.states(number)
            for _ in range(60):
                node.clock.push(DAY / 10)
                await settled(node)
            causes = [event.cause for event in node.kinds(number, Failed, Returned)]
            assert verify(node.home) == []
            assert len(node.kinds(number, Bounced, Returned)) == (1 if causes else 0)
            assert len(node.inbox()) >= len(causes)
            waits = {event.cause for event in node.kinds(number, Deferred)}
            return first, node.states(number), causes, waits, node.dialled

    first, last, causes, waits, dialled = run(go())
    assert (first, last) == ([ENDS[address][0]], [ENDS[address][1]])
    assert dialled == []
    if causes:
        assert causes == [ENDS[address][2]]
    if address in WAITS:
        assert waits == {WAITS[address]}


def test_whoever_thinks_takes_his_time_by_the_clock(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(node.home, f"slow@{DOMAIN}", now_us=node.clock.now_us())
            began = node.clock.now_us()
            await settled(node, "slow")
            return node.kinds(number, Delivered)[0].at - began

    assert run(go()) >= 10_000_000


def test_a_letter_to_many_has_an_end_for_each(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            people = [f"{name}@{DOMAIN}" for name in ("delivered", "full", "greylist", "Full+tag")]
            number = queue_letter(node.home, *people, now_us=node.clock.now_us(), reverse_path="lee@us.example")
            await settled(node)
            return [node.states(number), len(node.inbox())]

    assert run(go()) == [["done", "bounced", "waiting", "bounced"], 1]  # one bounce tells of both


def test_what_was_taken_comes_back_after_half_a_minute_and_says_whose_it_is(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(
                node.home, f"bounce-later@{DOMAIN}", now_us=node.clock.now_us(), reverse_path="lee@us.example"
            )
            await node.manager.settle()
            before = node.states(number), node.inbox()
            await node.push(29)
            assert node.states(number) == before[0]
            await node.push(2)
            (returned,) = node.kinds(number, Returned)
            (letter,) = node.inbox()
            told = read(node, number).recipients[0]
            assert node.home.engine.read_now(journey.message, returned.letter).parent == number
            return before, told.state, letter

    before, state, letter = run(go())
    assert before == (["done"], [])
    assert state == "bounced"
    assert b"message/delivery-status" in letter and b"Subject: hi" in letter


def test_a_complaint_is_told_and_changes_nothing(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(
                node.home, f"complaint@{DOMAIN}", now_us=node.clock.now_us(), reverse_path="lee@us.example"
            )
            await node.manager.settle()
            await node.push(31)
            return [one.action for one in node.kinds(number, Reported)], node.states(number), node.inbox()

    actions, states, (letter,) = run(go())
    assert (actions, states) == (["complaint"], ["done"])
    assert b"message/feedback-report" in letter


@pytest.mark.parametrize("writer", ["minsu@far.example", ""])
def test_nothing_simulated_ever_leaves(tmp_path, writer):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(node.home, f"bounce-later@{DOMAIN}", now_us=node.clock.now_us(), reverse_path=writer)
            await node.manager.settle()
            await node.push(31)
            undecided = node.home.engine.read_now(queue.listing)
            return len(node.kinds(number, Returned)), node.dialled, undecided

    assert run(go()) == (1 if writer else 0, [], [])


def test_nobody_else_may_write_to_where_reports_wait(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(
                node.home, f"report@{DOMAIN}", now_us=node.clock.now_us(), reverse_path="lee@us.example"
            )
            await node.manager.settle()
            return node.states(number)

    assert run(go()) == ["bounced"]


def test_who_is_held_goes_on_when_somebody_lets_him(tmp_path):
    async def go():
        async with sending(tmp_path, {}) as node:
            number = queue_letter(node.home, f"hold@{DOMAIN}", now_us=node.clock.now_us())
            await node.manager.settle()
            assert len(node.kinds(number, Held)) == 1
            node.home.engine.write_now(queue.release, number, 0, "a test", node.clock.now_us())
            await node.manager.settle()
            return node.states(number), [event.attempt for event in node.kinds(number, Attempted)]

    assert run(go()) == (["done"], [1, 2])


@pytest.mark.parametrize(
    ("local_part", "kind"),
    [
        ("delivered+a", HandedOver), ("DELIVERED", HandedOver), ("450", Later), ("421-4.7.0", Later), ("599", Never),
        ("550-5.7.26", Never), ("250", Never), ("550-4.7.26x", Never), ("hold", Hold), ("", Never),
    ],
)  # fmt: skip
def test_an_address_says_what_will_be(local_part, kind):
    assert isinstance(behaviour(local_part).at(1), kind)


def test_every_address_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    assert [name for name in ADDRESSES if f"`{name}@`" not in text] == []
