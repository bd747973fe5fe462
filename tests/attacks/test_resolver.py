"""A12: who answers in a name server's place, and answers that only fill our memory."""

import asyncio

import dns.message
import dns.rrset
import pytest

from pyeonji.lab.dns import DnsServer
from pyeonji.net import resolver as module
from pyeonji.net.clock import PushedClock
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Answer, Question

QUESTION = Question("bank.test", "A")
LIE, TRUTH = "203.0.113.66", "192.0.2.1"


class Liar(asyncio.DatagramProtocol):
    """A name server whose answer comes behind that of somebody who guesses."""

    def __init__(self, guess):
        self.guess = guess

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        asyncio.get_running_loop().create_task(self.answer(dns.message.from_wire(data), peer))

    async def answer(self, query, peer):
        await self.guess(self.transport, query, peer)
        self.transport.sendto(answer(query, TRUTH), peer)


def answer(query, address, name=None):
    response = dns.message.make_response(query)
    response.answer = [dns.rrset.from_text(name or query.question[0].name, 300, "IN", "A", address)]
    return response.to_wire()


async def by_another_number(transport, query, peer):
    octets = answer(query, LIE)
    transport.sendto(bytes([octets[0] ^ 1]) + octets[1:], peer)


async def to_another_question(transport, query, peer):
    other = dns.message.make_query("other.test.", "A", id=query.id)
    transport.sendto(answer(other, LIE), peer)


async def from_another_port(_, query, peer):
    loop = asyncio.get_running_loop()
    other, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    other.sendto(answer(query, LIE), peer)
    other.close()


async def in_rubbish(transport, query, peer):
    transport.sendto(b"\xff" * 40, peer)
    transport.sendto(query.to_wire()[:2] + b"\x84\x00", peer)


async def about_another_name(transport, query, peer):
    """The right number and question, and a record about somebody else beside nothing about what was asked."""
    transport.sendto(answer(query, LIE, "other.test."), peer)


async def knowing_all(transport, query, peer):
    transport.sendto(answer(query, LIE), peer)


def asked(guess):
    async def run():
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Liar(guess), local_addr=("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            return await Resolver((f"127.0.0.1:{port}",), PushedClock(1_000_000)).lookup(QUESTION)
        finally:
            transport.close()

    return asyncio.run(run())


@pytest.mark.parametrize("guess", [by_another_number, to_another_question, from_another_port, in_rubbish])
def test_who_only_guesses_is_not_heard(guess):
    assert asked(guess).records == (TRUTH,)


def test_a_record_about_another_name_is_no_answer():
    assert asked(about_another_name).records == ()


def test_who_knew_number_port_and_question_would_be():
    """Negative control."""
    assert asked(knowing_all).records == (LIE,)


BIG = " ".join(f'"{"x" * 250}"' for _ in range(200))  # 50,000 characters in one TXT
NAMES = [f"s{n}._domainkey.evil.test" for n in range(40)]


def remembered(monkeypatch, most):
    """How many characters of a stranger's large records are kept when all his names have been asked for."""
    monkeypatch.setattr(module, "MAX_CACHED_TEXT", most)

    async def run():
        server = DnsServer({name: {"TXT": [BIG]} for name in NAMES})
        await server.start("127.0.0.1", 0)
        resolver = Resolver((f"127.0.0.1:{server.port}",), PushedClock(1_000_000))
        for name in [*NAMES, *NAMES[:3]]:
            assert len((await resolver.lookup(Question(name, "TXT"))).records[0]) == 50_000
        await server.stop()
        kept = sum(len(record) for _, answer in resolver._cache.values() for record in answer.records)
        assert kept == resolver._text
        return kept

    return asyncio.run(run())


def test_large_answers_do_not_fill_the_memory(monkeypatch):
    assert remembered(monkeypatch, 300_000) == 300_000


def test_counted_by_number_only_they_would(monkeypatch):
    """Negative control."""
    assert remembered(monkeypatch, 1 << 40) == 50_000 * len(NAMES)


def test_what_is_forgotten_is_not_counted_any_more():
    resolver = Resolver(("127.0.0.1:53",), PushedClock(1_000_000))
    resolver._remember(QUESTION, 2_000_000, Answer(("x" * 100,)))
    resolver._remember(QUESTION, 2_000_000, Answer(("x" * 10,)))
    assert resolver._text == 10
    resolver.forget()
    assert resolver._text == 0
