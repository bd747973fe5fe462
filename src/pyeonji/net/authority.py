"""Asking the name servers of a zone themselves: nobody on the way remembers that a record was not there yet.

The way down from the top begins with what surely exists (the name servers of a top-level domain, by the resolver), and
goes on with the servers that were named, which are told not to ask others.
"""

from collections.abc import Iterable

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype

from pyeonji.net.resolver import UDP_PAYLOAD, Resolver, as_answer, exchange, text_of
from pyeonji.proto.dns import Answer, Question

MAX_CUTS = 8  # zones below each other on one way
MAX_HOSTS = 4  # name servers of one zone that are asked
DNS_PORT = 53

Server = tuple[str, int]


class Authority:
    """Knows for each name whom to ask.  `at` names servers that are asked for everything instead ("ip:port" parsed)."""

    def __init__(self, resolver: Resolver, *, port: int = DNS_PORT, at: tuple[Server, ...] = ()) -> None:
        self._resolver = resolver
        self._port = port
        self._at = list(at)
        self._known: dict[str, list[Server]] = {}
        self.asked: dict[str, list[str]] = {}  # zone -> names of its servers, for people to read

    async def lookup(self, question: Question) -> Answer:
        """What the zone itself says.  Never raises: failures are answers, too."""
        answer = Answer(failure="no authority")
        for server in await self._servers(question.name):
            response = await self._ask(question, server)
            if isinstance(response, str):
                answer = Answer(failure=response)
            elif not response.flags & dns.flags.AA:
                answer = Answer(failure="not its zone")  # a name server that was named and does not know
            else:
                return as_answer(response, question)
        return answer

    async def answers(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """What the zones themselves say to each."""
        return {question: await self.lookup(question) for question in dict.fromkeys(questions)}

    async def _servers(self, name: str) -> list[Server]:
        if self._at:
            return self._at
        zone = name.rpartition(".")[2]
        if zone not in self._known:
            self._known[zone] = await self._addresses((await self._resolver.lookup(Question(zone, "NS"))).records)
        for _ in range(MAX_CUTS):
            below = await self._below(zone, name)
            if below is None:
                break
            zone = below
        return self._known[zone]

    async def _below(self, zone: str, name: str) -> str | None:
        """The next zone on the way to a name, whose servers are known then; None when it is in this one."""
        for known in self._known:
            if is_below(known, zone) and known != zone and is_below(name, known):
                return known
        for server in self._known[zone]:
            response = await self._ask(Question(name, "NS"), server)
            if isinstance(response, str):
                continue
            for rrset in (*response.answer, *response.authority):
                cut = text_of(rrset.name)
                if rrset.rdtype == dns.rdatatype.NS and is_below(cut, zone) and cut != zone and is_below(name, cut):
                    hosts = [text_of(rdata.target) for rdata in rrset]
                    self.asked[cut] = hosts
                    self._known[cut] = await self._addresses(hosts)
                    return cut
            return None
        return None

    async def _addresses(self, hosts: Iterable[str]) -> list[Server]:
        found: list[Server] = []
        for host in list(hosts)[:MAX_HOSTS]:
            answer = await self._resolver.lookup(Question(host, "A"))
            found += [(address, self._port) for address in answer.records]
        return found

    async def _ask(self, question: Question, server: Server) -> dns.message.Message | str:
        try:
            query = dns.message.make_query(question.name + ".", question.kind, use_edns=0, payload=UDP_PAYLOAD)
        except dns.exception.DNSException:
            return "malformed"
        query.flags &= ~dns.flags.RD
        return await exchange(query, *server)


def is_below(name: str, zone: str) -> bool:
    """Also the zone itself."""
    return name == zone or name.endswith(f".{zone}") or zone == "."
