"""`pyeonji check` and `pyeonji dial`: what others see, and a talk with a sentence under each line."""

import asyncio
import json

import pytest

from kit.stored import NOW, person
from pyeonji.cli import main
from pyeonji.cli.check import stranger
from pyeonji.cli.machine import Machine
from pyeonji.lab.dns import DnsServer
from pyeonji.net.authority import Authority
from pyeonji.net.clock import SystemClock
from pyeonji.net.resolver import Resolver
from pyeonji.store import directory
from pyeonji.store.home import open_home

HOST = "127.0.0.1"


def world(zone, ask):
    """Run something with a name server that knows this zone."""

    async def go():
        server = DnsServer(zone)
        await server.start(HOST, 0)
        try:
            return await ask(f"{HOST}:{server.port}")
        finally:
            await server.stop()

    return asyncio.run(go())


def seen(zone, domain):
    async def ask(server):
        resolver = Resolver((server,), SystemClock())
        return await stranger(Machine("", domain, (), resolver, Authority(resolver), SystemClock()))

    return {fact.key: fact.verdict for fact in world(zone, ask)}


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ({}, {"no_such_domain": "bad"}),
        ({"b.test": {"MX": ["0 ."]}}, {"null_mx": "bad"}),
        (
            {
                "b.test": {"MX": ["10 mx.b.test."], "TXT": ['"v=spf1 mx -all"']},
                "_dmarc.b.test": {"TXT": ['"v=DMARC1"']},
            },
            {"their_mx": "good", "mx_silent": "bad", "their_spf": "good", "their_dmarc": "good", "no_sts": "better"},
        ),
        (
            {"b.test": {"A": ["127.0.0.9"]}},
            {"no_mx": "better", "mx_silent": "bad", "no_spf": "better", "no_dmarc": "better", "no_sts": "better"},
        ),
    ],
)
def test_another_domain_is_seen_as_a_sender_sees_it(zone, found):
    assert seen(zone, "b.test") == found


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    person(home)
    home.close()
    return tmp_path / "data"


@pytest.mark.parametrize(("address", "verdict"), [("kim@a.test", "good"), ("nobody@a.test", "bad")])
def test_an_address_of_ours_reaches_somebody_or_not(data, capsys, monkeypatch, address, verdict):
    monkeypatch.setattr("pyeonji.cli.machine.TIME_SERVERS", ())
    monkeypatch.setattr("pyeonji.cli.machine.PROVIDERS", ())
    monkeypatch.setattr("pyeonji.cli.machine.LISTS", ())

    async def ask(server):
        return await asyncio.to_thread(
            main, ["check", address, "--json", "--dns", server, "--at", server, "--address", "192.0.2.7"]
        )

    assert world({"a.test": {"MX": ["10 localhost."]}}, ask) == 1  # most records are missing
    facts = {fact["key"]: fact for fact in json.loads(capsys.readouterr().out)["facts"]}
    assert facts["somebody_here" if verdict == "good" else "nobody_here"]["verdict"] == verdict


def test_the_name_of_an_ip_address_must_lead_back(capsys, monkeypatch):
    monkeypatch.setattr("pyeonji.cli.machine.LISTS", ())
    zone = {"7.2.0.192.in-addr.arpa": {"PTR": ["mx.b.test."]}, "mx.b.test": {"A": ["192.0.2.7"]}}

    async def ask(server):
        return await asyncio.to_thread(main, ["check", "192.0.2.7", "--dns", server])

    assert world(zone, ask) == 0
    assert "mx.b.test" in capsys.readouterr().out
    zone["mx.b.test"] = {"A": ["192.0.2.8"]}
    assert world(zone, ask) == 1
    assert "lead" in capsys.readouterr().out


async def server_that_says(*replies):
    """Greets with the first, answers each line with the next; where it listens, and what it heard."""
    heard = []

    async def serve(reader, writer):
        for reply in replies:
            writer.write(reply.encode())
            if not (line := await reader.readline()):
                break
            heard.append(line.decode().strip())
        writer.close()

    listener = await asyncio.start_server(serve, HOST, 0)
    return listener, listener.sockets[0].getsockname()[1], heard


def dialled(replies, *arguments):
    async def go():
        listener, port, heard = await server_that_says(*replies)
        code = await asyncio.to_thread(main, ["dial", f"{HOST}:{port}", "--json", *arguments])
        listener.close()
        return code, heard

    return asyncio.run(go())


GOOD = ("220 mx ESMTP\r\n", "250-mx\r\n250 SIZE 1000\r\n", "250 2.1.0 Ok\r\n", "250 2.1.5 Ok\r\n", "221 Bye\r\n")


def test_every_line_of_a_talk_has_a_sentence_and_no_letter_is_sent(capsys):
    code, heard = dialled(GOOD, "--to", "kim@b.test", "--helo", "me.test")
    assert code == 0
    assert heard == ["EHLO me.test", "MAIL FROM:<>", "RCPT TO:<kim@b.test>", "QUIT"]
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert len(lines) == 10
    assert all(line["meaning"] for line in lines if not line["text"].startswith("250-"))


@pytest.mark.parametrize(
    ("replies", "trouble"),
    [
        (("554 no\r\n",), "no"),
        ((*GOOD[:3], "550 5.1.1 No such user\r\n"), "5.1.1 No such user"),
        (GOOD[:1], "closed"),
        (("220 x\r\n", "nonsense\r\n"), "nonsense"),
    ],
)
def test_a_talk_that_ends_early_says_why(capsys, replies, trouble):
    code, _ = dialled(replies, "--to", "kim@b.test")
    assert code == 1
    assert json.loads(capsys.readouterr().out)["trouble"].endswith(trouble)


def test_a_host_that_is_none_or_does_not_answer_is_told_in_one_sentence(capsys):
    assert main(["dial", "mx.b.test:port"]) == 2
    assert main(["dial", f"{HOST}:1"]) == 1
    assert "Traceback" not in capsys.readouterr().err
