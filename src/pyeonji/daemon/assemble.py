"""Putting one server together: every station gets what it needs here, and nowhere else.

A Node is one server in one process: in production a worker has one, in the lab one process has many.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import EVERYTHING, Wake
from pyeonji.access import imap, pop3
from pyeonji.access.context import AccessContext, Doorman
from pyeonji.config.model import Listen, Settings, reachable
from pyeonji.daemon.certificate import Watch, files_of
from pyeonji.daemon.doorman import HomeDoorman
from pyeonji.daemon.housekeeping import Housekeeping
from pyeonji.daemon.indexing import Indexing
from pyeonji.daemon.measured import Measured
from pyeonji.daemon.pickup import PickUp
from pyeonji.daemon.renewal import Renewal
from pyeonji.daemon.writing import WayToWriter
from pyeonji.daemon.zone_facts import facts_of
from pyeonji.daemon.zone_watch import ZoneWatch
from pyeonji.delivery.memory import Expansions
from pyeonji.directory import guard
from pyeonji.directory.guard import Guard
from pyeonji.directory.issuer import Issuer, anywhere
from pyeonji.directory.ldap import Ldap
from pyeonji.directory.login import Logins
from pyeonji.directory.newcomers import Newcomers
from pyeonji.filters.authenticate import Authenticate
from pyeonji.filters.front import Front
from pyeonji.filters.greylist import Greylist
from pyeonji.filters.judging import Judging
from pyeonji.filters.milter.driver import Milters
from pyeonji.filters.pipeline import Pipeline
from pyeonji.filters.repeats import Repeats
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.forwarding import Forwarding
from pyeonji.intake.policy import Policy
from pyeonji.intake.service import LMTP, MX, SENDMAIL, SUBMISSION, SUBMISSIONS, Service
from pyeonji.intake.smtpd import serve as serve_smtp
from pyeonji.net.bus import Bus
from pyeonji.net.certificates import Shown
from pyeonji.net.challenge import ALPN, alpn_context, say_nothing
from pyeonji.net.clock import Clock, SystemClock
from pyeonji.net.http import Fetcher
from pyeonji.net.ids import Ids
from pyeonji.net.listener import Apart, Listener, Serve, open_tcp
from pyeonji.net.own import own_addresses
from pyeonji.net.pace import Pace
from pyeonji.net.resolver import Resolver
from pyeonji.net.signing import CannotSign, signed
from pyeonji.queue.manager import Manager
from pyeonji.relay.courier import Courier
from pyeonji.relay.hops import Route
from pyeonji.relay.simulated import Simulated
from pyeonji.relay.trust import sts
from pyeonji.relay.trust.reporter import Reporter
from pyeonji.store.directory import LOCALHOST
from pyeonji.store.home import Home, open_home
from pyeonji.store.keys import OwnKey
from pyeonji.store.settings import NEVER
from pyeonji.store.sweep import limits_of
from pyeonji.submission.door import Door
from pyeonji.submission.judged_reports import JudgedReports
from pyeonji.submission.sign import Signer
from pyeonji.webhooks.sending import Sender
from pyeonji.webhooks.station import Station
from pyeonji.zone import clients
from pyeonji.zone.wanted import Facts

if TYPE_CHECKING:
    from pyeonji.web.to_https import Encrypted

GRACE_S = 10.0  # seconds for what is under way and goes on when we are told to stop (adr/0037)
TELL_S = 0.005  # seconds between two words to the other workers that mailboxes changed
IMPLICIT_TLS = frozenset({"submissions", "imaps", "pop3s", "https", "acme-tls"})
INTAKE: dict[str, Service] = {
    "smtp": MX, "submission": SUBMISSION, "submissions": SUBMISSIONS, "lmtp": LMTP, "sendmail": SENDMAIL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outside:
    """What a Node may be given instead of the real thing: the lab's clock, DNS, routes and policy."""

    clock: Clock | None = None
    resolver: Resolver | None = None
    route: Route | None = None
    fetcher: Callable[..., Fetcher] = Fetcher  # makes what fetches pages and posts to webhooks
    policy: Policy | None = None
    doorman: Doorman | None = None
    services: Mapping[str, Service] = field(default_factory=dict)  # in place of the usual ones of that name
    intake: Callable[[IntakeContext], IntakeContext] = lambda context: context
    worker: int = 0
    indexer: bool = True  # make digests in this process, too
    writer: Path | None = None  # the socket of the writer process; None: this one writes itself
    reload: Callable[[], None] = lambda: None
    spare: tuple[Shown, ...] = ()  # certificates to show where those that are there are bad
    public: bool = True  # its domains stand in the DNS of the world: whether they do is looked at
    base_url: str = ""  # of the pages; "": those of our host name


class Node:
    """One server; see the top of this module."""

    def __init__(self, settings: Settings, outside: Outside | None = None) -> None:
        outside = outside or Outside()
        self.settings = settings
        self.clock: Clock = outside.clock or SystemClock()
        self.ids = Ids(self.clock, outside.worker)
        self.home: Home = open_home(settings.data, create=True)
        self.wake = Wake()
        self.acceptance = Acceptance(self.home, self.clock, self.ids, settings.hostname, self.wake)
        self.judging = Judging(self.home, self.clock, active=settings.trust.dmarc_reports)
        self.door = self._door()
        self.guard = Guard(settings.guard, self.clock)
        self.expansions = Expansions(self.home, self.clock)
        self.forwarding = Forwarding(self.home, self.clock, self.ids)
        self.watch = Watch(settings, self.clock, outside.spare)
        self.tls = self.watch.certificates.context
        self.asking = self.watch.certificates.asking  # of ports where people log in
        self._measured = Measured(self.home, self.clock, self.watch.certificates)
        self.resolver = outside.resolver or Resolver(
            settings.dns.nameservers or None, self.clock, validating=settings.dns.validating
        )
        self.front = Front(settings.front, self.clock, self.resolver, settings.trusted_networks, settings.rates)
        self.greylist = Greylist(settings.greylist, self.home, self.clock, self.resolver, settings.hostname)
        self.logins = self._logins()
        self.doorman: Doorman = outside.doorman or HomeDoorman(self.logins, self.home, self.wake, self.acceptance)
        courier = Courier(
            home=self.home, clock=self.clock, ids=self.ids, hostname=settings.hostname, resolver=self.resolver,
            settings=settings.relay, route=outside.route, fetcher=outside.fetcher(self.resolver),
            own_addresses=own_addresses(listen.host for listen in settings.listeners if listen.service == "smtp"),
            revoked=lambda: self.watch.revoked,
        )  # fmt: skip
        simulated = Simulated(courier=courier, home=self.home, clock=self.clock, ids=self.ids, door=self.door)
        self.queue_manager = Manager(
            home=self.home, clock=self.clock, ids=self.ids, courier=simulated, door=self.door, wake=self.wake,
            settings=settings.queue, hostname=settings.hostname,
        )  # fmt: skip
        self.housekeeping = Housekeeping(
            self.home, self.clock, self.door, limits_of(settings.keep), self._pick_up(), self.resolver, settings.dkim,
            Reporter(self.door, self.resolver, outside.fetcher(self.resolver), settings.domain),
            JudgedReports(self.door, self.resolver, settings.domain, active=settings.trust.dmarc_reports),
            active=outside.worker == 0,
        )  # fmt: skip
        self.zone_watch = self._zone_watch(active=outside.public and outside.worker == 0)
        self.sender = Sender(self.resolver, make=outside.fetcher)
        self.webhooks = self._webhooks()
        self._policy = outside.policy or Policy()
        self._services = {**INTAKE, **outside.services}
        self._intake = outside.intake
        self._reload = outside.reload
        self._indexing = (
            Indexing(self.home, self.clock, self.wake, self.wake.tell_digested) if outside.indexer else None
        )
        asks = settings.acme.directory and outside.worker == 0
        self._renewal = Renewal(settings, self.clock, self.resolver) if asks else None
        self._way = WayToWriter(outside.writer, self.home.errands) if outside.writer else None
        self._worker = outside.worker
        self._base_url = outside.base_url
        self._bus = Bus(settings.data / "run", outside.worker, self._heard, EVERYTHING)
        self._listeners: list[Listener] = []
        self._served: list[Listen] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []

    @property
    def listeners(self) -> list[dict[str, Any]]:
        """As `pyeonji status --json` shows them."""
        return [
            {
                "service": listen.service,
                "host": listen.host,
                "port": listen.port,
                "tls": "implicit" if listen.service in IMPLICIT_TLS else _starttls(listen.service),
                "domain": listen.domain,
            }
            for listen in self._served
        ]

    async def start(
        self, sockets: Mapping[tuple[str, int], socket.socket] | None = None, *, local: bool = True
    ) -> None:
        """Listen and work.  Sockets (by host and port) that are not given are opened; raises OSError."""
        if self._way is not None:
            self.home.errands.carrier = self._way
            await self._way.start()
        if local:  # before anybody is served: nobody waits for news that we do not hear
            await self._bus.start()
            self.wake.elsewhere = self.guard.elsewhere = self._bus.tell
            self.wake.soon = Pace(TELL_S).soon
        for listen in self.settings.listeners:
            sock = (sockets or {}).get((listen.host, listen.port)) or open_tcp(listen.host, listen.port)
            await self._listen(listen, sock)
        await self.queue_manager.start()
        await self.housekeeping.start()
        await self.webhooks.start()
        await self.watch.start()
        await self.zone_watch.start()
        if self._renewal is not None:
            await self._renewal.start()
        if self._indexing is not None:
            await self._indexing.start()

    async def serve_local(self, sock: socket.socket) -> None:
        """The UNIX socket of sendmail(8)."""
        listener = Listener(sock, self._serve("sendmail"))
        await listener.start()
        self._listeners.append(listener)

    @property
    def hostname(self) -> str:
        return self.settings.hostname

    @property
    def base_url(self) -> str:
        if self._base_url or self.settings.hostname != LOCALHOST:
            return self._base_url or f"https://{self.settings.hostname}"
        port = next((one.port for one in self._served if one.service == "http"), 80)
        return f"http://{LOCALHOST}:{port}"

    @property
    def max_size(self) -> int:
        return self.settings.intake.max_size

    @property
    def metrics_allowed(self) -> tuple[str, ...]:
        return self.settings.metrics.allowed

    @property
    def metrics_names(self) -> tuple[str, ...]:
        return self.settings.metrics.names

    @property
    def certificates(self) -> list[tuple[str, int]]:
        return self._measured.expiries()

    async def measured(self) -> str:
        return await self._measured.text()

    def sts_policy(self, domain: str) -> str:
        return sts.published(domain, self.settings.sts, self.settings.hostname)

    def zone_facts(self, domain: str, keys: Sequence[OwnKey]) -> Facts:
        return facts_of(self.settings, domain, keys)

    def mail_servers(self) -> tuple[clients.Server, ...]:
        return clients.servers(self.settings.hostname, reachable(self.settings))

    def sign(self, octets: bytes) -> bytes:
        try:
            files = files_of(self.settings, self.clock.now_us())[0]
            return signed(octets, files.chain, files.key)
        except CannotSign:
            return octets

    async def serve_control(self, sock: socket.socket, serve: Serve) -> None:
        listener = Listener(sock, serve)
        await listener.start()
        self._listeners.append(listener)

    async def stop(self, grace: float = GRACE_S) -> None:
        """Accept no more, let what is under way finish, give leases back, close the store."""
        await asyncio.gather(
            *(listener.stop(grace) for listener in self._listeners),
            *(close() for close in self._closers),
            self.housekeeping.stop(),
            self.webhooks.stop(),
            self.watch.stop(),
            self.zone_watch.stop(),
            *([self._renewal.stop()] if self._renewal is not None else []),
            *([self._indexing.stop()] if self._indexing is not None else []),
            self.queue_manager.stop(grace),
        )
        await self.logins.attempts.flush()
        await self.judging.flush()
        self.wake.tell_elsewhere()
        await self._bus.stop()
        if self._way is not None:
            await self._way.stop()
        self._measured.close()
        self.home.close()

    def intake_context(self) -> IntakeContext:
        settings = self.settings
        context = IntakeContext(
            acceptance=self.acceptance,
            door=self.door,
            logins=self.logins,
            guard=self.guard,
            front=self.front,
            greylist=self.greylist,
            milters=Milters(settings.milter, settings.intake.max_size),
            expansions=self.expansions,
            forwarding=self.forwarding,
            settings=settings.intake,
            give_up_after_us=round(settings.queue.give_up_after.total_seconds() * 1_000_000),
            domain=settings.domain,
            trusted_networks=settings.trusted_networks,
            tls=self.tls,
            filters=self._filters(),
            policy=self._policy,
        )
        return self._intake(context)

    def access_context(self) -> AccessContext:
        return AccessContext(
            doorman=self.doorman, guard=self.guard, home=self.home, clock=self.clock, ids=self.ids,
            hostname=self.settings.hostname, tls=self.asking, login_delay_s=self.settings.pop3.login_delay,
            message_limit=self.settings.imap.message_limit,
            inbox_keeps_days=None if self.settings.keep.inbox == NEVER else self.settings.keep.inbox.days,
        )  # fmt: skip

    # ── below ──

    def _logins(self) -> Logins:
        settings = self.settings
        issuer = Issuer(settings.oauth, anywhere(self.resolver), self.clock) if settings.oauth.is_on else None
        ldap = Ldap(settings.ldap) if settings.ldap.url else None
        newcomers = Newcomers(settings.ldap, self.home, self.clock) if ldap and settings.ldap.new_accounts else None
        return Logins(self.home, self.clock, settings.guard, issuer, ldap, newcomers)

    def _filters(self) -> Pipeline:
        """What looks at strangers' letters."""
        trust = self.settings.trust
        if trust.check == "nobody":
            return Pipeline()
        authenticate = Authenticate(trust, self.resolver, self.clock, self.settings.hostname, self.judging)
        return Pipeline((authenticate, Repeats(trust, self.clock)))

    def _door(self) -> Door:
        settings = self.settings
        return Door(
            self.acceptance, round(settings.queue.give_up_after.total_seconds() * 1_000_000),
            Signer(self.home, self.clock) if settings.dkim.sign else None, settings.submission.sending,
            settings.submission.sendmail_app,
        )  # fmt: skip

    def _zone_watch(self, *, active: bool) -> ZoneWatch:
        active = active and self.settings.hostname != LOCALHOST
        return ZoneWatch(self.home, self.clock, self.resolver, self.zone_facts, active=active)

    def _webhooks(self) -> Station:
        return Station(
            home=self.home, clock=self.clock, ids=self.ids, door=self.door, wake=self.wake,
            sender=self.sender, base_url=lambda: self.base_url,
        )  # fmt: skip

    def _pick_up(self) -> PickUp:
        patience_us = round(self.settings.queue.give_up_after.total_seconds() * 1_000_000)
        return PickUp(
            self.settings.maildrops, self.door, domain=self.settings.domain,
            max_size=self.settings.intake.max_size, patience_us=patience_us,
        )  # fmt: skip

    async def _listen(self, listen: Listen, sock: socket.socket) -> None:
        if listen.service == "http":
            from pyeonji.web.server import serve_web  # web pages are imported only where they are shown

            self._closers.append(await serve_web(sock, self, self.front.is_proxy, self._encrypted()))
        else:
            listener = self._listener(listen.service, sock)
            await listener.start()
            self._listeners.append(listener)
        self._served.append(replace(listen, port=sock.getsockname()[1]))

    def _listener(self, service: str, sock: socket.socket) -> Listener:
        data, admits, introduces = self.settings.data, self.guard.may_start_tls, self.front.is_proxy
        if service == "acme-tls":
            return Listener(sock, say_nothing, alpn_context(data), admits)
        if service == "https":
            from pyeonji.web.server import pages

            challenge = Apart(ALPN.encode(), alpn_context(data), say_nothing)
            serve = pages(self, self.watch.certificates.naming)
            return Listener(sock, serve, self.tls, admits, introduces, challenge)
        tls = self.asking if service in IMPLICIT_TLS else None  # all that are left are for people
        return Listener(sock, self._serve(service), tls, admits, introduces)

    def _encrypted(self) -> "Encrypted | None":
        """Where others find pages in HTTPS; None for nowhere."""
        port = reachable(self.settings).get("https")
        if port is None:
            return None
        from pyeonji.web.to_https import Encrypted

        return Encrypted(port, self.settings.hostname, self.watch.certificates.naming)

    def _heard(self, message: bytes) -> None:
        """What another worker said is for the guard, or for those who wait."""
        if message.startswith(guard.MARK):
            self.guard.heard(message)
        else:
            self.wake.heard(message)

    def _serve(self, service: str) -> Serve:
        if service in self._services:
            return self._smtp(self._services[service])
        context = replace(self.access_context(), service=service)
        station = imap.serve if service.startswith("imap") else pop3.serve
        return lambda stream: station(stream, context)

    def _smtp(self, service: Service) -> Serve:
        context = self.intake_context()
        if service.needs_login:
            context = replace(context, tls=self.asking)
        return lambda stream: serve_smtp(stream, service, context)


def _starttls(service: str) -> str:
    return "none" if service in ("http", "lmtp") else "starttls"
