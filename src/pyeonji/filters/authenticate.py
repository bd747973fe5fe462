"""Where a letter comes from: SPF, DKIM, ARC and DMARC, asked within one deadline and written down for who reads it.

The rules are in `msgauth`; here they are given their answers and their octets.  SPF, DKIM, ARC and the peer's name do
not depend on each other and are asked at once; DMARC comes last and decides by what they found.
"""

import asyncio
from dataclasses import replace
from typing import TypeVar

from pyeonji.filters.pipeline import Finding, Offered, Reason
from pyeonji.filters.trust import TrustSettings, judged, may_be_told
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import Header
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.msgauth.dmarc.evaluate import evaluate
from pyeonji.msgauth.iprev import iprev
from pyeonji.msgauth.results import field
from pyeonji.msgauth.spf.evaluate import check
from pyeonji.msgauth.verdict import Dmarc, Verdict
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver, answer_with
from pyeonji.proto.dns import Answer, Asking, Question

T = TypeVar("T")

PIECE = 256 * 1024  # octets of a body digested at once
ON_THE_LOOP = 64 * 1024  # octets of a letter whose digests cost less than a thread does
MAX_TOLD = 5  # signatures that have a line of the journey of their own


class Authenticate:
    """A filter that finds out where letters come from."""

    def __init__(self, settings: TrustSettings, resolver: Resolver, clock: Clock, hostname: str) -> None:
        self._settings = settings
        self._resolver = resolver
        self._clock = clock
        self._hostname = hostname

    async def look(self, letter: Offered) -> Finding:
        domain, no_author = author_domain(letter.header)
        verdict = await self.verdict(letter, domain)
        found = Finding(
            reasons=reasons(verdict, letter.ip),
            fields=field(self._hostname, verdict),
            verdict=verdict,
            silent=not may_be_told(verdict),
        )
        return found | judged(self._settings, verdict, no_author)

    async def verdict(self, letter: Offered, domain: str) -> Verdict:
        """All that can be found out before the deadline; what could not is "temperror".  `domain`: "" for no author."""
        bounded = Bounded(self._resolver, self._settings.deadline.total_seconds())
        now_s = self._clock.now_us() // SECOND_US
        bodies = await self._digested(letter)
        reverse_path = str(letter.reverse_path) if letter.reverse_path else ""
        spf, dkim, arc, name, _ = await asyncio.gather(
            bounded.answer_with(check(letter.ip, reverse_path, letter.hello, self._hostname, now_s)),
            bounded.answer_with(verify(letter.header, bodies, now_s)),
            bounded.answer_with(validate(letter.header, bodies, now_s)),
            bounded.answer_with(iprev(letter.ip)),
            bounded.ahead(f"_dmarc.{domain}" if domain else ""),
        )
        verdict = Verdict(spf=spf, dkim=dkim, arc=arc, iprev=name)
        if not domain:
            return replace(verdict, dmarc=Dmarc(result="none", why="the letter names no author"))
        return replace(verdict, dmarc=await bounded.answer_with(evaluate(domain, spf, dkim)))

    async def _digested(self, letter: Offered) -> Bodies:
        bodies = Bodies(letter.header)
        if bodies.needed and letter.size > ON_THE_LOOP:
            await asyncio.to_thread(_feed, bodies, letter)
        elif bodies.needed:
            _feed(bodies, letter)
        return bodies


class Bounded:
    """A resolver that has no answer any more after its deadline."""

    def __init__(self, resolver: Resolver, seconds: float) -> None:
        self._resolver = resolver
        self._until = asyncio.get_running_loop().time() + seconds

    async def lookup(self, question: Question) -> Answer:
        try:
            async with asyncio.timeout_at(self._until):
                return await self._resolver.lookup(question)
        except TimeoutError:
            return Answer(failure="timeout")

    async def ahead(self, name: str) -> None:
        """Ask for a TXT that somebody will want to know soon, and remember it."""
        if name:
            await self.lookup(Question(name, "TXT"))

    async def answer_with(self, asking: "Asking[T]") -> T:
        return await answer_with(self.lookup, asking)


def author_domain(header: Header) -> tuple[str, str]:
    """The domain that all authors are of, in A-labels, or "" and why there is none."""
    try:
        address = author(header)[0].address
    except NotOneAuthor as error:
        return "", str(error)
    return (address.domain if address else ""), ""


def reasons(verdict: Verdict, ip: str) -> tuple[Reason, ...]:
    """The lines of the journey: what was asked about, and what was found."""
    told = [Reason("spf", verdict.spf.domain, _outcome(verdict.spf.result, verdict.spf.why))]
    if verdict.iprev is not None and verdict.iprev.result != "pass":
        told.append(Reason("iprev", ip, _outcome(verdict.iprev.result, verdict.iprev.why)))
    told += [Reason("dkim", one.domain, _outcome(one.result, one.why)) for one in verdict.dkim[:MAX_TOLD]]
    if not verdict.dkim:
        told.append(Reason("dkim", "", "none"))
    if verdict.arc.result != "none":
        sealer = verdict.arc.sealers[-1] if verdict.arc.sealers else ""
        told.append(Reason("arc", sealer, _outcome(verdict.arc.result, verdict.arc.why)))
    if verdict.dmarc.domain:
        told.append(Reason("dmarc", verdict.dmarc.domain, _outcome(verdict.dmarc.result, verdict.dmarc.why)))
    if not may_be_told(verdict):
        told.append(Reason("bounce", verdict.spf.domain, "silent"))
    return tuple(told)


def _outcome(result: str, why: str) -> str:
    return f"{result}: {why}" if why and result != "pass" else result


def _feed(bodies: Bodies, letter: Offered) -> None:
    """The body, from its place in the letter on."""
    at = letter.header.body
    while octets := letter.read(at, PIECE):
        bodies.feed(octets)
        at += len(octets)
    bodies.finish()
