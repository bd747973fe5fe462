"""`pyeonji score`: an address for one letter, marks for it, and then no address any more."""

import argparse
import asyncio
import json

import pytest

from kit.inprocess import attack
from pyeonji.cli import main
from pyeonji.cli.out import Out
from pyeonji.cli.score import PREFIX, Arrived, _scored
from pyeonji.journey.event import Connected, Line, TlsStarted
from pyeonji.lab.dns import DnsServer
from pyeonji.msgauth.score import deductions
from pyeonji.store import directory
from pyeonji.store.home import open_home

LETTER = b"From: a@far.test\r\nTo: b@here.test\r\nSubject: x\r\nMessage-ID: <1@far.test>\r\n\r\nHello\r\n"


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def call(*words):
        code = main(["score", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def test_a_letter_to_the_address_gets_marks_once(tmp_path, called):
    async def scenario(server):
        call = lambda *words: asyncio.to_thread(called, *words)  # noqa: E731
        code, out = await call("--json")
        address = json.loads(out)["address"]
        found = [code, await call(address)]
        client = await server.client("smtp", hello=True)
        found.append([await client.say(words) for words in letter_to(address)][-1])
        found += [await call(address, "--wait", "20s", "--json"), await call(address)]
        found.append([await client.say(words) for words in letter_to(address)[:2]][-1])
        seen.append((address, found))

    seen = []
    attack(tmp_path, scenario)
    ((address, (code, early, said, scored, again, refused)),) = seen
    assert (code, early[0], address.startswith(PREFIX)) == (0, 75, True)
    assert b"250 2.0.0 Ok: queued" in said
    assert scored[0] == 0
    told = json.loads(scored[1])
    assert told["origin_checked"] is False  # it came from this machine
    assert [one["key"] for one in told["deductions"]] == ["date_none"]
    assert told["deductions"][0]["paste"].startswith("Date: ")
    assert told["marks"] == 9.0
    assert (again[0], "is no address any more" in again[1]) == (1, True)
    assert b"550" in refused


def letter_to(address):
    return (
        b"MAIL FROM:<a@far.test>\r\n", b"RCPT TO:<" + address.encode() + b">\r\n", b"DATA\r\n", LETTER + b".\r\n"
    )  # fmt: skip


def test_marks_of_a_file_and_in_korean(tmp_path, called, monkeypatch):
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    code, out = called(str(path))
    assert (code, "9.0 / 10" in out, "-1.0  It has no Date." in out) == (0, True, True)
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "-1.0  Date가 없어요." in called(str(path))[1]


def test_what_is_no_such_address_is_said(tmp_path, called):
    assert main(["domain", "add", "here.test"]) == 0
    code, out = called("kim@here.test")
    assert (code, "is no address for marks" in out) == (2, True)
    code, out = called("--domain", "other.test")
    assert (code, "pyeonji domain add" in out) == (1, True)


def test_an_address_nobody_wrote_to_goes_after_a_day(tmp_path, called, monkeypatch):
    assert main(["domain", "add", "here.test"]) == 0

    def addresses_at(day):
        monkeypatch.setattr("pyeonji.cli.place.Place.now_us", lambda self: round((20_000 + day) * 86_400_000_000))
        called()
        home = open_home(tmp_path / "data", create=False)
        try:
            return [one.address for one in home.engine.read_now(directory.accounts)]
        finally:
            home.close()

    assert (len(addresses_at(0)), len(addresses_at(0.5)), len(addresses_at(1.2))) == (1, 2, 2)


ZONE = {
    "far.test": {"TXT": ['"v=spf1 ip4:198.51.45.1 -all"'], "A": ["198.51.45.1"]},
    "_dmarc.far.test": {"TXT": ['"v=DMARC1; p=none"']},
    "45.51.45.9.in-addr.arpa": {},
}


@pytest.mark.parametrize(("ip", "keys"), [("45.45.45.1", {"spf_fail", "dkim_none", "dmarc_fail", "ptr_none", "clear"})])
def test_where_it_came_from_is_asked_of_the_dns(tmp_path, monkeypatch, ip, keys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    events = (
        Connected(0, "in", "smtp", f"{ip}:4711"), Line(0, "in", False, "EHLO mx.far.test"),
    )  # fmt: skip
    arrived = Arrived(LETTER, 1_790_000_000_000_000, "smtp", "a@far.test", events)

    async def ask():
        dns = DnsServer(ZONE)
        await dns.start("127.0.0.1", 0)
        try:
            args = argparse.Namespace(dns=f"127.0.0.1:{dns.port}", data=str(tmp_path / "data"))
            return await _scored(arrived, args, Out("en", json=False))
        finally:
            await dns.stop()

    found = {one.key for one in deductions(asyncio.run(ask()))}
    assert found - {"date_none"} == keys
    assert Arrived(LETTER, 0, "smtp", "", (*events, TlsStarted(0, "TLSv1.3", "x"))).encrypted
