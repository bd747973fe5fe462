"""`pyeonji dns`: from the zone's own name servers, so that no cache remembers what was not there yet."""

import asyncio
import contextlib
import json

import pytest

from kit.stored import NOW, person
from pyeonji.cli import main
from pyeonji.cli.dns import until_good
from pyeonji.lab.dns import DnsServer
from pyeonji.net.authority import Authority
from pyeonji.net.clock import SystemClock
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Answer, Question, answer_in
from pyeonji.store import apps, directory, keys
from pyeonji.store import told as told_
from pyeonji.store.home import open_home
from pyeonji.zone.compare import compared
from pyeonji.zone.wanted import Facts, wanted

PARENT = {
    "test": {"NS": ["ns.test."]},
    "ns.test": {"A": ["127.0.0.1"]},
    "a.test": {"NS": ["ns.a.test."]},
    "ns.a.test": {"A": ["127.0.0.2"]},
}
CHILD = {"a.test": {"MX": ["10 mail.a.test."], "CAA": ['0 issue "ca.test"']}, "mail.a.test": {"A": ["192.0.2.7"]},
         "_imaps._tcp.a.test": {"SRV": ["0 1 993 mail.a.test."]}}  # fmt: skip


@contextlib.asynccontextmanager
async def two_name_servers():
    """The servers of "test" and of "a.test", on one port; and who asks them."""
    parent, child = DnsServer(PARENT), DnsServer(CHILD)
    await parent.start("127.0.0.1", 0)
    await child.start("127.0.0.2", parent.port)
    resolver = Resolver((f"127.0.0.1:{parent.port}",), SystemClock())
    try:
        yield parent, child, Authority(resolver, port=parent.port)
    finally:
        await parent.stop()
        await child.stop()


def test_the_servers_of_a_zone_are_found_from_the_top_and_nobody_else_hears_of_a_missing_name():
    async def go():
        async with two_name_servers() as (parent, child, authority):
            found = [
                await authority.lookup(Question(name, kind))
                for name, kind in (
                    ("a.test", "MX"), ("s1._domainkey.a.test", "TXT"), ("_imaps._tcp.a.test", "SRV"), ("a.test", "CAA"),
                )
            ]  # fmt: skip
            return found, parent.asked, child.asked, authority.asked

    (mx, key, srv, caa), above, here, servers = asyncio.run(go())
    assert mx.records == ("10 mail.a.test",)
    assert not key.exists
    assert srv.records == ("0 1 993 mail.a.test",)
    assert caa.records == ('0 issue "ca.test"',)
    assert ("s1._domainkey.a.test", "TXT") in here
    assert {kind for _, kind in above} <= {"NS", "A"}  # the parent was asked for the way, never for the record
    assert servers == {"a.test": ["ns.a.test"]}


def test_a_zone_whose_servers_are_silent_is_unknown():
    async def go():
        async with two_name_servers() as (parent, _, authority):
            parent.failing.add("test")
            return await authority.lookup(Question("a.test", "MX"))

    assert asyncio.run(go()).failure == "no authority"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    person(home)
    home.engine.write_now(
        lambda tx: keys.add_key(tx, keys.OwnKey("a.test", "s1", "rsa-sha256", "v=DKIM1; p=AAAA", NOW, 0, 0, 0), "x")
    )  # fmt: skip
    home.close()
    (tmp_path / "data" / "pyeonji.toml").write_text(
        'hostname = "mail.a.test"\n[listeners]\nsmtp = "0.0.0.0:25"\nimaps = "0.0.0.0:993"\n'
    )
    return tmp_path / "data"


def test_show_and_zone_name_every_record(data, capsys):
    assert main(["dns", "show", "a.test", "--address", "192.0.2.7", "--lang", "ko"]) == 0
    shown = capsys.readouterr().out
    assert "v=DKIM1; p=AAAA" in shown
    assert main(["dns", "zone", "a.test", "--address", "192.0.2.7"]) == 0
    zone = capsys.readouterr().out
    assert "mail.a.test. 3600 IN A 192.0.2.7" in zone
    assert "_imaps._tcp.a.test. 3600 IN SRV 0 1 993 mail.a.test." in zone
    assert main(["dns", "show", "b.test"]) == 1


def test_check_says_what_to_paste_and_is_content_when_it_is_there(data, capsys):
    async def go(*more):
        server = DnsServer(zone)
        await server.start("127.0.0.1", 0)
        try:
            arguments = ["dns", "check", "a.test", "--address", "192.0.2.7", "--at", f"127.0.0.1:{server.port}", *more]
            return await asyncio.to_thread(main, arguments)
        finally:
            await server.stop()

    zone = {name: dict(records) for name, records in CHILD.items()}
    assert asyncio.run(go("--json")) == 1
    found = json.loads(capsys.readouterr().out)["records"]
    pastes = {one["key"]: one["paste"] for one in found if one["verdict"] == "missing" and one["need"] == "must"}
    assert pastes == {
        "spf": 'a.test. 3600 IN TXT "v=spf1 mx -all"',
        "dkim": 's1._domainkey.a.test. 3600 IN TXT "v=DKIM1; p=AAAA"',
    }
    for one in found:
        if one["paste"]:
            value = one["paste"].partition(f" IN {one['type']} ")[2]
            zone.setdefault(one["name"], {}).setdefault(one["type"], []).append(value)
    assert asyncio.run(go()) == 0
    assert "a.test are good" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["dns", "check", "a.test"], ["domain.check_failed"]),
        (["check", "a.test"], ["domain.check_failed"]),
        (["dns", "check", "a.test", "--at", "127.0.0.1:53"], []),  # as one server sees it
        (["dns", "check", "a.test", "--address", "192.0.2.7"], []),  # if the host had another address
    ],
)
def test_what_a_check_finds_is_told_to_apps_once(data, monkeypatch, capsys, arguments, told):
    async def looked(settings, facts, at):
        records = wanted(facts)
        return compared(facts, records, {Question(one.name, one.kind): Answer() for one in records}), []

    async def nothing(looking):
        return []

    monkeypatch.setattr("pyeonji.cli.dns.looked", looked)
    for name in ("clock", "names", "way_out", "reverse", "lists"):
        monkeypatch.setattr(f"pyeonji.cli.machine.{name}", nothing)
    monkeypatch.setattr("pyeonji.cli.check.as_data", lambda out, fact: {})
    with contextlib.closing(open_home(data, create=False)) as home:
        board = home.engine.write_now(apps.add, "board", home.engine.read_now(directory.account, "kim@a.test").id, NOW)
        for _ in range(2):
            main([*arguments, "--json"])
        assert [one.type for one in home.engine.read_now(told_.after, board, 0, 9)] == told


def test_watch_tells_of_each_change_once_and_ends_when_all_is_there():
    facts = Facts("a.test", "mail.a.test", ("192.0.2.7",))
    records = wanted(facts)
    zone: dict = {}
    told, rests = [], []

    async def look():
        answers = {Question(one.name, one.kind): answer_in(zone, Question(one.name, one.kind)) for one in records}
        return compared(facts, records, answers)

    async def rest():
        rests.append(1)
        one = records[len(rests) - 1]
        zone[one.name, one.kind] = Answer((one.value,))

    asyncio.run(until_good(look, lambda row: told.append((row.wanted.key, row.verdict)), rest))
    bad = [one for one in records if one.need != "may"]
    assert len(rests) == len(bad)
    assert told.count(("mx", "missing")) == told.count(("mx", "good")) == 1


def test_a_zone_is_written_as_the_pages_of_a_provider_want_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    assert main(["domain", "add", "a.test", "--lang", "ko"]) == 0
    capsys.readouterr()
    words = ["dns", "zone", "a.test", "--address", "192.0.2.7", "--provider"]
    assert main([*words, "gabia", "--lang", "ko"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("가비아")
    assert "_dmarc" in out
    assert "pyeonji dns watch a.test" in out
    assert main([*words, "route53", "--json"]) == 0
    assert json.loads(json.loads(capsys.readouterr().out)["text"])["Changes"]
    assert main([*words, "nobody"]) == 2
