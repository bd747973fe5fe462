"""The lab's own DNS: a real authoritative server on a loopback port, over UDP and TCP (RFC 1035).

The ordinary resolver asks it, so that MX preferences, null MX, names that do not exist and servers that do not answer
are the real thing.  `silent` and `failing` break it on purpose.
"""

import asyncio
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from pyeonji.lab.roster import ADDRESS_TTL, FORGER, LOOPBACK, NULL_MX, OLD, PLACES, QUIET
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import Stream
from pyeonji.zone.master import data

UDP_SIZE = 1232  # octets an answer may have over UDP when the question allows it (DNS flag day 2020)
PLAIN_UDP_SIZE = 512  # RFC 1035 §4.2.1
MAX_ALIASES = 8  # one behind the other that are followed for whoever asks
TCP_IDLE_S = 10.0  # seconds a TCP connection may stay silent (RFC 7766 §6.2.3)
SOA = f"ns.lab.test. hostmaster.lab.test. 1 3600 600 86400 {ADDRESS_TTL}"

ANY_NAME = "*"  # in a zone: what every name has that is not there ; ours, a wildcard of the whole DNS

# owner name -> record type -> records, both as in a zone file
Zone = dict[str, dict[str, list[str]]]


def lab_zone() -> Zone:
    """The whole DNS of the lab."""
    zone: Zone = {NULL_MX: {"MX": ["0 ."]}, "ns.lab.test": {"A": [LOOPBACK]}}
    for place in PLACES:
        for domain in (place.domain, *place.more):
            zone.setdefault(domain, {})["MX"] = [f"{preference} {host}." for preference, host in place.mx]
        for host in place.hosts:
            zone.setdefault(host, {})["A"] = [LOOPBACK]
        for domain in (place.domain, *place.also):
            zone.setdefault(domain, {})["TXT"] = [data("TXT", f"v=spf1 ip4:{LOOPBACK} -all")]
            zone[f"_dmarc.{domain}"] = {"TXT": [data("TXT", "v=DMARC1; p=reject")]}
    zone["3ban.test"]["TXT"] = [data("TXT", f"v=spf1 ip4:{LOOPBACK} ip4:{FORGER} -all")]
    zone[OLD]["TXT"] = [data("TXT", "v=spf1 ip4:192.0.2.10 -all")]  # the server it had years ago
    zone[f"_dmarc.{QUIET}"] = {"TXT": [data("TXT", "v=DMARC1; p=quarantine")]}
    return zone


class DnsServer:
    """Answers from one zone table.  `silent` and `failing` hold names; a name breaks what is below it, too."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: Listener | None = None

    async def start(self, host: str, port: int) -> None:
        """UDP and TCP on the same port; raises OSError."""
        sock = open_tcp(host, port)
        self.port = sock.getsockname()[1]
        self._tcp = Listener(sock, self._serve_tcp)
        await self._tcp.start()
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=(host, self.port))

    async def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            await self._tcp.stop(0.0)

    def heal(self) -> None:
        self.silent.clear()
        self.failing.clear()

    def answer(self, wire: bytes, limit: int = 65_535) -> bytes | None:
        """The answer to a question as it came, None where silence is the answer."""
        try:
            question = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return _unreadable(wire)
        if question.flags & dns.flags.QR or question.opcode() != dns.opcode.QUERY or len(question.question) != 1:
            return None
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        self.asked = [*self.asked[-99:], (name, kind)]
        if _is_below(name, self.silent):
            return None
        response = dns.message.make_response(question)
        if _is_below(name, self.failing):
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            response.flags |= dns.flags.AA
            self._fill(response, name, kind)
        return _to_wire(response, question, limit)

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        owner = response.question[0].name
        for _ in range(MAX_ALIASES):
            alias = self.zone.get(name, {}).get("CNAME")
            if not alias or kind == "CNAME":
                break
            response.answer.append(_rrset(owner, "CNAME", alias))
            owner = dns.name.from_text(alias[0])
            name = owner.to_text(omit_final_dot=True).lower()
        records = self.zone.get(name, self.zone.get(ANY_NAME))
        if records is None and not any(known.endswith(f".{name}") for known in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        found = (records or {}).get(kind)
        if found:
            response.answer.append(_rrset(owner, kind, found))
        else:  # RFC 2308 §2: a negative answer carries the SOA, which says how long it holds
            zone = dns.name.from_text(name.rpartition(".")[2] or ".")
            response.authority.append(_rrset(zone, "SOA", [SOA]))
        if kind == "MX":
            for record in found or ():
                host = record.split()[1].rstrip(".").lower()
                if "A" in self.zone.get(host, {}):
                    response.additional.append(_rrset(dns.name.from_text(host), "A", self.zone[host]["A"]))

    async def _serve_tcp(self, stream: Stream) -> None:
        """RFC 1035 §4.2.2: each message behind two octets of length."""
        buffer = b""
        while True:
            stream.set_deadline(TCP_IDLE_S)
            octets = await stream.read()
            if not octets:
                return
            buffer += octets
            while len(buffer) >= 2 and len(buffer) >= (end := 2 + int.from_bytes(buffer[:2], "big")):
                answer, buffer = self.answer(buffer[2:end]), buffer[end:]
                if answer is not None:
                    await stream.write(len(answer).to_bytes(2, "big") + answer)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, PLAIN_UDP_SIZE)
        if answer is not None:
            self._transport.sendto(answer, addr)


def _rrset(owner: dns.name.Name, kind: str, records: list[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(owner, ADDRESS_TTL, dns.rdataclass.IN, kind, records)


def _to_wire(response: dns.message.Message, question: dns.message.Message, limit: int) -> bytes:
    if limit == PLAIN_UDP_SIZE and question.edns >= 0:
        limit = min(UDP_SIZE, max(PLAIN_UDP_SIZE, question.payload))
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        short = dns.message.make_response(question)
        short.flags |= dns.flags.AA | dns.flags.TC  # come again over TCP
        return short.to_wire(max_size=limit)


def _unreadable(wire: bytes) -> bytes | None:
    """FORMERR with the number of the question, if it had one."""
    if len(wire) < 12 or wire[2] & 0x80:
        return None
    return wire[:2] + bytes((0x80 | wire[2] & 0x79, dns.rcode.FORMERR)) + bytes(8)


def _is_below(name: str, broken: set[str]) -> bool:
    return any(top in ("", name) or name.endswith(f".{top}") for top in broken)
