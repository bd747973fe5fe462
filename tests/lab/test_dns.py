"""The lab's DNS answers over real UDP and TCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import pytest

from pyeonji.lab.dns import DnsServer, lab_zone


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[DnsServer]:
    server = DnsServer(lab_zone())
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.stop()


async def ask(server: DnsServer, name: str, kind: str, *, tcp: bool = False) -> dns.message.Message:
    question = dns.message.make_query(name, kind)
    query = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await query(question, "127.0.0.1", timeout=2, port=server.port)


@pytest.mark.parametrize("tcp", [False, True])
def test_three_servers_take_the_mail_of_the_second_class(tcp: bool):
    async def talk() -> None:
        async with serving() as server:
            answer = await ask(server, "2ban.test", "MX", tcp=tcp)
            assert sorted(record.to_text() for record in answer.answer[0]) == [
                "10 mx1.2ban.test.", "15 mx2.2ban.test.", "20 mx3.2ban.test."
            ]  # fmt: skip
            assert answer.flags & dns.flags.AA
            assert {rrset.name.to_text() for rrset in answer.additional} == {f"mx{n}.2ban.test." for n in (1, 2, 3)}

    asyncio.run(talk())


def test_an_alias_is_followed():
    zone = {"a.test": {"CNAME": ["B.test."]}, "b.test": {"A": ["192.0.2.1"]}, "c.test": {"CNAME": ["c.test."]}}

    async def talk() -> None:
        server = DnsServer(zone)
        await server.start("127.0.0.1", 0)
        try:
            answer = await ask(server, "a.test", "A")
            assert answer.resolve_chaining().answer[0].to_text() == "192.0.2.1"
            only = await ask(server, "a.test", "CNAME")
            assert len(only.answer) == 1
            assert (await ask(server, "c.test", "A")).answer  # goes in circles, and ends
        finally:
            await server.stop()

    asyncio.run(talk())


CASES = [
    ("nomail.test", "MX", "NOERROR", ["0 ."]),
    ("plain.test", "MX", "NOERROR", []),
    ("plain.test", "A", "NOERROR", ["127.0.0.1"]),
    ("MX1.2BAN.test", "A", "NOERROR", ["127.0.0.1"]),
    ("mx1.2ban.test", "AAAA", "NOERROR", []),
    ("nowhere.test", "MX", "NXDOMAIN", []),
    ("test", "MX", "NOERROR", []),
]


@pytest.mark.parametrize(("name", "kind", "rcode", "records"), CASES)
def test_each_name_has_its_answer(name: str, kind: str, rcode: str, records: list[str]):
    server = DnsServer(lab_zone())
    answer = dns.message.from_wire(server.answer(dns.message.make_query(name, kind).to_wire()))
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert [record.to_text() for rrset in answer.answer for record in rrset] == records
    assert bool(answer.authority) is not bool(records)


def test_a_broken_domain_fails_or_keeps_silent_until_it_is_healed():
    async def talk() -> None:
        async with serving() as server:
            server.failing.add("2ban.test")
            assert (await ask(server, "mx1.2ban.test", "A")).rcode() == dns.rcode.SERVFAIL
            assert (await ask(server, "1ban.test", "MX")).rcode() == dns.rcode.NOERROR
            server.silent.add("")
            with pytest.raises(dns.exception.Timeout):
                await dns.asyncquery.udp(dns.message.make_query("a.test", "A"), "127.0.0.1", 0.2, server.port)
            server.heal()
            assert (await ask(server, "2ban.test", "MX")).rcode() == dns.rcode.NOERROR

    asyncio.run(talk())


@pytest.mark.parametrize("wire", [b"", b"x", bytes(11), b"\xff" * 40, b"\x12\x34\x01\x00" + b"\xff" * 8, bytes(600)])
def test_octets_that_are_no_question_do_no_harm(wire: bytes):
    answer = DnsServer(lab_zone()).answer(wire)
    assert answer is None or len(answer) >= 12


def test_an_answer_too_long_for_udp_asks_to_come_again_over_tcp():
    zone = lab_zone()
    zone["many.test"] = {"MX": [f"{n} a-rather-long-name-{n:03}.many.test." for n in range(60)]}
    server = DnsServer(zone)
    wire = server.answer(dns.message.make_query("many.test", "MX").to_wire(), 512)
    assert len(wire) <= 512 and dns.message.from_wire(wire).flags & dns.flags.TC
    assert len(server.answer(dns.message.make_query("many.test", "MX").to_wire())) > 512
