"""The one that waits for the DNS: packets by dnspython, questions, answers and the cache in our own values and clock.

What the DNS says is remembered as long as it allows, also "no" (RFC 2308); "nobody answered" is not remembered.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.dns import Answer, Asking, Question

T = TypeVar("T")

TRY_S = 3.0  # seconds one name server has for one question
ROUNDS = 2  # how often each name server is asked
MAX_SERVERS = 3  # as in resolv.conf(5)
MAX_ALIASES = 8  # CNAMEs followed when a name server does not follow them itself
MAX_CACHED = 20_000  # answers remembered
MAX_CACHED_TEXT = 16 << 20  # characters of all their records: one may have 64 KiB, and strangers choose what is asked
MAX_TTL = 3_600  # seconds; a day-long TTL would outlive a corrected record for too long
MAX_NEGATIVE_TTL = 300  # seconds a "no" is remembered (RFC 2308 §5 allows up to 3 hours)
UDP_PAYLOAD = 1_232  # octets, what passes every path unfragmented (DNS flag day 2020)


class Resolver:
    """Asks the given name servers ("127.0.0.1:53", "[::1]:53"), or the machine's own."""

    def __init__(self, nameservers: tuple[str, ...] | None, clock: Clock, *, validating: bool = False) -> None:
        """`validating`: these name servers check DNSSEC, and nobody stands between them and us."""
        self._validating = validating
        self._servers = [parsed_server(text) for text in nameservers or system_servers()][:MAX_SERVERS]
        self._clock = clock
        self._cache: OrderedDict[Question, tuple[int, Answer]] = OrderedDict()
        self._text = 0  # characters in it

    @property
    def vouches(self) -> bool:
        """Can any answer be authentic?  Only a name server on this machine, or one that is said to, is believed."""
        return any(self._is_believed(server) for server, _ in self._servers)

    def _is_believed(self, server: str) -> bool:
        return self._validating or ipaddress.ip_address(server).is_loopback

    def remembered(self, question: Question) -> Answer | None:
        """The answer, if it is known already and still holds."""
        held = self._cache.get(question)
        if held is None or held[0] <= self._clock.now_us():
            return None
        self._cache.move_to_end(question)
        return held[1]

    async def lookup(self, question: Question) -> Answer:
        """The answer, from memory while it holds.  Never raises: failures are answers, too."""
        held = self.remembered(question)
        if held is not None:
            return held
        now = self._clock.now_us()
        answer = await self._follow(question)
        if not answer.failed and answer.ttl > 0:
            self._remember(question, now + answer.ttl * SECOND_US, answer)
        return answer

    def _remember(self, question: Question, until_us: int, answer: Answer) -> None:
        if (old := self._cache.pop(question, None)) is not None:
            self._text -= _length(old[1])
        self._cache[question] = until_us, answer
        self._text += _length(answer)
        while len(self._cache) > MAX_CACHED or self._text > MAX_CACHED_TEXT:
            self._text -= _length(self._cache.popitem(last=False)[1][1])

    async def answer_with(self, asking: "Asking[T]") -> T:
        """Run a rule that asks, to its end."""
        return await answer_with(self.lookup, asking)

    def forget(self) -> None:
        """Remember nothing: the zone was changed on purpose."""
        self._cache.clear()
        self._text = 0

    async def _follow(self, question: Question) -> Answer:
        """Follow aliases that the name server did not follow."""
        asked, alias, authentic = question, "", True
        for _ in range(MAX_ALIASES):
            answer = await self._ask(asked)
            authentic = authentic and answer.authentic
            unfollowed = answer.exists and not answer.records and not answer.failed and answer.canonical
            if not unfollowed:
                return replace(answer, canonical=answer.canonical or alias, authentic=authentic)
            alias = answer.canonical
            asked = Question(alias, question.kind)
        return Answer(failure="too many aliases")

    async def _ask(self, question: Question) -> Answer:
        try:
            query = dns.message.make_query(
                question.name + ".", question.kind, use_edns=0, payload=UDP_PAYLOAD, want_dnssec=False,
                flags=dns.flags.RD | dns.flags.AD,  # "tell us whether it is authentic" (RFC 6840 §5.7)
            )  # fmt: skip
        except dns.exception.DNSException:
            return Answer(exists=False)  # a name that cannot be asked for does not exist
        answer = Answer(failure="no name server")
        for server, port in self._servers * ROUNDS:
            answer = await self._ask_server(query, question, server, port)
            if not answer.failed:
                return answer
        return answer

    async def _ask_server(self, query: dns.message.Message, question: Question, server: str, port: int) -> Answer:
        response = await exchange(query, server, port)
        return (
            Answer(failure=response)
            if isinstance(response, str)
            else as_answer(response, question, believed=self._is_believed(server))
        )


def _length(answer: Answer) -> int:
    return sum(map(len, answer.records))


async def exchange(query: dns.message.Message, server: str, port: int) -> dns.message.Message | str:
    """What one name server says, over UDP, or TCP where that is too short; a word for why it did not."""
    backend = dns.asyncbackend.get_backend("asyncio")
    try:
        response = await dns.asyncquery.udp(
            query, server, TRY_S, port, ignore_unexpected=True, ignore_errors=True, backend=backend
        )
        if response.flags & dns.flags.TC:  # RFC 7766 §5
            response = await dns.asyncquery.tcp(query, server, TRY_S, port, backend=backend)
    except dns.exception.Timeout:
        return "timeout"
    except (dns.exception.DNSException, EOFError):
        return "malformed"
    except OSError:
        return "unreachable"
    return response


async def answer_with(lookup: Callable[[Question], Awaitable[Answer]], asking: "Asking[T]") -> T:
    """Run a rule that asks, to its end, with these answers."""
    try:
        question = next(asking)
        while True:
            question = asking.send(await lookup(question))
    except StopIteration as stop:
        value: T = stop.value
        return value


def as_answer(response: dns.message.Message, question: Question, *, believed: bool = False) -> Answer:
    """A DNS message as our value; `believed`: its word counts that the answer is authentic."""
    code = response.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(failure=dns.rcode.to_text(code).lower())
    if not isinstance(response, dns.message.QueryMessage):
        return Answer(failure="malformed")
    try:
        result = response.resolve_chaining()
    except dns.exception.DNSException:
        return Answer(failure="malformed")
    canonical = text_of(result.canonical_name)
    alias = "" if canonical == question.name else canonical
    authentic = believed and bool(response.flags & dns.flags.AD)
    if code == dns.rcode.NXDOMAIN:
        ttl = min(result.minimum_ttl, MAX_NEGATIVE_TTL)
        return Answer(exists=False, canonical=alias, ttl=ttl, authentic=authentic)
    if result.answer is None:
        return Answer(canonical=alias, ttl=min(result.minimum_ttl, MAX_NEGATIVE_TTL), authentic=authentic)
    records = tuple(record_text(rdata) for rdata in result.answer)
    return Answer(records, canonical=alias, ttl=min(result.minimum_ttl, MAX_TTL), authentic=authentic)


def record_text(rdata: object) -> str:
    """One record as `proto.dns.Answer` wants it."""
    kind = getattr(rdata, "rdtype", None)
    if kind == dns.rdatatype.MX:
        return f"{rdata.preference} {text_of(rdata.exchange)}"  # type: ignore[attr-defined]
    if kind == dns.rdatatype.TXT:
        return b"".join(rdata.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    if kind == dns.rdatatype.SRV:
        return f"{rdata.priority} {rdata.weight} {rdata.port} {text_of(rdata.target)}"  # type: ignore[attr-defined]
    if kind in (dns.rdatatype.PTR, dns.rdatatype.CNAME, dns.rdatatype.NS):
        return text_of(rdata.target)  # type: ignore[attr-defined]
    return str(rdata)


def text_of(name: dns.name.Name) -> str:
    """Lower case, without the final dot; the root is "."."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else "."


def system_servers() -> tuple[str, ...]:
    """The machine's name servers, from resolv.conf(5)."""
    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except dns.exception.DNSException:
        found = []
    return tuple(f"[{server}]:53" if ":" in str(server) else f"{server}:53" for server in found) or ("127.0.0.1:53",)


def parsed_server(text: str) -> tuple[str, int]:
    """ "127.0.0.1:53", "[::1]:53", or an address alone, as (address, port); raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    host = host.removeprefix("[").removesuffix("]")
    ipaddress.ip_address(host)
    return host, int(port)
