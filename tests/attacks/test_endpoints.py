"""What endpoints of one app may take away from others: connections, the time of the event loop (W18)."""

import asyncio
import json

import pytest

from kit.patience import PATIENCE_S
from kit.sending import FakeMx, sending
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.store import apps, directory, webhooks
from pyeonji.store.sent import Sent
from pyeonji.submission.door import Draft
from pyeonji.webhooks import sign
from pyeonji.webhooks import station as station_module
from pyeonji.webhooks.sending import Answer
from pyeonji.webhooks.station import Station

LEE = "lee@us.example"
SECRET = sign.secret_of(bytes(24))


class Slow:
    """Endpoints of "slow" answer when they are let; all others at once."""

    def __init__(self, status=200):
        self.let, self.status = asyncio.Event(), status
        self.open = self.most = 0
        self.quick, self.begun = asyncio.Event(), asyncio.Event()

    async def send(self, url, secrets, name, body, now_us, *, inside):
        if "slow" not in url:
            self.quick.set()
            return Answer(200, "ok")
        self.open += 1
        self.begun.set()
        self.most = max(self.most, self.open)
        try:
            await self.let.wait()
        finally:
            self.open -= 1
        return Answer(self.status, "")


def made(node, name, count):
    def make(tx):
        board = apps.add(tx, name, directory.account(tx, LEE).id, 1)
        for at in range(count):
            webhooks.add(tx, board, f"https://{name}.example/{at}", SECRET, 1, inside=True)
        return board

    return node.home.engine.write_now(make)


async def hand_in(node, board, count):
    to = tuple(Wanted(parse_address(f"r{at}@one.example")) for at in range(count))
    content = b"From: <lee@us.example>\r\nSubject: hi\r\n\r\nHello\r\n"
    draft = Draft(
        content=content, reverse_path=parse_address(LEE), recipients=to, via="api", login=LEE, sent=Sent(board)
    )
    await node.door.submit(draft)


def crowded(tmp_path, status=200, *, quick_comes=True):
    """How many attempts were under way at once at twenty slow endpoints with twenty events each: first, and again."""
    found = []

    async def go():
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            slow, quick = made(node, "slow", 20), made(node, "quick", 1)
            sender = Slow(status)
            works = Station(
                home=node.home, clock=node.clock, ids=node.ids, door=node.door, wake=node.wake, sender=sender,
                base_url=lambda: "",
            )  # fmt: skip
            await hand_in(node, slow, 20)
            await hand_in(node, quick, 1)
            working = asyncio.ensure_future(works.settle())
            if quick_comes:
                await asyncio.wait_for(sender.quick.wait(), PATIENCE_S)
            await asyncio.wait_for(sender.begun.wait(), PATIENCE_S)
            sender.let.set()
            await asyncio.wait_for(working, PATIENCE_S)
            found.append(sender.most)
            sender.most = 0
            await hand_in(node, slow, 20)
            await asyncio.wait_for(works.settle(), PATIENCE_S)
            found.append(sender.most)
            await works.stop()

    asyncio.run(go())
    return found


def test_slow_endpoints_of_one_app_hold_so_many_connections_and_up_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(station_module, "TOGETHER_OF_APP", 10)
    assert max(crowded(tmp_path)) <= 10


def test_all_together_have_so_many(tmp_path, monkeypatch):
    monkeypatch.setattr(station_module, "TOGETHER_OF_ALL", 12)
    assert max(crowded(tmp_path, quick_comes=False)) <= 12


def test_without_the_limits_they_would_hold_eight_each(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(station_module, "TOGETHER_OF_APP", 10_000)
    assert max(crowded(tmp_path)) > 100


def test_who_is_down_is_asked_by_one_event(tmp_path):
    assert crowded(tmp_path, status=500)[1] <= 20  # twenty endpoints


@pytest.mark.parametrize("guarded", [True, False])
def test_thousands_that_have_heard_everything_are_not_read_one_by_one(tmp_path, monkeypatch, guarded):
    if not guarded:  # the control: as it was
        monkeypatch.setattr(webhooks, "with_work", lambda tx, now_us: webhooks.active(tx))
    looked = []
    work = webhooks.work
    monkeypatch.setattr(webhooks, "work", lambda *args: looked.append(1) or work(*args))

    async def go():
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            made(node, "idle", 300)
            quick = made(node, "quick", 1)
            works = Station(
                home=node.home, clock=node.clock, ids=node.ids, door=node.door, wake=node.wake, sender=Slow(),
                base_url=lambda: "",
            )  # fmt: skip
            await hand_in(node, quick, 1)
            await works.settle()
            await works.stop()

    asyncio.run(go())
    assert (len(looked) < 20) == guarded


def told_beside(tmp_path, monkeypatch, broken):
    """(addresses that were told of, defects) of three recipients, of one of whom nothing can be told."""
    told, defects = [], []
    real = station_module.body_of

    async def body_of(home, item, base_url):
        if broken and item.address.startswith("r1@"):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return await real(home, item, base_url)

    monkeypatch.setattr(station_module, "body_of", body_of)

    class Heard(Slow):
        async def send(self, url, secrets, name, body, now_us, *, inside):
            told.append(json.loads(body)["data"]["address"].partition("@")[0])
            return Answer(200, "ok")

    async def go():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: defects.append(context["exception"]))
        async with sending(tmp_path, {"mx1": FakeMx()}) as node:
            board = made(node, "board", 1)
            works = Station(
                home=node.home, clock=node.clock, ids=node.ids, door=node.door, wake=node.wake, sender=Heard(),
                base_url=lambda: "",
            )  # fmt: skip
            await hand_in(node, board, 3)
            await works.settle()
            await works.stop()

    asyncio.run(go())
    return sorted(told), [type(one) for one in defects]


def test_an_event_that_cannot_be_told_holds_up_no_other_one(tmp_path, monkeypatch):
    """Whatever a stranger could put into one: before, its endpoint would have heard nothing any more."""
    assert told_beside(tmp_path, monkeypatch, True) == (["r0", "r2"], [UnicodeEncodeError])


def test_where_it_can_all_are_told(tmp_path, monkeypatch):
    """Negative control."""
    assert told_beside(tmp_path, monkeypatch, False) == (["r0", "r1", "r2"], [])
