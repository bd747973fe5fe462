"""The DNS of the domains here is looked at: one verdict for each record, none where nobody answers."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from kit.patience import PATIENCE_S
from kit.stored import NOW, person
from pyeonji.config.load import default
from pyeonji.daemon import zone_watch
from pyeonji.daemon.assemble import Node, Outside
from pyeonji.daemon.zone_watch import STALE_S, ZoneWatch
from pyeonji.net.clock import SECOND_US, PushedClock
from pyeonji.proto.dns import SERVFAIL, answer_in
from pyeonji.store import apps, directory, told
from pyeonji.store.home import open_home
from pyeonji.zone.wanted import Facts

IP, PRIVATE = "198.41.0.4", "10.0.0.4"
KEY = ("s1._domainkey.a.test", "v=DKIM1; k=rsa; p=AAAA")
GOOD = {
    ("a.test", "MX"): ("10 mail.a.test",),
    ("mail.a.test", "A"): (IP,),
    ("a.test", "TXT"): ("v=spf1 mx -all",),
    ("mail.a.test", "TXT"): ("v=spf1 a -all",),
    ("s1._domainkey.a.test", "TXT"): ("v=DKIM1; k=rsa; p=AAAA",),
    ("_dmarc.a.test", "TXT"): ("v=DMARC1; p=reject",),
    ("_mta-sts.a.test", "TXT"): ("v=STSv1; id=1",),
    ("mta-sts.a.test", "CNAME"): ("mail.a.test",),
    ("4.0.41.198.in-addr.arpa", "PTR"): ("mail.a.test",),
}
ALL = {"mx", "address", "spf", "spf_host", "dkim", "dmarc", "sts", "sts_host", "ptr"}


class Zone:
    """`silent` are names that are answered with SERVFAIL."""

    def __init__(self, records, silent=()):
        self.records, self.silent = records, silent

    def said(self, question):
        return SERVFAIL if question.name in self.silent else answer_in(self.records, question)

    async def lookup(self, question):
        return self.said(question)

    async def answer_with(self, asking):
        found = next(asking)
        try:
            while True:
                found = asking.send(self.said(found))
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def home(tmp_path):
    opened = open_home(tmp_path / "data", create=True, synchronous="OFF")
    opened.engine.write_now(directory.add_domain, "a.test", NOW)
    yield opened
    opened.close()


def looked(home, zone, *, addresses=(IP,), clock=None):
    clock = clock or PushedClock(NOW)

    def facts(domain, own):
        return Facts(domain, "mail.a.test", addresses, (KEY,), sts_id="1")

    asyncio.run(ZoneWatch(home, clock, zone, facts, active=True).look())
    return zone_watch.read(home.data, clock.now_us() // SECOND_US)


def test_all_is_well(home):
    assert looked(home, Zone(GOOD)) == {"a.test": dict.fromkeys(ALL, True)}


BROKEN = [
    (("a.test", "MX"), ("10 elsewhere.test",), {"mx"}),
    (("a.test", "TXT"), ("v=spf1 ip4:192.0.2.1 -all",), {"spf"}),
    (("a.test", "TXT"), (), {"spf"}),
    (("s1._domainkey.a.test", "TXT"), ("v=DKIM1; k=rsa; p=BBBB",), {"dkim"}),
    (("_dmarc.a.test", "TXT"), (), {"dmarc"}),
    (("_mta-sts.a.test", "TXT"), ("v=STSv1; id=2",), {"sts"}),
    (("4.0.41.198.in-addr.arpa", "PTR"), ("other.test",), {"ptr"}),
    (("4.0.41.198.in-addr.arpa", "PTR"), (), {"ptr"}),
]


@pytest.mark.parametrize(("which", "value", "bad"), BROKEN)
def test_what_is_wrong_is_said_of_its_record_alone(home, which, value, bad):
    records = {name: old for name, old in GOOD.items() if name != which} | ({which: value} if value else {})
    found = looked(home, Zone(records))["a.test"]
    assert {record for record, is_good in found.items() if not is_good} == bad
    assert set(found) == ALL


def test_where_nobody_answers_there_is_no_verdict(home):
    found = looked(home, Zone(GOOD, silent=("_dmarc.a.test", "4.0.41.198.in-addr.arpa")))["a.test"]
    assert set(found) == ALL - {"dmarc", "ptr"} and all(found.values())


def test_behind_a_translator_nothing_is_said_of_addresses(home):
    assert set(looked(home, Zone(GOOD), addresses=(PRIVATE,))["a.test"]) == ALL - {"address", "ptr"}


def test_what_was_found_long_ago_is_found_no_more(home):
    clock = PushedClock(NOW)
    assert looked(home, Zone(GOOD), clock=clock)
    now_s = clock.now_us() // SECOND_US
    assert zone_watch.read(home.data, now_s + int(STALE_S) - 1)
    assert zone_watch.read(home.data, now_s + int(STALE_S) + 1) == {}
    (home.data / zone_watch.FILE).write_bytes(b"{")
    assert zone_watch.read(home.data, now_s) == {}


def heard(home, app_id):
    return [(one.type, one.facts["records"]) for one in home.engine.read_now(told.after, app_id, 0, 100)]


def test_apps_are_told_when_a_record_turned_and_not_at_each_look(home):
    board = home.engine.write_now(apps.add, "board", person(home, "kim@a.test").id, NOW)
    without = {name: value for name, value in GOOD.items() if name != ("a.test", "MX")}
    for records in (GOOD, GOOD, without, without, GOOD, GOOD):
        looked(home, Zone(records))
    assert heard(home, board) == [("domain.check_failed", ["mx"]), ("domain.check_ok", [])]


def test_what_a_resolver_remembers_is_no_news_where_the_zone_itself_says_otherwise(home, monkeypatch):
    class Authority:
        def __init__(self, resolver):
            self.lookup = Zone(GOOD).lookup

    board = home.engine.write_now(apps.add, "board", person(home, "kim@a.test").id, NOW)
    stale = Zone({name: value for name, value in GOOD.items() if name != ("a.test", "MX")})
    monkeypatch.setattr(zone_watch, "Authority", Authority)
    assert looked(home, stale)["a.test"]["mx"] is False  # the metric shows what others see, too
    assert heard(home, board) == []
    monkeypatch.undo()
    looked(home, stale)
    assert heard(home, board) == [("domain.check_failed", ["mx"])]


@pytest.mark.parametrize(("hostname", "says"), [("mail.a.test", True), ("localhost", False)])
def test_a_server_looks_by_itself_and_says_it_to_prometheus(tmp_path, monkeypatch, hostname, says):
    """One that has no name in the world does not."""
    looks = asyncio.Event()

    class Noted(ZoneWatch):
        async def look(self):
            await super().look()
            looks.set()

    async def story():
        settings = replace(default(tmp_path / "data"), hostname=hostname, listeners=())
        clock = PushedClock(NOW)
        node = Node(settings, Outside(clock=clock, resolver=Zone(GOOD)))
        node.home.engine.write_now(directory.add_domain, "a.test", NOW)
        await node.start(local=False)
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(3_000 if says else 3):
                    clock.push(zone_watch.FIRST_S + 1)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(looks.wait(), 0.01)
                    if looks.is_set():
                        break
            return await node.measured()
        finally:
            await node.stop(0)

    monkeypatch.setattr("pyeonji.daemon.assemble.ZoneWatch", Noted)
    page = asyncio.run(story())
    assert ('pyeonji_dns_check_ok{domain="a.test",record="mx"} 1' in page) is says
