"""The resolver against a name server on this machine."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pyeonji.net import resolver as module
from pyeonji.net.clock import PushedClock
from pyeonji.net.resolver import Resolver, parsed_server
from pyeonji.proto.dns import Question
from pyeonji.relay.hops import Rules, next_hops

SOA = "ns.example. admin.example. 1 1 1 1 60"


PORTS_TRIED = 20


class NameServer(asyncio.DatagramProtocol):
    """`zone` maps (name, kind) to records; ("x", "!") to an rcode.  Names it does not have do not exist."""

    def __init__(self, zone):
        self.zone = zone
        self.asked = []

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        for _ in range(PORTS_TRIED):  # a port that is free for UDP may be taken for TCP
            self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
            port = self.transport.get_extra_info("sockname")[1]
            try:
                self.tcp = await asyncio.start_server(self.serve_tcp, "127.0.0.1", port)
                break
            except OSError:
                self.transport.close()
                await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop
        else:
            raise AssertionError("no port is free for both UDP and TCP")
        self.address = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc):
        self.transport.close()
        self.tcp.close()
        await self.tcp.wait_closed()

    def connection_made(self, transport):
        pass

    def datagram_received(self, data, addr):
        query = dns.message.from_wire(data)
        response = self.answer(query)
        if response is None:
            return
        if "long." in query.question[0].name.to_text():
            response.answer, response.flags = [], response.flags | dns.flags.TC
        self.transport.sendto(response.to_wire(), addr)

    async def serve_tcp(self, reader, writer):
        size = int.from_bytes(await reader.readexactly(2), "big")
        octets = self.answer(dns.message.from_wire(await reader.readexactly(size))).to_wire()
        writer.write(len(octets).to_bytes(2, "big") + octets)
        await writer.drain()
        writer.close()

    def answer(self, query):
        name, kind = query.question[0].name, query.question[0].rdtype.name
        self.asked.append((name.to_text(), kind))
        text = name.to_text(omit_final_dot=True).lower()
        response = dns.message.make_response(query)
        if query.flags & dns.flags.AD and text in self.zone.get("signed", ()):
            response.flags |= dns.flags.AD
        if (text, "!") in self.zone:
            code = self.zone[text, "!"]
            if code is None:
                return None
            response.set_rcode(dns.rcode.from_text(code))
        elif records := self.zone.get((text, kind)):
            response.answer = [dns.rrset.from_text(name, 300, "IN", kind, *records)]
        elif alias := self.zone.get((text, "CNAME")):
            response.answer = [dns.rrset.from_text(name, 300, "IN", "CNAME", *alias)]
        else:
            response.authority = [dns.rrset.from_text("example.", 60, "IN", "SOA", SOA)]
            if not any(key[0] == text for key in self.zone):
                response.set_rcode(dns.rcode.NXDOMAIN)
        return response


ZONE = {
    ("one.example", "MX"): ["10 MX1.one.example.", "20 mx2.one.example."],
    ("mx1.one.example", "CNAME"): ["real.example."],
    ("real.example", "A"): ["8.8.8.8"],
    ("mx2.one.example", "A"): ["8.8.4.4"],
    ("null.example", "MX"): ["0 ."],
    ("text.example", "TXT"): ['"v=spf1" " -all"'],
    ("long.example", "A"): ["8.8.8.8"],
    ("broken.example", "!"): "SERVFAIL",
    ("refusing.example", "!"): "REFUSED",
    ("silent.example", "!"): None,
    "signed": ("one.example", "mx1.one.example", "real.example", "half.example", "no.signed.example"),
    ("half.example", "CNAME"): ["text.example."],
    ("_25._tcp.one.example", "TLSA"): ["3 1 2 " + "ab" * 64],
    ("loop.example", "CNAME"): ["loop2.example."],
    ("loop2.example", "CNAME"): ["loop.example."],
}


def ask(*questions, clock=None, push=0):
    clock = clock or PushedClock(1_000_000)

    async def run():
        async with NameServer(ZONE) as server:
            resolver = Resolver((server.address,), clock)
            found = []
            for name, kind in questions:
                found.append(await resolver.lookup(Question(name, kind)))
                clock.push(push)
            return found, server.asked

    return asyncio.run(run())


def test_an_mx_is_told_in_lower_case_without_final_dot():
    ((answer,), _) = ask(("one.example", "MX"))
    assert sorted(answer.records) == ["10 mx1.one.example", "20 mx2.one.example"]


def test_a_null_mx_keeps_its_dot():
    ((answer,), _) = ask(("null.example", "MX"))
    assert answer.records == ("0 .",)


def test_strings_of_a_txt_are_joined():
    ((answer,), _) = ask(("text.example", "TXT"))
    assert answer.records == ("v=spf1 -all",)


def test_an_alias_the_server_does_not_follow_is_followed():
    ((answer,), _) = ask(("mx1.one.example", "A"))
    assert answer.records == ("8.8.8.8",)
    assert answer.canonical == "real.example"


def test_aliases_in_a_circle_are_a_failure():
    ((answer,), _) = ask(("loop.example", "A"))
    assert answer.failed


def test_a_long_answer_comes_over_tcp():
    ((answer,), asked) = ask(("long.example", "A"))
    assert answer.records == ("8.8.8.8",)
    assert len(asked) == 2


def test_no_such_name_no_such_record_and_no_answer_differ():
    ((nothing, nodata, broken, refusing), _) = ask(
        ("nothing.example", "A"), ("one.example", "A"), ("broken.example", "A"), ("refusing.example", "A")
    )
    assert not nothing.exists
    assert nodata.exists
    assert nodata.records == ()
    assert broken.failure == "servfail"
    assert refusing.failure == "refused"


AUTHENTIC = [
    (("one.example", "MX"), True),
    (("one.example", "AAAA"), True),
    (("no.signed.example", "A"), True),
    (("mx1.one.example", "A"), True),
    (("half.example", "TXT"), False),
    (("text.example", "TXT"), False),
]


@pytest.mark.parametrize(("question", "authentic"), AUTHENTIC)
def test_what_a_name_server_on_this_machine_vouches_for_is_authentic(question, authentic):
    """Of an alias, every step of the way has to be."""
    ((answer,), _) = ask(question)
    assert answer.authentic is authentic


def test_nobody_else_is_believed_unless_we_are_told_so():
    """Whoever stands between a name server and us can set the bit."""
    clock = PushedClock(0)
    query = dns.message.make_query("one.example.", "MX")
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AD
    response.answer = [dns.rrset.from_text("one.example.", 300, "IN", "MX", "10 mx1.one.example.")]
    assert not Resolver(("192.0.2.1", "[2001:db8::1]:53"), clock).vouches
    assert Resolver(("192.0.2.1",), clock, validating=True).vouches
    assert Resolver(("[::1]:53",), clock).vouches
    assert not module.as_answer(response, Question("one.example", "MX")).authentic
    assert module.as_answer(response, Question("one.example", "MX"), believed=True).authentic


def test_a_tlsa_record_is_told_as_in_a_zone_file():
    ((answer,), _) = ask(("_25._tcp.one.example", "TLSA"))
    assert answer.records[0].replace(" ", "") == "312" + "ab" * 64


def test_silence_is_a_timeout(monkeypatch):
    monkeypatch.setattr(module, "TRY_S", 0.05)
    ((answer,), asked) = ask(("silent.example", "A"))
    assert answer.failure == "timeout"
    assert len(asked) == module.ROUNDS


@pytest.mark.parametrize("name", ["one.example", "nothing.example"])
def test_answers_are_remembered_as_long_as_they_hold(name):
    _, asked = ask((name, "MX"), (name, "MX"))
    assert len(asked) == 1
    _, asked = ask((name, "MX"), (name, "MX"), push=301)
    assert len(asked) == 2


def test_failures_are_not_remembered():
    _, asked = ask(("broken.example", "A"), ("broken.example", "A"))
    assert len(asked) == 2 * module.ROUNDS


def test_a_name_nobody_can_ask_for_does_not_exist():
    ((answer,), asked) = ask(("a" * 64 + ".example", "A"))
    assert not answer.exists
    assert asked == []


def test_a_rule_is_answered_to_its_end():
    async def run():
        async with NameServer(ZONE) as server:
            resolver = Resolver((server.address,), PushedClock(0))
            return await resolver.answer_with(next_hops("one.example", Rules()))

    assert [host.addresses for host in asyncio.run(run()).hosts] == [("8.8.8.8",), ("8.8.4.4",)]


SERVERS = [
    ("127.0.0.1:1053", ("127.0.0.1", 1053)),
    ("9.9.9.9", ("9.9.9.9", 53)),
    ("[::1]:53", ("::1", 53)),
    ("::1", ("::1", 53)),
    ("[::1]", ("::1", 53)),
]


@pytest.mark.parametrize(("text", "server"), SERVERS)
def test_name_servers_are_written_as_people_write_them(text, server):
    assert parsed_server(text) == server
