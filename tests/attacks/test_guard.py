"""S22, S27: who guesses passwords waits longer and longer and is turned away, and nobody takes all the places."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from kit.inprocess import LOGGED_IN, LOGINS, attack
from kit.patience import PATIENCE_S
from pyeonji.directory import guard as guards
from pyeonji.directory import tally
from pyeonji.directory.guard import MARK, Guard, Turned
from pyeonji.directory.settings import GuardSettings
from pyeonji.directory.tally import Tally
from pyeonji.journey.event import Closed, unpack
from pyeonji.net.clock import PushedClock

NOBODY_IS_EXEMPT = {"exempt": ()}
START_US = 1_790_000_000_000_000
GUESSES = {
    "submission": b"AUTH PLAIN AGtpbUBoZXJlLnRlc3QAd3Jvbmc=\r\n",  # kim@here.test, "wrong"
    "imap": b"l LOGIN kim@here.test wrong\r\n",
    "pop3": b"USER kim@here.test\r\nPASS wrong\r\n",
}
NO = {"submission": b"535 ", "imap": b"l NO", "pop3": b"[AUTH]"}
GO_AWAY = {"submission": b"421 4.7.0 Too many", "imap": b"* BYE too many", "pop3": b"-ERR [SYS/TEMP] too many"}
FAILURES, CONNECTIONS = b"failed logins", b"connections"


def made(clock=None, **settings):
    return Guard(GuardSettings(**NOBODY_IS_EXEMPT | settings), clock or PushedClock(START_US))


# ── what the guard counts ──


@pytest.mark.parametrize(
    ("failed_from", "asked", "barred"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", False),  # this machine's own socket
        ("127.0.0.1", "127.0.0.1", True),  # nobody is exempt in these tests
    ],
)
def test_an_address_is_one_of_ipv4_and_a_64th_of_ipv6(failed_from, asked, barred):
    guard = made()
    for _ in range(10):
        guard.heard(MARK + b"l" + (guard.place(failed_from) or "-").encode())
    assert guard.bars(asked) is barred


def test_this_machine_is_exempt_unless_it_is_said_otherwise():
    guard = Guard(GuardSettings(failed_logins=1), PushedClock(START_US))
    for peer in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "192.0.2.1"):
        asyncio.run(guard.login_failed(peer))
        assert guard.bars(peer) is (peer == "192.0.2.1")


def test_each_failure_is_told_a_second_later_and_the_tenth_bars():
    async def story():
        clock = PushedClock(START_US)
        guard = made(clock)
        for number in range(1, 11):
            assert not guard.bars("192.0.2.1")
            told = asyncio.create_task(guard.login_failed("192.0.2.1"))
            for second in range(min(max(0, number - guards.SLOW_AFTER), guards.SLOWEST_S)):
                await asyncio.sleep(0)
                assert not told.done(), (number, second)
                clock.push(1)
            await told
        assert guard.bars("192.0.2.1")
        clock.push(guards.WINDOW_US / 1e6)
        assert not guard.bars("192.0.2.1")

    asyncio.run(story())


def test_each_bar_is_twice_as_long_as_the_last_until_there_was_peace_for_a_day():
    clock = PushedClock(START_US)
    guard = made(clock, failed_logins=1, longest_bar=timedelta(minutes=6))
    for minutes in (1, 2, 4, 6, 6):
        asyncio.run(guard.login_failed("192.0.2.1"))
        clock.push(60 * minutes - 1)
        assert guard.bars("192.0.2.1"), minutes
        clock.push(2)
        assert not guard.bars("192.0.2.1"), minutes
    clock.push(86_400)
    asyncio.run(guard.login_failed("192.0.2.1"))
    clock.push(61)
    assert not guard.bars("192.0.2.1")


def test_who_is_barred_is_shown_and_forgiven_in_all_workers():
    clock = PushedClock(START_US)
    one, other = made(clock, failed_logins=2), made(clock, failed_logins=2)
    one.elsewhere = other.heard
    for _ in range(2):
        asyncio.run(one.login_failed("2001:db8::7"))
    assert [(bar.what, bar.who, bar.times) for bar in other.barred()] == [("logins", "2001:db8::/64", 1)]
    assert one.forgive("2001:db8::9")
    assert not one.forgive("2001:db8::9")
    assert not other.bars("2001:db8::7")
    assert one.barred() == other.barred() == []


def test_a_clock_that_is_set_back_bars_nobody():
    clock = PushedClock(START_US)
    guard = made(clock, failed_logins=2)
    for _ in range(2):
        asyncio.run(guard.login_failed("192.0.2.1"))
    assert guard.bars("192.0.2.1")
    clock.push(-86_400)
    assert not guard.bars("192.0.2.1")


def test_one_worker_tells_the_others():
    one, other = made(), made()
    one.elsewhere = other.heard
    for _ in range(guards.SLOW_AFTER):
        asyncio.run(one.login_failed("2001:db8::1"))
    assert other._logins.recent(other.place("2001:db8::2")) == guards.SLOW_AFTER


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(guards, "MAX_ADDRESSES", 100)
    monkeypatch.setattr(tally, "MAX_NAMES", 100)
    guard = made()
    for number in range(1_000):
        peer = f"10.0.{number >> 8}.{number & 255}"
        for _ in range(20):
            for kind in (b"l", b"n", b"r"):
                guard.heard(MARK + kind + peer.encode())
        guard.is_news(peer)
        with guard.visit(peer, logs_in=True):
            pass
    assert len(guard._told) == 100
    for counted in guard._tallies.values():
        assert len(counted._seen) <= 100
        assert len(counted._bars) <= 100
    assert not guard._open


def test_places_are_given_back_whatever_happens():
    guard = made(connections=2)
    with contextlib.suppress(RuntimeError), guard.visit("192.0.2.1", logs_in=False):
        raise RuntimeError
    with guard.visit("192.0.2.1", logs_in=False), guard.visit("192.0.2.1", logs_in=False) as second:
        assert second is None
        with guard.visit("192.0.2.1", logs_in=False) as third, guard.visit("192.0.2.2", logs_in=False) as stranger:
            assert third is Turned.CONNECTIONS
            assert stranger is None
    assert not guard._open


# ── at real ports ──


async def guess(stations, service, times):
    """So many wrong passwords, a connection each; how many were answered."""
    answered = 0
    for _ in range(times):
        client = await stations.client(service, greeted=False)
        said = await client.until(b"\r\n")
        if service == "submission" and said.startswith(b"220"):
            await client.send(b"EHLO x\r\n")
            await client.until(b"250 ")
        answered += NO[service] in await client.last(GUESSES[service])
    return answered


@pytest.mark.parametrize("service", GUESSES)
def test_who_guesses_is_turned_away_at_all_doors_and_may_come_again(tmp_path, service):
    clock = PushedClock()

    async def story(stations):
        for login in GUESSES:
            await (await stations.client(login, hello=login == "submission", login=True)).last(b"QUIT\r\n")
        waiting = await stations.client(service, hello=service == "submission")
        assert await guess(stations, service, 6) == 3
        for login in GUESSES:
            client = await stations.client(login, greeted=False)
            assert GO_AWAY[login] + b" " + FAILURES in await client.last()
        # Nor does the right password help, said in a connection that was there before.
        said = await waiting.last(LOGINS[service])
        assert GO_AWAY[service] + b" " + FAILURES in said
        assert LOGGED_IN[service] not in said
        assert (await stations.client("smtp")).greeting.startswith(b"220")  # other people's mail still comes
        clock.push(61)
        for login in GUESSES:
            assert await stations.client(login, hello=login == "submission", login=True)

    attack(tmp_path, story, guard=GuardSettings(failed_logins=3, **NOBODY_IS_EXEMPT), clock=clock)


@pytest.mark.parametrize("service", GUESSES)
def test_without_the_guard_he_would_guess_on(tmp_path, service, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Tally, "bars", lambda self, name: False)

    async def at_once(self, seconds):
        pass

    monkeypatch.setattr(PushedClock, "sleep", at_once)

    async def story(stations):
        assert await guess(stations, service, 6) == 6

    attack(tmp_path, story, guard=GuardSettings(failed_logins=3, **NOBODY_IS_EXEMPT), clock=PushedClock())


@pytest.mark.parametrize(("limit", "answered"), [(5, 5), (100, 8)])
def test_nobody_takes_all_the_places(tmp_path, limit, answered):
    """The second row is the negative control."""

    async def story(stations):
        clients = [await stations.client("smtp") for _ in range(8)]
        assert sum(client.greeting.startswith(b"220") for client in clients) == answered
        if answered == 5:
            assert GO_AWAY["submission"] + b" " + CONNECTIONS in clients[-1].greeting
            for service in ("imap", "pop3"):
                client = await stations.client(service, greeted=False)
                assert GO_AWAY[service] + b" " + CONNECTIONS in await client.last()
            await clients[0].last(b"QUIT\r\n")
            async with asyncio.timeout(PATIENCE_S):  # its place is free when what it said is written down
                while not (await stations.client("smtp")).greeting.startswith(b"220"):
                    pass
        assert (await stations.client("lmtp")).greeting.startswith(b"220")  # a server of our own

    attack(tmp_path, story, guard=GuardSettings(connections=limit, **NOBODY_IS_EXEMPT))


def test_a_flood_of_those_turned_away_is_told_once(tmp_path):
    async def story(stations):
        await stations.client("smtp")
        for _ in range(20):
            assert b"421" in await (await stations.client("smtp", greeted=False)).last()
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey", {}))
        ends = [event.because for (packed,) in rows for event in unpack(packed) if isinstance(event, Closed)]
        assert ends.count("too many connections") == 1

    attack(tmp_path, story, guard=GuardSettings(connections=1, **NOBODY_IS_EXEMPT))
