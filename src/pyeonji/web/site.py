"""What the pages of a server need of it."""

from collections.abc import Sequence
from typing import Protocol

from pyeonji.acceptance.wake import Wake
from pyeonji.directory.guard import Guard
from pyeonji.directory.login import Logins
from pyeonji.net.clock import Clock
from pyeonji.net.resolver import Resolver
from pyeonji.store.home import Home
from pyeonji.store.keys import OwnKey
from pyeonji.submission.door import Door
from pyeonji.webhooks.sending import Sender
from pyeonji.zone.clients import Server
from pyeonji.zone.wanted import Facts


class Site(Protocol):
    """The server whose pages these are."""

    @property
    def home(self) -> Home: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def hostname(self) -> str: ...
    @property
    def base_url(self) -> str:
        """Where people reach the pages of this server, without a "/" at the end."""
        ...

    @property
    def max_size(self) -> int:
        """Octets of the largest letter that is taken."""
        ...

    @property
    def door(self) -> Door:
        """What is written here is handed to."""
        ...

    @property
    def logins(self) -> Logins: ...
    @property
    def guard(self) -> Guard: ...
    @property
    def wake(self) -> Wake: ...
    @property
    def sender(self) -> Sender:
        """Posts to webhooks."""
        ...

    @property
    def resolver(self) -> Resolver: ...
    @property
    def metrics_allowed(self) -> tuple[str, ...]:
        """Networks from which the metrics may be read."""
        ...

    @property
    def metrics_names(self) -> tuple[str, ...]:
        """Names, besides our host name, by which they may be asked for."""
        ...

    @property
    def certificates(self) -> Sequence[tuple[str, int]]:
        """The first name of each, and until when it is good (seconds since 1970)."""
        ...

    async def measured(self) -> str:
        """The metrics, as Prometheus reads them; raises StoreError."""
        ...

    def sts_policy(self, domain: str) -> str:
        """What a domain here asks of those who send to it (RFC 8461); "" for nothing."""
        ...

    def zone_facts(self, domain: str, keys: Sequence[OwnKey]) -> Facts:
        """What the DNS should say of a domain here follows from these."""
        ...

    def mail_servers(self) -> tuple[Server, ...]:
        """What mail programs may use."""
        ...

    def sign(self, octets: bytes) -> bytes:
        """A file that says from whom it is; as it is where we cannot."""
        ...
