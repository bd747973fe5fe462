"""The whole Internet on a laptop: real servers, a real DNS, one clock that can be pushed; loopback only.

Nothing is pretended except addresses and ports: every host is 127.0.0.1, and its port 25 is a high one.
"""

import asyncio
import contextlib
import ipaddress
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pyeonji.access.context import Visitor
from pyeonji.config.model import Listen, Settings, default_settings
from pyeonji.daemon.assemble import Node, Outside
from pyeonji.daemon.doorman import HomeDoorman
from pyeonji.daemon.public import ANYBODY
from pyeonji.directory.login import make_credentials
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.trust import TrustSettings
from pyeonji.intake.context import IntakeContext
from pyeonji.lab import roster
from pyeonji.lab.api import APP
from pyeonji.lab.catch import SERVICES, AnyLogin, Caught, add_catcher
from pyeonji.lab.dns import DnsServer, lab_zone
from pyeonji.lab.door import LabDoor, LabIntake
from pyeonji.lab.host import MailHost
from pyeonji.lab.roster import GATEWAY, LOOPBACK, PASSWORD, PLACES, Place
from pyeonji.lab.trouble import Trouble
from pyeonji.net.clock import PushedClock
from pyeonji.net.http import Fetcher
from pyeonji.net.listener import open_unix
from pyeonji.net.resolver import Resolver
from pyeonji.store import allowed, apps, directory, keys
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.keys import OwnKey
from pyeonji.store.settings import NEVER
from pyeonji.store.upgrade import upgrade
from pyeonji.submission.keys import Made, add, make_all
from pyeonji.submission.settings import SubmissionSettings
from pyeonji.zone.master import data

DESCRIPTION = "lab.json"
FORMAT = 1
MAILDROP = "maildrop"
GRACE_S = 0.5  # seconds for connections under way when the lab closes


# Who asks where letters come from: everybody is a stranger there, and whoever has no address of his own, for there is
# only one on this machine, may say which one he would have (XCLIENT).
STRICT_FRONT = FrontSettings(exempt=(), xclient=("127.0.0.0/8",), greet_pause=NEVER)
STRICT = TrustSettings(spf_fail="refuse")


class NotInTheLab(OSError):
    """Somebody wanted to leave the laptop."""


def here_only(host: str, address: str, port: int) -> tuple[str, int]:
    """Where pages are fetched and webhooks posted to; raises NotInTheLab for everything outside."""
    if not ipaddress.ip_address(address).is_loopback:
        raise NotInTheLab(f"{host} [{address}]:{port} is not in the lab, and nothing leaves it")
    return address, port


inside = partial(Fetcher, route=here_only)


class World:
    """All servers of one lab folder."""

    def __init__(self, data: Path, offset: int = 0, *, catch: bool = False) -> None:
        self.data = data
        self.catch = catch  # what comes to the well-known ports is not sent on
        self.offset = offset
        self.clock = PushedClock()
        self._pushed_s = pushed_before(data)
        self.clock.push(self._pushed_s)
        self.dns = DnsServer(lab_zone())
        self.nodes: dict[str, Node] = {}
        self.hosts: dict[str, MailHost] = {}
        self.http: list[dict[str, Any]] = []
        self.stage = asyncio.Lock()  # one scene at a time: they break servers and push the clock
        self._cleanups: list[Callable[[], Awaitable[None]]] = []

    @property
    def gateway(self) -> Node:
        """The server behind the well-known ports."""
        return self.nodes[GATEWAY]

    def node_of(self, address: str) -> Node | None:
        """The server an address belongs to."""
        place = roster.place_of(address)
        return self.nodes[place.domain] if place else None

    async def start(self) -> None:
        """Everything up; raises OSError (PortTaken) and then nothing is left running."""
        _make_folder(self.data, self.offset, self._pushed_s)
        for folder in (self.data / "nodes").glob("*"):  # of an older version's lab
            upgrade(folder)
        try:
            await self.dns.start(LOOPBACK, roster.DNS + self.offset)
            credentials = make_credentials(PASSWORD, cheap=True)
            for place in PLACES:
                await self._open(place, credentials)
            await self._open_gateway(credentials)
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        for cleanup in reversed(self._cleanups):
            await cleanup()
        self._cleanups.clear()
        await asyncio.gather(*(host.stop(GRACE_S) for host in self.hosts.values()))
        await asyncio.gather(*(node.stop(GRACE_S) for node in self.nodes.values()))
        await self.dns.stop()

    def push(self, seconds: float) -> None:
        """Push the clock of everybody; a lab that is opened again goes on from there, for time does not go back."""
        self._pushed_s += seconds
        self.clock.push(seconds)
        _make_folder(self.data, self.offset, self._pushed_s)

    async def forget_allowed(self) -> None:
        """Everybody judges strangers as on the first day: who was allowed by one pupil is a stranger to the next."""
        for node in self.nodes.values():
            await node.home.engine.write(allowed.forget_all)

    def at_end(self, cleanup: Callable[[], Awaitable[None]]) -> None:
        """Run when the lab closes, before the servers stop."""
        self._cleanups.append(cleanup)

    def listeners(self) -> list[dict[str, Any]]:
        """As `pyeonji status --json` shows them: the well-known ports first."""
        found = [*self.gateway.listeners, *self.http]
        found.append({"service": "dns", "host": LOOPBACK, "port": self.dns.port, "tls": "none", "domain": None})
        for place in PLACES:
            for name in place.hosts:
                port = self.hosts[name].port
                entry = {"service": "smtp", "host": LOOPBACK, "port": port, "tls": "starttls"}
                found.append({**entry, "domain": place.domain, "name": name})
            found += self.nodes[place.domain].listeners
        return found

    def route(self, host: str, ip: str, port: int) -> tuple[str, int]:
        """Where a host's port 25 really is; raises NotInTheLab for everything outside (nothing ever leaves)."""
        known = self.hosts.get(host.rstrip(".").lower())
        if known is None or ip != LOOPBACK:
            raise NotInTheLab("it is not in the lab, and nothing leaves it")
        return LOOPBACK, known.port

    # ── below ──

    def _settings(self, name: str, listeners: tuple[Listen, ...], hostname: str) -> Settings:
        settings = default_settings(self.data / "nodes" / name, self.offset)
        return replace(
            settings,
            hostname=hostname,
            workers=1,
            listeners=listeners,
            dns=replace(settings.dns, nameservers=(f"{LOOPBACK}:{self.dns.port}",)),
            relay=replace(settings.relay, allow_loopback=True),
        )

    def _outside(self) -> Outside:
        resolver = Resolver((f"{LOOPBACK}:{self.dns.port}",), self.clock)
        base_url = f"http://{LOOPBACK}:{roster.HTTP + self.offset}"
        return Outside(
            clock=self.clock, resolver=resolver, route=self.route, fetcher=inside, public=False, base_url=base_url
        )

    async def _open(self, place: Place, credentials: dict[str, str]) -> None:
        places = (("submission", roster.SUBMISSION_AT), ("imap", roster.IMAP_AT), ("pop3", roster.POP3_AT),
                  ("lmtp", roster.LMTP_AT))  # fmt: skip
        listeners = tuple(
            Listen(service, LOOPBACK, place.port(at, self.offset), place.domain) for service, at in places
        )
        outside = self._outside()
        if place.domain == "3ban.test":
            outside = replace(outside, policy=Trouble(self.clock))
        settings = self._settings(place.domain, listeners, place.hosts[0])
        node = Node(replace(settings, front=STRICT_FRONT, trust=STRICT) if place.strict else settings, outside)
        self.nodes[place.domain] = node
        node.home.engine.write_now(populate, place, credentials, self.clock.now_us())
        node.home.engine.write_now(with_app, place.domain, self.clock.now_us())
        await self._publish_keys(node, place.domain)
        await node.start()
        await node.serve_local(open_unix(node.settings.submit_paths[0], ANYBODY))
        for at, name in enumerate(place.hosts, 1):
            self.hosts[name] = MailHost(name, node, place.port(at, self.offset))
            await self.hosts[name].start()

    async def _publish_keys(self, node: Node, domain: str) -> None:
        """The keys of a domain, made once, in the lab's DNS, which is ours to write: its letters are signed at once."""
        made = [] if node.home.engine.read_now(keys.keys_of, domain) else await asyncio.to_thread(make_all)
        for key in node.home.engine.write_now(published, domain, made, self.clock.now_us()):
            self.dns.zone.setdefault(key.name, {})["TXT"] = [data("TXT", key.record)]

    async def _open_gateway(self, credentials: dict[str, str]) -> None:
        services = {
            "smtp": roster.SMTP, "submission": roster.SUBMISSION, "submissions": roster.SUBMISSIONS,
            "lmtp": roster.LMTP, "imap": roster.IMAP, "imaps": roster.IMAPS,
            "pop3": roster.POP3, "pop3s": roster.POP3S,
        }  # fmt: skip
        listeners = tuple(Listen(name, LOOPBACK, port + self.offset, None) for name, port in services.items())
        settings = replace(
            self._settings(GATEWAY, listeners, GATEWAY), trusted_networks=("127.0.0.0/8",),
            submission=SubmissionSettings(maildrop=str(self.data / MAILDROP)),  # of sendmail while the lab is closed
        )  # fmt: skip
        doorman: LabDoor[Visitor] = LabDoor()
        outside = replace(self._outside(), doorman=doorman, intake=self._catching if self.catch else self._for_all)
        node = Node(settings, replace(outside, services=SERVICES if self.catch else {}))
        node.home.engine.write_now(add_catcher, credentials, self.clock.now_us())
        doorman.known = {domain: self.nodes[place.domain].doorman for domain, place in roster.BY_DOMAIN.items()}
        doorman.stranger = HomeDoorman(node.logins, node.home, node.wake, node.acceptance)
        self.nodes[GATEWAY] = node
        await node.start()
        await node.serve_local(open_unix(self.data / "run" / "submit.sock", ANYBODY))

    def _for_all(self, own: IntakeContext) -> IntakeContext:
        """Submission and LMTP on the well-known ports: each letter is handed to the server it belongs to."""
        servers = {place.domain: self.nodes[place.domain] for place in PLACES}
        logins: LabDoor[Account] = LabDoor({domain: node.logins for domain, node in servers.items()}, own.logins)
        return LabIntake({domain: node.intake_context() for domain, node in servers.items()}, own, logins).own

    def _catching(self, own: IntakeContext) -> IntakeContext:
        home, clock = own.acceptance.home, own.acceptance.clock
        return replace(own, logins=AnyLogin(own.logins), expansions=Caught(home, clock))


def populate(tx: Tx, place: Place, credentials: dict[str, str], now_us: int) -> None:
    """Domains, accounts and aliases of one server, once."""
    known = {domain.name for domain in directory.domains(tx)}
    for domain in place.domains:
        if domain not in known:
            directory.add_domain(tx, domain, now_us)
    for domain in place.more:
        directory.set_catch_all(tx, domain, f"{place.people[-1].local_part}@{place.domain}")
    if known:
        return
    for person in place.people:
        directory.add_account(
            tx, f"{person.local_part}@{place.domain}", name=person.name, language=person.language,
            quota_octets=0, credentials=credentials, now_us=now_us,
        )  # fmt: skip
    for address, target in place.aliases:
        directory.add_alias(tx, address, target)


def with_app(tx: Tx, domain: str, now_us: int) -> None:
    """The app of whoever shows the lab's key, once."""
    somebody = directory.account(tx, directory.first_account(tx, domain))
    if somebody is not None and apps.named(tx, APP) is None:
        apps.add(tx, APP, somebody.id, now_us)


def published(tx: Tx, domain: str, made: list[Made], now_us: int) -> list[OwnKey]:
    """All keys of a domain; those that are new are taken into use."""
    for key in add(tx, domain, made, now_us):
        keys.activate(tx, domain, key.selector, now_us)
    return keys.keys_of(tx, domain)


def _make_folder(data: Path, offset: int, pushed_s: float) -> None:
    (data / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    (data / "nodes").mkdir(exist_ok=True, mode=0o700)
    nodes = {place.domain: f"nodes/{place.domain}" for place in PLACES}
    description = {"format": FORMAT, "port_offset": offset, "gateway": GATEWAY, "pushed_s": pushed_s}
    text = json.dumps({**description, "nodes": {**nodes, GATEWAY: f"nodes/{GATEWAY}"}}, indent=1)
    fresh = data / f"{DESCRIPTION}.new"
    fresh.write_text(text + "\n", "utf-8")
    fresh.replace(data / DESCRIPTION)


def pushed_before(data: Path) -> float:
    """By how many seconds this lab's clock has been pushed so far."""
    try:
        pushed = json.loads((data / DESCRIPTION).read_text("utf-8"))["pushed_s"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
    return float(pushed) if isinstance(pushed, int | float) and pushed > 0 else 0.0


def is_lab(data: Path) -> bool:
    return (data / DESCRIPTION).is_file()


def reset(data: Path) -> None:
    """Forget everything that was written in this lab; a folder that is no lab is left alone."""
    if is_lab(data):
        for name in ("nodes", "run"):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(data / name)
        (data / DESCRIPTION).unlink()
