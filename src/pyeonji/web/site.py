"""What the pages of a server need of it."""

from typing import Protocol

from pyeonji.store.home import Home
from pyeonji.zone.clients import Server


class Site(Protocol):
    """The server whose pages these are."""

    @property
    def home(self) -> Home: ...
    def sts_policy(self, domain: str) -> str:
        """What a domain here asks of those who send to it (RFC 8461); "" for nothing."""
        ...

    def mail_servers(self) -> tuple[Server, ...]:
        """What mail programs may use."""
        ...

    def sign(self, octets: bytes) -> bytes:
        """A file that says from whom it is; as it is where we cannot."""
        ...
