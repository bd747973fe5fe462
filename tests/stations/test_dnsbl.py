"""Lists of addresses: what is a listing and what only looks like one, and what a listed peer hears."""

import asyncio
from dataclasses import replace

import pytest

from kit.inprocess import attack
from pyeonji.filters import dnsbl
from pyeonji.filters.dnsbl import DnsList, DnsLists, NotAList, Standing, listed, name_of, parse_list
from pyeonji.filters.front import FrontSettings
from pyeonji.journey.event import Decided, Refused, unpack
from pyeonji.net.clock import PushedClock
from pyeonji.proto.dns import SERVFAIL, TIMEOUT, Answer, answer_in
from pyeonji.store.settings import NEVER

START_US = 1_790_000_000_000_000
BAD, IPV6 = "192.0.2.1", "2001:db8::1"
Z, G = "zen.example", "good.example"
AT_Z, AT_G = f"1.2.0.192.{Z}", f"1.2.0.192.{G}"
WHY = "https://www.example/query?ip=192.0.2.1"


@pytest.mark.parametrize(
    ("ip", "name"),
    [
        (BAD, AT_Z),
        ("2001:db8:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.zen.example"),
    ],
)
def test_an_address_is_asked_for_backwards(ip, name):
    """RFC 5782 §2.1, §2.4."""
    assert name_of(ip, Z) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zen.example", DnsList(Z)),
        ("Zen.Example.*3", DnsList(Z, 3)),
        ("good.example*-2", DnsList(G, -2)),
        ("zen.example=127.0.0.2", DnsList(Z, 1, tuple((range(n, n + 1),) for n in (127, 0, 0, 2)))),
        ("zen.example=127.0.[0..255].[1;3..4]*2", DnsList(
            Z, 2, ((range(127, 128),), (range(1),), (range(256),), (range(1, 2), range(3, 5))))),
        *((text, None) for text in ("", "zen", "zen example", "zen.example*0", "zen.example*101", "zen.example*x",
                                    "zen.example=127.0.0", "zen.example=127.0.0.[2..", "*3", "zen.example=*3",
                                    "-.example")),
    ],
)  # fmt: skip
def test_a_list_is_written_as_in_postfix(text, expected):
    if expected is None and text != "zen":
        with pytest.raises(NotAList):
            parse_list(text)
    elif expected is not None:
        assert parse_list(text) == expected


LISTED = {
    ("127.0.0.2",): True,
    ("127.0.0.10", "127.0.0.4"): True,
    ("127.255.255.252",): False,  # a mistake in the name of the list
    ("127.255.255.254",): False,  # asked through a public resolver
    ("127.255.255.255",): False,  # too many questions
    ("127.0.0.2", "127.255.255.254"): False,
    ("203.0.113.80",): False,  # the domain was sold
    ("127.0.0.2", "203.0.113.80"): False,
    ("0.0.0.0",): False,
    (): False,
}


@pytest.mark.parametrize("records", LISTED)
def test_only_what_a_list_says_is_a_listing(records):
    found, trouble = listed(DnsList(Z), Answer(records))
    assert bool(found) is LISTED[records]
    assert bool(trouble) is bool(records and not LISTED[records])


def test_only_the_answers_asked_for_count():
    assert listed(parse_list("zen.example=127.0.0.[2..3]"), Answer(("127.0.0.10", "127.0.0.3"))) == (("127.0.0.3",), "")
    assert listed(parse_list("zen.example=127.0.0.[2..3]"), Answer(("127.0.0.10",))) == ((), "")


class Zone:
    """A resolver that answers from a dict, and about one name never."""

    def __init__(self, zone, silent=""):
        self.zone, self.silent, self.asked = zone, silent, []

    async def answer_with(self, asking):
        try:
            question = next(asking)
            while True:
                self.asked.append(question.name)
                if question.name == self.silent:
                    await asyncio.Event().wait()
                question = asking.send(answer_in(self.zone, question))
        except StopIteration as stop:
            return stop.value


def standing(zone, *lists, ip=BAD, clock=None, silent=""):
    resolver = Zone(zone, silent)
    return asyncio.run(DnsLists(lists, resolver, clock or PushedClock(START_US)).standing(ip)), resolver


HIT = {(AT_Z, "A"): ("127.0.0.2",), (AT_Z, "TXT"): (WHY,)}


def test_lists_are_added_up_and_say_why():
    found, _ = standing(HIT | {(AT_G, "A"): ("127.0.5.2",)}, "zen.example*3", "good.example*-2", "other.example")
    assert [(hit.zone, hit.records, hit.weight, hit.why) for hit in found.hits] == [
        (Z, ("127.0.0.2",), 3, WHY),
        (G, ("127.0.5.2",), -2, ""),
    ]
    assert found.score == 1
    assert found.worst.zone == Z


@pytest.mark.parametrize("ip", [BAD, IPV6])
def test_a_list_that_lists_everybody_is_not_believed(ip, monkeypatch):
    clock = PushedClock(START_US)
    everybody = {(name_of(one, Z), "A"): ("127.0.0.2",) for one in (ip, *dnsbl.NOBODY.values())}
    found, _ = standing(everybody, Z, ip=ip, clock=clock)
    assert not found.hits
    assert found.troubles[0][0] == Z
    assert "everybody" in found.troubles[0][1]
    monkeypatch.setattr(dnsbl.DnsLists, "_is_off", lambda self, one, ip: asyncio.sleep(0, False))
    assert standing(everybody, Z, ip=ip)[0].score == 1  # negative control


def test_that_is_asked_once_an_hour():
    async def story():
        clock, resolver = PushedClock(START_US), Zone(HIT)
        lists = DnsLists((Z,), resolver, clock)
        test = name_of("127.0.0.1", Z)
        for _ in range(3):
            await lists.standing(BAD)
        assert resolver.asked.count(test) == 1
        clock.push(3_601)
        await lists.standing(BAD)
        assert resolver.asked.count(test) == 2

    asyncio.run(story())


@pytest.mark.parametrize("failure", [SERVFAIL, TIMEOUT, Answer(failure="refused")])
def test_who_does_not_answer_lists_nobody(failure):
    found, _ = standing({(AT_Z, "A"): failure} | {(AT_G, "A"): ("127.0.0.2",)}, Z, G)
    assert found.score == 1
    assert found.troubles == ((Z, f"does not answer: {failure.failure}"),)


def test_a_silent_list_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(dnsbl, "DEADLINE_S", 0.05)
    found, _ = standing(HIT, Z, G, silent=AT_G)
    assert found.score == 1
    assert found.troubles == ((G, "does not answer: timeout"),)


def test_a_list_cannot_write_into_our_replies():
    evil = "go\r\n250 2.0.0 Ok" + "x" * 1_000 + "\x1b[2J 편지"
    found, _ = standing({(AT_Z, "A"): ("127.0.0.2",), (AT_Z, "TXT"): (evil,)}, Z)
    assert found.worst.why.isprintable()
    assert found.worst.why.isascii()
    assert len(found.worst.why) <= dnsbl.MAX_WHY


def test_without_lists_nobody_is_asked():
    found, resolver = standing(HIT)
    assert found == Standing()
    assert not resolver.asked


# ── in a conversation ──

ASKS = FrontSettings(proxies=("127.0.0.0/8",), greet_pause=NEVER, lists=("zen.example*3",))
TO = {"kim": b"RCPT TO:<kim@here.test>\r\n", "postmaster": b"RCPT TO:<postmaster@here.test>\r\n"}


@pytest.mark.parametrize(
    ("peer", "to", "settings", "answer"),
    [
        (BAD, "kim", {}, b"550 5.7.1 [192.0.2.1] is listed by zen.example: " + WHY.encode()),
        (BAD, "postmaster", {}, b"250 2.1.5"),
        (BAD, "kim", {"refuse_score": 4}, b"250 2.1.5"),
        (BAD, "kim", {"lists": ()}, b"250 2.1.5"),  # negative control
        (BAD, "kim", {"exempt": ("192.0.2.0/24",)}, b"250 2.1.5"),
        ("192.0.2.2", "kim", {}, b"250 2.1.5"),
        ("10.0.0.1", "kim", {}, b"250 2.1.5"),
    ],
)
def test_who_is_listed_hears_by_whom_and_where_to_go(tmp_path, peer, to, settings, answer):
    zone = HIT | {(f"1.0.0.10.{Z}", "A"): ("127.0.0.2",)}

    async def story(stations):
        client = await stations.client("smtp", greeted=False)
        await client.send(b"PROXY TCP4 %b 198.51.100.7 56324 25\r\n" % peer.encode())
        await client.until(b"220 ")
        await client.send(b"EHLO x\r\n")
        await client.until(b"250 ")
        said = await client.last(b"MAIL FROM:<a@b.test>\r\n" + TO[to] + b"QUIT\r\n")
        assert answer in said
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey ORDER BY id", {}))
        events = [event for (packed,) in rows for event in unpack(packed)]
        rules = [(e.rule, e.value, e.outcome) for e in events if isinstance(e, Decided) and "dns" in e.rule]
        if b"550" in answer:
            assert [e.because for e in events if isinstance(e, Refused)] == ["dnsbl"]
            assert rules == [
                ("dnsbl", "zen.example", f"listed: 127.0.0.2, +3, {WHY}"),
                ("dnsbl score", "3", "refused"),
            ]
        elif settings == {"refuse_score": 4}:
            assert rules[-1] == ("dnsbl score", "3", "junk")

    attack(tmp_path, story, front=replace(ASKS, **settings), zone=zone)
