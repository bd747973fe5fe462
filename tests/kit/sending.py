"""A server's way out without its ways in: a home, the queue and a courier, with DNS from a dict and a clock to push."""

import asyncio
import contextlib
from datetime import timedelta

from kit.fake_mx import FakeMx
from kit.patience import PATIENCE_S
from kit.queued import queue_letter
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.net.clock import PushedClock
from pyeonji.net.ids import Ids
from pyeonji.net.revoked import Revoked
from pyeonji.proto.dns import answer_from, answer_in
from pyeonji.queue.manager import Manager
from pyeonji.queue.settings import QueueSettings
from pyeonji.relay.courier import Courier
from pyeonji.relay.settings import RelaySettings
from pyeonji.relay.simulated import Simulated
from pyeonji.store import directory, journey, queue
from pyeonji.store.home import open_home
from pyeonji.submission.door import Door

START_US = 1_700_000_000_000_000
DAY = 86_400


class ZoneResolver:
    def __init__(self, zone):
        self.zone = zone

    vouches = True  # what a zone of tests says is authentic where its Answer says so

    def remembered(self, question):
        return answer_in(self.zone, question)

    async def lookup(self, question):
        return answer_in(self.zone, question)

    async def answer_with(self, asking):
        return answer_from(self.zone, asking)


class Sending:
    """One node with the account lee@us.example; `hosts` maps host names to FakeMx or None (nobody listens)."""

    def __init__(
        self, folder, hosts, zone=None, relay=None, queue=None, language="ko", home=None, roots=tuple, fetcher=None,
        resolver=None, revoked=Revoked,
    ):  # fmt: skip
        self.home = home or open_home(folder / "data", create=True, synchronous="OFF")
        self.clock = PushedClock(START_US)
        self.ids = Ids(self.clock)
        self.hosts = hosts
        self.wake = Wake()
        self.dialled = []
        acceptance = Acceptance(self.home, self.clock, self.ids, "us.example", self.wake)
        self.door = Door(acceptance, 5 * DAY * 1_000_000)
        if home is None:
            self.home.engine.write_now(self._people, language)
        zone = zone or {
            ("one.example", "MX"): tuple(f"{n}0 {name}" for n, name in enumerate(hosts, 1)),
            **{(name, "A"): ("127.0.0.1",) for name in hosts},
        }
        self.courier = Courier(
            home=self.home, clock=self.clock, ids=self.ids, hostname="us.example",
            resolver=resolver or ZoneResolver(zone),
            settings=RelaySettings(**{"allow_loopback": True, "keep_open": timedelta(0), **(relay or {})}),
            route=self.route, roots=roots, revoked=revoked, fetcher=fetcher and fetcher(ZoneResolver(zone)),
        )  # fmt: skip
        simulated = Simulated(courier=self.courier, home=self.home, clock=self.clock, ids=self.ids, door=self.door)
        self.manager = Manager(
            home=self.home, clock=self.clock, ids=self.ids, courier=simulated, door=self.door, wake=self.wake,
            settings=queue or QueueSettings(), hostname="us.example",
        )  # fmt: skip

    def _people(self, tx, language):
        directory.add_domain(tx, "us.example", START_US)
        directory.add_account(
            tx, "lee@us.example", name="", language=language, quota_octets=0, credentials={}, now_us=START_US
        )

    def route(self, host, address, port):
        self.dialled.append(host)
        mx = self.hosts.get(host)
        return ("127.0.0.1", mx.port if mx is not None else 1)

    def queue(self, *addresses, **facts):
        return queue_letter(self.home, *addresses, now_us=self.clock.now_us(), **facts)

    async def push(self, seconds):
        self.clock.push(seconds)
        await self.manager.settle()

    def states(self, number):
        return [row.state for row in self.home.engine.read_now(journey.recipients, number)]

    def next_due(self, number):
        return self.home.engine.read_now(queue.show, number)[0].due_us

    def events(self, number):
        return [event for row in self.home.engine.read_now(journey.of_message, number) for event in row.events]

    def kinds(self, number, *kinds):
        return [event for event in self.events(number) if isinstance(event, kinds)]

    def inbox(self):
        """Octets of the letters in the only mailbox that gets any, oldest first."""
        rows = self.home.engine.read_now(
            lambda tx: tx.all(
                "SELECT c.octets FROM entry e JOIN message m ON m.id = e.message_id"
                " JOIN content c ON c.id = m.content_id ORDER BY e.uid"
            )
        )
        return [bytes(row[0]) for row in rows]


@contextlib.asynccontextmanager
async def sending(folder, hosts, **settings):
    """Start the fake servers and the node around them; nothing works by itself, `settle` and `push` do."""
    async with contextlib.AsyncExitStack() as stack:
        for mx in hosts.values():
            if mx is not None:
                await stack.enter_async_context(mx)
        node = Sending(folder, hosts, **settings)
        try:
            yield node
        finally:
            await node.manager.stop(0.1)
            node.home.close()


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


__all__ = ["DAY", "START_US", "FakeMx", "Sending", "run", "sending"]
