"""The courier: looks up where a letter goes, talks to the hosts that an Attempt names, brings back outcomes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cryptography.x509 import Certificate

from pyeonji.address import Address, parse_address, verp
from pyeonji.journey.event import Attempted, Event, Fixed, Resolved
from pyeonji.journey.explain import explain
from pyeonji.net.clock import Clock
from pyeonji.net.http import Fetcher
from pyeonji.net.ids import Ids
from pyeonji.net.resolver import Resolver
from pyeonji.net.revoked import Revoked
from pyeonji.net.tls import authorities
from pyeonji.proto.smtp.grammar import MailParameters, RcptParameters
from pyeonji.proto.smtp.outgoing import NeedsSmtpUtf8, Outgoing, TooBig
from pyeonji.proto.smtp.reply import Reply
from pyeonji.queue.outcome import Carried, Later, Never, Outcome, Talk
from pyeonji.relay.attempt import Attempt, Hop, means_too_many
from pyeonji.relay.connection import Connection, Ended, LedBack
from pyeonji.relay.hops import AskLater, Hops, Nowhere, Route, Rules, addresses_of, next_hops
from pyeonji.relay.load import Load
from pyeonji.relay.opening import Opener, SmartHost, Unreachable
from pyeonji.relay.pool import Pool
from pyeonji.relay.settings import RelaySettings
from pyeonji.relay.trust.demand import Wish
from pyeonji.relay.trust.policies import Policies
from pyeonji.relay.trust.results import Results
from pyeonji.relay.trust.trust import Trust, Way, told
from pyeonji.store import directory
from pyeonji.store.home import Home
from pyeonji.store.journey import MessageFacts
from pyeonji.store.queue import Claim, Job

NO_TURN = Reply(451, "4.2", "The connection was lost before it was this recipient's turn")
RCPTMAX = re.compile(r"\bRCPTMAX[= ]([1-9][0-9]{0,8})\b", re.ASCII | re.IGNORECASE)  # RFC 9422 §4
MAX_RECIPIENTS = 100  # in one transaction, RFC 5321 §4.5.3.1.8

# What the status of our own words about routing is called in the catalogue.
ROUTING_CAUSES = {
    "4.4.3": "dns.temporary",
    "5.1.2": "addr.domain_not_found",
    "5.1.10": "addr.domain_no_mail",
    "5.4.4": "route.no_server",
    "5.4.6": "route.to_us",
}


@dataclass(slots=True)
class Trip:
    """One job on its way: what is carried, what is decided, what was said so far."""

    job: Job
    attempt: Attempt
    load: Load
    way: Way
    talks: list[Talk] = field(default_factory=list)
    connection: Connection | None = None  # over which it was carried last
    is_sent: bool = False  # to its last octet, to one recipient at least

    def was_sent(self) -> None:
        self.is_sent = True

    def claims(self, numbers: Sequence[int]) -> list[Claim]:
        wanted = set(numbers)
        return [claim for claim in self.job.recipients if claim.n in wanted]


class Courier:
    """Carries the letters of one worker."""

    def __init__(
        self,
        *,
        home: Home,
        clock: Clock,
        ids: Ids,
        hostname: str,
        resolver: Resolver,
        settings: RelaySettings,
        route: Route | None = None,
        fetcher: Fetcher | None = None,
        own_addresses: frozenset[str] = frozenset(),
        roots: Callable[[], Sequence[Certificate]] = authorities,
        revoked: Callable[[], Revoked] = Revoked,
    ) -> None:
        self._home = home
        self._clock = clock
        self._ids = ids
        self._resolver = resolver
        self._returning: verp.Returning | None = None  # its secret is made with the first letter
        self._pool = Pool(settings.keep_open.total_seconds())
        self._trips: dict[int, Trip] = {}  # under way, by id() of their job
        self._hangs_up = False
        self._results = Results(home, clock, active=settings.tls_reports)
        host = SmartHost.of(settings)
        smart = host is not None  # whoever names a smart host wants it dialled, wherever it is
        self._trust = Trust(
            clock=clock, resolver=resolver, policies=Policies(home, clock, resolver, fetcher or Fetcher(resolver)),
            setting=settings.tls, port=host.port if host else settings.port, smart=smart,
            login=host is not None and bool(host.login), roots=roots, revoked=revoked,
        )  # fmt: skip
        self._opener = Opener(home, clock, ids, hostname.lower(), settings, route, self._pool, self._trust.prove)
        self._rules = Rules(
            own_names=frozenset({hostname.lower()}),
            own_addresses=own_addresses,
            allow_loopback=settings.allow_loopback or smart,
            allow_private=settings.allow_private or smart,
        )

    async def carry(self, job: Job) -> Carried:
        """Try to hand the letter to the hosts of the job's domain, once."""
        now = self._clock.now_us()
        try:
            hops = await self._look_up(job.domain)
        except Nowhere as nowhere:
            searched = Resolved(now, self._question(job.domain), nowhere.records, nowhere.note)
            outcome = nowhere_to_go(nowhere)
            return Carried({claim.n: outcome for claim in job.recipients}, (Talk(None, (searched,)),))
        searched = Resolved(now, self._question(job.domain), hops.records, hops.note)
        attempt = Attempt([claim.n for claim in job.recipients], hops.hosts, cause_of)
        way = await self._trust.way(job.domain, hops, wish_of(job.message))
        trip = Trip(job, attempt, Load(self._home, job.message), way, [Talk(None, (searched,))])
        self._trips[id(job)] = trip
        try:
            while not self._hangs_up and (hop := attempt.next_hop()) is not None:
                await self._visit(trip, hop)
            await self._results.write()
        finally:
            del self._trips[id(job)]
        return Carried(attempt.outcomes(), tuple(trip.talks))

    def is_sent(self, job: Job) -> bool:
        """Whether the other server has it, only its answer tells; or it has told so for some recipients."""
        trip = self._trips.get(id(job))
        return trip is not None and trip.is_sent

    def hang_up(self) -> None:
        """No answer is waited for any more, and nobody else is asked."""
        self._hangs_up = True
        for trip in self._trips.values():
            if trip.connection is not None:
                trip.connection.hang_up()

    async def close(self) -> None:
        """Say goodbye on the connections that wait for another letter."""
        await self._pool.close()
        await self._results.write(now=True)
        self._hangs_up = False

    async def _look_up(self, domain: str) -> Hops:
        smart = self._opener.smart_host
        if smart is not None:
            return await self._resolver.answer_with(addresses_of(smart.name, self._rules))
        return await self._resolver.answer_with(next_hops(domain, self._rules, self._ids.spread()))

    def _question(self, domain: str) -> str:
        smart = self._opener.smart_host
        return f"{domain} MX" if smart is None else f"{smart.name} A"

    async def _visit(self, trip: Trip, hop: Hop) -> None:
        """Go to one address, hand over what can be handed over, and tell the attempt."""
        now = self._clock.now_us()
        undecided = trip.attempt.undecided
        demand = await self._trust.demand(trip.way, hop.host)
        if demand.refusal[0]:
            trip.talks.append(Talk(None, told(now, demand)))
            trip.attempt.passed_over(hop, demand.refused(demand.refusal[1]))
            self._results.count(trip.way, demand, "", demand.refusal[0])
            return
        before: list[Event] = [Attempted(now, c.n, c.attempts, hop.host, hop.address) for c in trip.claims(undecided)]
        before += told(now, demand)
        count = partial(self._results.count, trip.way, demand, hop.address)
        kept = self._pool.take(hop, demand)
        try:
            if kept is not None:
                for event in before:
                    kept.recorder.event(event)
                if await self._hand_over(trip, hop, kept):
                    return
                before = []  # it had been closed while it waited: the same visit goes on over a new one
            connection = await self._opener.open(hop, demand, before, trip.talks, count)
        except Unreachable as error:
            trip.attempt.unreachable(hop, str(error))
        except Ended as error:
            trip.attempt.talked(hop)
            if isinstance(error, LedBack):
                trip.attempt.led_back()
            trip.attempt.broke_off(undecided, hop, error.phase, error.reply)
        else:
            await self._hand_over(trip, hop, connection)

    async def _hand_over(self, trip: Trip, hop: Hop, connection: Connection) -> bool:
        """The letter, in as many transactions as its recipients need; False when a kept connection was stale."""
        trip.connection = connection
        reused = connection.letters > 0
        connection.restart_patience()
        pending = list(trip.attempt.undecided)
        most = recipients_at_once(connection.extensions)
        stale = False
        while pending and not connection.is_over():
            batch, pending = pending[:most], pending[most:]
            outcomes = await self._transaction(trip, hop, connection, batch)
            if connection.is_over() and reused and all(phase == "mail" for phase, _ in outcomes.values()):
                stale = True
                break
            pending += self._judge(trip, hop, connection, outcomes)
        trip.talks.append(Talk(connection.recorder.session, connection.recorder.take()))
        if connection.is_over():
            self._pool.drop(connection, "the connection was lost")
        else:
            self._pool.put(connection)
        if not stale:
            trip.attempt.talked(hop)
        return not stale

    async def _transaction(
        self, trip: Trip, hop: Hop, connection: Connection, batch: Sequence[int]
    ) -> dict[int, tuple[str, Reply]]:
        """One transaction; (phase, reply) of each recipient for whom it took place."""
        refused = trip.attempt.refused_by_us
        claims = trip.claims(batch)
        if not await self._fits(trip, hop, connection, claims):
            return {}
        try:
            outgoing = await self._outgoing(trip, connection, claims)
            outcomes = await connection.transact(outgoing, trip.load.slices(), trip.was_sent)
        except NeedsSmtpUtf8:
            ascii_only = [c.n for c in claims if c.address.isascii()]
            words = f"550 5.6.7 {hop.host} does not know letters outside ASCII in addresses or headers (SMTPUTF8)"
            others = [c.n for c in claims if c.n not in ascii_only] or ascii_only
            refused(others, hop, "mail", words, "i18n.not_supported")
            return await self._transaction(trip, hop, connection, ascii_only) if others != ascii_only else {}
        except TooBig:
            most = connection.extensions.get("SIZE", "")
            words = f"552 5.3.4 the letter has {trip.load.size} octets, {hop.host} takes {most}"
            refused(batch, hop, "mail", words, "size.too_big")
            return {}
        return dict(zip((c.n for c in claims), outcomes, strict=True))

    async def _fits(self, trip: Trip, hop: Hop, connection: Connection, claims: Sequence[Claim]) -> bool:
        """Make the letter 7-bit for a server that needs it so (RFC 6152 §3); False when that cannot be done."""
        if "8BITMIME" in connection.extensions or not trip.load.eight_bit:
            return bool(claims)
        if not await trip.load.encode():
            words = f"554 5.6.1 {hop.host} takes only ASCII (no 8BITMIME), and the header of this letter is not"
            trip.attempt.refused_by_us([c.n for c in claims], hop, "mail", words, "i18n.not_supported")
            return False
        connection.recorder.event(Fixed(self._clock.now_us(), "8bit to 7bit"))
        return bool(claims)

    async def _outgoing(self, trip: Trip, connection: Connection, claims: Sequence[Claim]) -> Outgoing:
        message, load = trip.job.message, trip.load
        needs_utf8 = (
            not all(c.address.isascii() for c in claims)
            or not message.reverse_path.isascii()
            or (message.smtputf8 and not await load.header_is_ascii())
        )
        parameters = MailParameters(
            size=load.size,
            body="8BITMIME" if load.eight_bit else "7BIT",
            smtputf8=needs_utf8,
            requiretls=message.tls == "required",
            ret=message.ret,
            envid=message.envid,
        )
        recipients = tuple(
            (
                parse_address(c.address),
                RcptParameters(notify=c.notify, orcpt=c.original if c.original.isascii() else ""),
            )
            for c in claims
        )
        return Outgoing(await self._reverse_path(message, claims), recipients, parameters)

    async def _reverse_path(self, message: MessageFacts, claims: Sequence[Claim]) -> Address | None:
        """The letter's own, that of the forwarder, or one for this recipient alone, who is the only one of the job."""
        path = message.onward_path or message.reverse_path
        if not path.startswith(verp.PREFIX) or not message.onward_path:
            return parse_address(path) if path else None
        if self._returning is None:
            secret = await self._home.engine.write(directory.secret, verp.SECRET, self._ids.token(32))
            self._returning = verp.Returning(secret.encode())
        return self._returning.path(path, claims[0].n)

    def _judge(self, trip: Trip, hop: Hop, connection: Connection, outcomes: dict[int, tuple[str, Reply]]) -> list[int]:
        """Tell the attempt; who was refused only because the transaction was full comes back for another one."""
        attempt = trip.attempt
        taken = [n for n, (phase, reply) in outcomes.items() if phase == "content" and reply.positive]
        full: list[int] = []
        for n, (phase, reply) in outcomes.items():
            if n in taken:
                attempt.handed_over(n, hop, reply, tells="DSN" in connection.extensions)
            elif connection.is_over():
                attempt.broke_off([n], hop, phase, reply)
            elif taken and phase == "rcpt" and (reply.code == 452 or means_too_many(reply, phase)):
                full.append(n)
            else:
                attempt.refused([n], hop, phase, reply)
        if connection.is_over():  # recipients whose turn had not come
            later = [n for n in attempt.undecided if n not in outcomes]
            attempt.broke_off(later, hop, "mail", NO_TURN)
        return full


def recipients_at_once(extensions: dict[str, str]) -> int:
    """RCPTMAX of RFC 9422, or 100."""
    found = RCPTMAX.search(extensions.get("LIMITS", ""))
    return min(int(found[1]), MAX_RECIPIENTS) if found else MAX_RECIPIENTS


def wish_of(message: MessageFacts) -> Wish:
    """What the writer wants of encryption.  A report is not held up by it (RFC 8689 §5)."""
    if message.tls == "required":
        return "required" if message.reverse_path else ""
    return "optional" if message.tls == "optional" else ""


def wishes(claim: Claim) -> RcptParameters:
    """What the writer wanted to be told, RFC 3461 §4.1."""
    return RcptParameters(notify=claim.notify, orcpt=claim.original if claim.original.isascii() else "")


def nowhere_to_go(nowhere: Nowhere) -> Outcome:
    """No host could be named."""
    cause = ROUTING_CAUSES.get(nowhere.status, "")
    kind = Later if isinstance(nowhere, AskLater) else Never
    return kind(nowhere.words, cause, phase="dns")


def cause_of(reply: Reply, phase: str) -> str:
    """The cause of the catalogue behind a reply, or ""."""
    return explain(str(reply), phase).cause
