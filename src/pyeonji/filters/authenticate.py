"""Where a letter comes from: SPF, DKIM, ARC and DMARC, asked within one deadline and written down for who reads it.

The rules are in `msgauth`; here they are given their answers and their octets.  SPF, DKIM, ARC and the peer's name do
not depend on each other and are asked at once; DMARC comes last and decides by what they found.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from pyeonji.filters.judging import Judging
from pyeonji.filters.pipeline import Finding, Offered, Reason
from pyeonji.filters.silence import Silence
from pyeonji.filters.trust import TrustSettings, judged, may_be_told
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import Header
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.verify import keys_wanted, verify
from pyeonji.msgauth.dmarc.evaluate import evaluate
from pyeonji.msgauth.dmarc.walk import records_wanted
from pyeonji.msgauth.iprev import iprev
from pyeonji.msgauth.results import field
from pyeonji.msgauth.spf.evaluate import check
from pyeonji.msgauth.verdict import Dmarc, Verdict
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver, answer_with
from pyeonji.proto.dns import Answer, Asking, Question

T = TypeVar("T")

# Of the deadline, for SPF, DKIM, ARC and the peer's name.  Strangers choose whom those ask: what never answers must
# leave time to DMARC, or the wish of the author's domain would not be heard (A04).
IDENTIFIERS = 2 / 3
PIECE = 256 * 1024  # octets of a body digested at once
ON_THE_LOOP = 64 * 1024  # octets of a letter whose digests cost less than a thread does
MAX_TOLD = 5  # signatures that have a line of the journey of their own


class Authenticate:
    """A filter that finds out where letters come from."""

    def __init__(
        self, settings: TrustSettings, resolver: Resolver, clock: Clock, hostname: str, judging: Judging | None = None
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._clock = clock
        self._hostname = hostname
        self._judging = judging
        self._silence = Silence(clock, settings.dmarc_patience)

    async def look(self, letter: Offered) -> Finding:
        domain, no_author = author_domain(letter.header)
        verdict = await self.verdict(letter, domain)
        found = Finding(
            reasons=reasons(verdict, letter.ip),
            fields=field(self._hostname, verdict),
            verdict=verdict,
            silent=not may_be_told(verdict),
        )
        found |= judged(self._settings, verdict, no_author, patient=self._patient(verdict.dmarc))
        if self._judging is not None:
            self._judging.count(letter, verdict, found)
        return found

    def _patient(self, dmarc: Dmarc) -> bool:
        if dmarc.unheard:
            return self._silence.met(dmarc.domain)
        self._silence.broken(dmarc.domain)
        return True

    async def verdict(self, letter: Offered, domain: str) -> Verdict:
        """All that can be found out before the deadline; what could not is "temperror".  `domain`: "" for no author."""
        seconds = self._settings.deadline.total_seconds()
        with Bounded(self._resolver, seconds * IDENTIFIERS) as asked, Bounded(self._resolver, seconds) as policy:
            policy.ahead(records_wanted(domain) if domain else ())
            asked.ahead(keys_wanted(letter.header))
            verdict = await self._identified(letter, asked)
            if not domain:
                return replace(verdict, dmarc=Dmarc(result="none", why="the letter names no author"))
            return replace(verdict, dmarc=await policy.answer_with(evaluate(domain, verdict.spf, verdict.dkim)))

    async def _identified(self, letter: Offered, asked: "Bounded") -> Verdict:
        """Who stands behind the letter, whatever its author's domain wants."""
        now_s = self._clock.now_us() // SECOND_US
        bodies = await self._digested(letter)
        reverse_path = str(letter.reverse_path) if letter.reverse_path else ""
        spf, dkim, arc, name = await asyncio.gather(
            asked.answer_with(check(letter.ip, reverse_path, letter.hello, self._hostname, now_s)),
            asked.answer_with(verify(letter.header, bodies, now_s)),
            asked.answer_with(validate(letter.header, bodies, now_s)),
            asked.answer_with(iprev(letter.ip)),
        )
        return Verdict(spf=spf, dkim=dkim, arc=arc, iprev=name)

    async def _digested(self, letter: Offered) -> Bodies:
        bodies = Bodies(letter.header)
        if bodies.needed and letter.size > ON_THE_LOOP:
            await asyncio.to_thread(_feed, bodies, letter)
        elif bodies.needed:
            _feed(bodies, letter)
        return bodies


class Bounded:
    """A resolver for one letter, that has no answer any more after its deadline and asks nothing twice."""

    def __init__(self, resolver: Resolver, seconds: float) -> None:
        self._resolver = resolver
        self._until = asyncio.get_running_loop().time() + seconds
        self._asked: dict[Question, asyncio.Task[Answer]] = {}

    def __enter__(self) -> "Bounded":
        return self

    def __exit__(self, *_: object) -> None:
        for task in self._asked.values():
            task.cancel()

    def ahead(self, questions: Iterable[Question]) -> None:
        """Ask what somebody will want to know soon: one that never answers does not keep the others waiting."""
        for question in questions:
            if self._resolver.remembered(question) is None:
                self._ask(question)

    async def lookup(self, question: Question) -> Answer:
        asked = self._asked.get(question)
        if asked is None:
            if (held := self._resolver.remembered(question)) is not None:
                return held
            asked = self._ask(question)
        return await asked

    async def answer_with(self, asking: "Asking[T]") -> T:
        return await answer_with(self.lookup, asking)

    def _ask(self, question: Question) -> "asyncio.Task[Answer]":
        task = self._asked[question] = asyncio.get_running_loop().create_task(self._answer(question))
        return task

    async def _answer(self, question: Question) -> Answer:
        try:
            async with asyncio.timeout_at(self._until):
                return await self._resolver.lookup(question)
        except TimeoutError:
            return Answer(failure="timeout")


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
