"""A lab for the tests of programs that send: one server of ours, and one behind every domain, where everybody lives.

The letters really leave by the queue, over the lab's DNS, and arrive by SMTP; the answers of the other side can be told
beforehand (`Script`).  Two servers without keys of their own are up in a fraction of a second (`lab.testing`).
"""

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from pyeonji.address import Address
from pyeonji.config.model import Listen, default_settings
from pyeonji.daemon.assemble import Node, Outside
from pyeonji.directory.login import make_credentials
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.policy import Policy
from pyeonji.intake.service import Service
from pyeonji.lab.api import lab_api
from pyeonji.lab.catch import AnyLogin, Caught, add_catcher
from pyeonji.lab.dns import ANY_NAME, DnsServer
from pyeonji.lab.host import MailHost
from pyeonji.lab.roster import GATEWAY, LOOPBACK, PASSWORD
from pyeonji.lab.world import NotInTheLab, inside, with_app
from pyeonji.net.clock import PushedClock
from pyeonji.net.listener import open_tcp, open_unix
from pyeonji.net.resolver import Resolver
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.directory import fold
from pyeonji.web.app import Parted
from pyeonji.web.journeys import Journeys
from pyeonji.web.server import serve_app

FAR = "mx.everywhere.test"  # takes letters for every domain
OPEN = {  # no login is needed, and any will do
    "smtp": Service("smtp", may_login=True),
    "submission": Service("submission", may_login=True),
    "sendmail": Service("sendmail", local_socket=True),
}
REPLY = re.compile(r"(?P<code>[45]\d\d)[ -](?:(?P<status>[45]\.\d{1,3}\.\d{1,3}) )?(?P<text>.*)", re.ASCII)


class NotAReply(ValueError):
    """Only refusals are scripted: "452 4.2.2 Mailbox full"."""


def parse_refusal(text: str) -> Reply:
    """Raises NotAReply."""
    found = REPLY.fullmatch(text.strip())
    if found is None or not found["text"].isascii() or not found["text"].isprintable():
        raise NotAReply(f"{text!r} is no refusal like '452 4.2.2 Mailbox full'")
    status = found["status"] or ""
    return Reply(int(found["code"]), status.partition(".")[2], found["text"])


@dataclass(slots=True)
class Script(Policy):
    """What the other side says, in turn, by folded address; it says yes to all else."""

    at_rcpt: dict[str, deque[Reply]] = field(default_factory=dict)
    at_end: dict[str, deque[Reply]] = field(default_factory=dict)  # after the final dot

    async def at_recipient(self, address: Address, reverse_path: Address | None, peer_ip: str) -> Reply | None:
        return _next(self.at_rcpt, address)

    async def at_content(self, addresses: tuple[Address, ...], size: int) -> Reply | None:
        found = [_next(self.at_end, address) for address in addresses]
        return next(filter(None, found), None)

    def clear(self) -> None:
        self.at_rcpt.clear()
        self.at_end.clear()


def _next(said: dict[str, deque[Reply]], address: Address) -> Reply | None:
    waiting = said.get(fold(address))
    return waiting.popleft() if waiting else None


class Everywhere:
    """`app` is the server programs hand their letters to, `far` the one that everybody else's mail goes to."""

    app: Node
    far: Node

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = PushedClock()
        self.url = ""  # of the API and the journeys
        self.script = Script()
        self.dns = DnsServer({ANY_NAME: {"MX": [f"10 {FAR}."]}, FAR: {"A": [LOOPBACK]}})
        self._host: MailHost | None = None
        self._cleanups: list[Callable[[], Awaitable[None]]] = []

    @property
    def host(self) -> MailHost:
        """The other side's port 25, to be broken."""
        assert self._host is not None, "it is started"
        return self._host

    @property
    def socket_path(self) -> Path:
        """Of sendmail."""
        return self.data / "run" / "submit.sock"

    def port(self, service: str) -> int:
        """Where programs hand their letters in: "smtp" or "submission"."""
        return next(int(one["port"]) for one in self.app.listeners if one["service"] == service)

    async def start(self) -> None:
        """Raises OSError."""
        (self.data / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
        credentials = make_credentials(PASSWORD, cheap=True)
        await self.dns.start(LOOPBACK, 0)
        try:
            self.far = self._node(FAR, (), intake=self._caught, policy=self.script)
            self.far.home.engine.write_now(add_catcher, credentials, self.clock.now_us())
            await self.far.start()
            self._host = MailHost(FAR, self.far, 0)
            await self._host.start()
            http = open_tcp(LOOPBACK, 0)
            self.url = f"http://{LOOPBACK}:{http.getsockname()[1]}"
            listeners = tuple(Listen(service, LOOPBACK, 0) for service in ("smtp", "submission"))
            self.app = self._node(GATEWAY, listeners, services=OPEN, intake=self._anybody, base_url=self.url)
            self.app.home.engine.write_now(add_catcher, credentials, self.clock.now_us())
            self.app.home.engine.write_now(with_app, GATEWAY, self.clock.now_us())
            await self.app.start()
            pages = Journeys({GATEWAY: self.app.home, FAR: self.far.home}, self.clock, language="en")
            self.at_end(await serve_app(http, Parted(lab_api({GATEWAY: self.app}, "en"), pages.app)))
            await self.app.serve_local(open_unix(self.socket_path))
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        for cleanup in reversed(self._cleanups):
            await cleanup()
        if self._host is not None:
            await self._host.stop()
        for node in (getattr(self, "app", None), getattr(self, "far", None)):
            if node is not None:
                await node.stop(0.2)
        await self.dns.stop()

    def at_end(self, cleanup: Callable[[], Awaitable[None]]) -> None:
        """Run when the lab closes, before the servers stop."""
        self._cleanups.append(cleanup)

    # ── below ──

    def _node(self, name: str, listeners: tuple[Listen, ...], **given: object) -> Node:
        settings = default_settings(self.data / name, 0)
        nameserver = f"{LOOPBACK}:{self.dns.port}"
        settings = replace(
            settings, hostname=name, workers=1, listeners=listeners, trusted_networks=("127.0.0.0/8",),
            dns=replace(settings.dns, nameservers=(nameserver,)),
            # Each attempt dials: a test that breaks the other side must not meet a connection of the test before.
            relay=replace(settings.relay, allow_loopback=True, keep_open=timedelta(0)),
        )  # fmt: skip
        outside = Outside(
            clock=self.clock, resolver=Resolver((nameserver,), self.clock), route=self._route, fetcher=inside,
            public=False,
        )  # fmt: skip
        return Node(settings, replace(outside, **given))  # type: ignore[arg-type]

    def _route(self, host: str, ip: str, port: int) -> tuple[str, int]:
        if host.rstrip(".").lower() != FAR or ip != LOOPBACK:
            raise NotInTheLab("it is not in the lab, and nothing leaves it")
        return LOOPBACK, self.host.port

    def _caught(self, own: IntakeContext) -> IntakeContext:
        home, clock = own.acceptance.home, own.acceptance.clock
        return replace(own, expansions=Caught(home, clock))

    def _anybody(self, own: IntakeContext) -> IntakeContext:
        return replace(own, logins=AnyLogin(own.logins))
