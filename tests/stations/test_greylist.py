"""Strangers who write for the first time, and strangers who do too much."""

import asyncio
from dataclasses import replace

import pytest

from kit.inprocess import attack
from pyeonji.address import parse_address
from pyeonji.directory.settings import GuardSettings
from pyeonji.filters import greylist
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.greylist import Greylist, GreylistSettings, network_of
from pyeonji.filters.rates import WINDOW_US, Rates, RateSettings
from pyeonji.journey.event import Closed, Decided, unpack
from pyeonji.net.clock import PushedClock
from pyeonji.store import greylist as store
from pyeonji.store.settings import NEVER

START_US = 1_790_000_000_000_000
BEHIND = FrontSettings(proxies=("127.0.0.0/8",), greet_pause=NEVER)
DELAYED = GreylistSettings(strangers="delayed")
ZONE = {("far.test", "TXT"): ("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all",)}
LATER, TAKEN, NOBODY = b"451 4.7.1 You write here for the first time", b"250 2.1.5", b"550 5.1.1"


async def as_peer(stations, ip, hello=True):
    client = await stations.client("smtp", greeted=False)
    kind = b"TCP6" if ":" in ip else b"TCP4"
    other = b"::1" if ":" in ip else b"127.0.0.1"
    await client.send(b"PROXY %b %b %b 56324 25\r\n" % (kind, ip.encode(), other))
    client.greeting = await client.until(b"\r\n")
    if hello and client.greeting.startswith(b"220"):
        await client.send(b"EHLO x.test\r\n")
        await client.until(b"250 ")
    return client


async def rcpt(stations, ip="192.0.2.1", reverse_path="a@b.test", to="kim@here.test"):
    client = await as_peer(stations, ip)
    said = await client.last(f"MAIL FROM:<{reverse_path}>\r\nRCPT TO:<{to}>\r\nQUIT\r\n".encode())
    return said.split(b"\r\n")[1]


async def events_of(stations, kind):
    for listener in stations.listeners:
        await listener.stop(0.5)
    rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey ORDER BY id"))
    return [event for (packed,) in rows for event in unpack(packed) if isinstance(event, kind)]


# ── greylisting ──


def test_who_writes_for_the_first_time_comes_again(tmp_path):
    clock = PushedClock(START_US)

    async def story(stations):
        assert (await rcpt(stations)).startswith(LATER + b", come again in 300 seconds")
        clock.push(60)
        assert (await rcpt(stations, "192.0.2.200")).startswith(LATER + b", come again in 240 seconds")
        clock.push(240)
        assert (await rcpt(stations, "192.0.2.3")).startswith(TAKEN)
        assert (await rcpt(stations, to="lee@here.test")).startswith(TAKEN)
        told = [event.outcome for event in await events_of(stations, Decided) if event.rule == "greylist"]
        assert told == ["delayed: 300", "early: 240", "passed"]

    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, clock=clock)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"ip": "10.0.0.1"}, TAKEN),  # no stranger
        ({"to": "postmaster@here.test"}, TAKEN),
        ({"to": "nobody@here.test"}, NOBODY),
        ({"reverse_path": ""}, LATER),
        ({"ip": "2001:db8::1"}, LATER),
    ],
)
def test_who_is_not_delayed(tmp_path, facts, answer):
    async def story(stations):
        assert (await rcpt(stations, **facts)).startswith(answer)
        assert stations.count("greylist") == (answer == LATER)  # of whom was refused nothing is kept

    everybody = GuardSettings(exempt=("0.0.0.0/0", "::/0"))  # or whoever asks for nobody would wait
    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, guard=everybody)


@pytest.mark.parametrize(("strangers", "told"), [("taken", []), ("told", ["first"])])
def test_by_itself_nobody_is_delayed(tmp_path, strangers, told):
    async def story(stations):
        assert (await rcpt(stations)).startswith(TAKEN)
        assert [e.outcome for e in await events_of(stations, Decided) if e.rule == "greylist"] == told

    attack(tmp_path, story, front=BEHIND, greylist=GreylistSettings(strangers=strangers))


def test_a_domain_whose_spf_holds_may_come_again_from_elsewhere(tmp_path):
    clock = PushedClock(START_US)

    async def story(stations):
        assert (await rcpt(stations, "192.0.2.1", "a@far.test")).startswith(LATER)
        clock.push(301)
        assert (await rcpt(stations, "203.0.113.1", "a@far.test")).startswith(LATER)  # not allowed to send for it
        assert (await rcpt(stations, "198.51.100.1", "a@far.test")).startswith(TAKEN)

    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, clock=clock, zone=ZONE)


def test_a_silent_dns_holds_nobody_up(monkeypatch):
    monkeypatch.setattr("pyeonji.filters.greylist.SPF_S", 0.01)

    class Silent:
        async def answer_with(self, asking):
            await asyncio.Event().wait()

    one = Greylist(DELAYED, None, PushedClock(START_US), Silent(), "mx.here.test")
    assert not asyncio.run(one._holds("192.0.2.1", "x.test", parse_address("a@far.test")))


def test_a_list_of_the_good_opens_the_door(tmp_path):
    zone = {("1.2.0.192.good.example", "A"): ("127.0.5.2",)}
    front = replace(BEHIND, lists=("good.example*-1",))

    async def story(stations):
        assert (await rcpt(stations)).startswith(TAKEN)
        assert (await rcpt(stations, "192.0.2.2")).startswith(LATER)

    attack(tmp_path, story, front=front, greylist=DELAYED, zone=zone)


async def poisoned(stations, clock):
    """Does a stranger's forged first attempt open the door to, or close it for, the true sender?"""
    await rcpt(stations, "203.0.113.66", "a@far.test")
    clock.push(301)
    return await rcpt(stations, "198.51.100.1", "a@far.test")


def test_a_stranger_fills_the_memory_for_nobody_else(tmp_path):
    """S19."""
    clock = PushedClock(START_US)

    async def story(stations):
        assert (await poisoned(stations, clock)).startswith(LATER)

    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, clock=clock)


def flooded(tmp_path):
    """A peer whose many names have SPF writes and writes; then somebody else's domain with SPF comes twice."""
    clock = PushedClock(START_US)
    names = {(f"x{n}.bad.test", "TXT"): ("v=spf1 +all",) for n in range(8)}

    async def story(stations):
        for name, _ in names:
            assert (await rcpt(stations, "203.0.113.66", f"a@{name}")).startswith(LATER)
        await rcpt(stations, "192.0.2.1", "a@far.test")
        clock.push(301)
        said.append(await rcpt(stations, "198.51.100.1", "a@far.test"))

    said = []
    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, clock=clock, zone=ZONE | names)
    return said[0]


def test_names_whose_spf_holds_do_not_fill_the_memory_for_others(tmp_path, monkeypatch):
    """S19: anybody has as many names as he likes, and SPF for each."""
    monkeypatch.setattr(greylist, "MAX_BY_NAME", 3)
    assert flooded(tmp_path).startswith(TAKEN)


def test_counted_together_they_would(tmp_path, monkeypatch):
    """Negative control: all names whose SPF holds in one place, with one limit."""
    real = store.met
    monkeypatch.setattr(store, "MAX_WAITING", 5)
    monkeypatch.setattr(store, "met", lambda tx, attempt, times, now, room: real(tx, attempt, times, now))
    assert flooded(tmp_path).startswith(LATER)


def test_a_memory_without_networks_would_be_filled(tmp_path, monkeypatch):
    """Negative control."""
    clock = PushedClock(START_US)
    monkeypatch.setattr(Greylist, "_holds", lambda self, *who: _yes())

    async def story(stations):
        assert (await poisoned(stations, clock)).startswith(TAKEN)

    attack(tmp_path, story, front=BEHIND, greylist=DELAYED, clock=clock)


async def _yes():
    return True


@pytest.mark.parametrize(
    ("ip", "network"), [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2:3::1", "2001:db8:1:2::/64")]
)
def test_a_network_is_what_one_sender_has(ip, network):
    assert network_of(ip) == network


# ── too much in a minute ──


async def errors(client, times):
    return await client.last(b"FOO\r\n" * times)


@pytest.mark.parametrize(("limit", "answer"), [(2, b"421 4.7.0 Too many connections"), (100, b"220 ")])
def test_only_so_many_connections_in_a_minute(tmp_path, limit, answer):
    """S27; the second row is the negative control."""
    clock = PushedClock(START_US)

    async def story(stations):
        for ip in ("2001:db8::1", "2001:db8::2"):  # one /64
            assert (await as_peer(stations, ip)).greeting.startswith(b"220 ")
        assert (await as_peer(stations, "2001:db8::3")).greeting.startswith(answer)
        assert (await as_peer(stations, "2001:db8:0:1::3")).greeting.startswith(b"220 ")
        assert (await as_peer(stations, "10.0.0.1")).greeting.startswith(b"220 ")
        clock.push(61)
        assert (await as_peer(stations, "2001:db8::3")).greeting.startswith(b"220 ")

    attack(tmp_path, story, front=BEHIND, rates=RateSettings(connections=limit), clock=clock)


@pytest.mark.parametrize(("limit", "answer"), [(2, b"450 4.7.1 Too many letters"), (100, b"250 2.1.0")])
def test_only_so_many_letters_in_a_minute(tmp_path, limit, answer):
    async def story(stations):
        for _ in range(2):
            assert (await rcpt(stations)).startswith(TAKEN)
        client = await as_peer(stations, "192.0.2.1")
        assert (await client.last(b"MAIL FROM:<a@b.test>\r\n")).startswith(answer)
        assert (await rcpt(stations, "192.0.2.2")).startswith(TAKEN)

    attack(tmp_path, story, front=BEHIND, rates=RateSettings(letters=limit))


@pytest.mark.parametrize("limit", [3, 100])
def test_only_so_many_mistakes_in_a_minute_over_all_connections(tmp_path, limit):
    """S12; the second row is the negative control."""
    clock = PushedClock(START_US)

    async def story(stations):
        said = [await errors(await as_peer(stations, "192.0.2.1"), 2) for _ in range(2)]
        assert b"421" not in said[0]
        assert (b"421 4.7.0 Too many errors" in said[1]) is (limit == 3)
        greeting = (await as_peer(stations, "192.0.2.1")).greeting
        assert greeting.startswith(b"421 4.7.0 Too many errors" if limit == 3 else b"220 ")
        clock.push(61)
        assert (await as_peer(stations, "192.0.2.1")).greeting.startswith(b"220 ")
        if limit == 3:
            ends = [event.because for event in await events_of(stations, Closed)]
            assert ends.count("too many errors in a minute") == 2

    attack(tmp_path, story, front=BEHIND, rates=RateSettings(errors=limit), clock=clock)


def test_what_is_counted_has_an_end_and_a_clock_set_back_bars_nobody(monkeypatch):
    monkeypatch.setattr("pyeonji.filters.rates.MAX_ADDRESSES", 100)
    clock = PushedClock(START_US)
    rates = Rates(RateSettings(letters=1), clock)
    for number in range(1_000):
        assert rates.take("letters", f"192.0.{number >> 8}.{number & 255}")
    assert len(rates._counts) == 100
    assert not rates.take("letters", "192.0.3.231")
    clock.push(-WINDOW_US / 1e6)
    assert rates.take("letters", "192.0.3.231")
