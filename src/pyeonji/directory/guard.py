"""The guard at the door: who fails to log in again and again waits, and nobody takes all the places.

In memory and of one worker; workers tell each other of failed logins.  An address is one IPv4 address or one IPv6 /64,
the least that any customer has, so that changing within it changes nothing (S22, S27).
"""

import contextlib
import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from enum import Enum

from pyeonji.directory.settings import GuardSettings
from pyeonji.net.clock import SECOND_US, Clock

WINDOW_US = 60 * SECOND_US  # failed logins and TLS handshakes are counted for so long
SLOW_AFTER = 3  # failed logins: as many as a person needs who does not remember which password it was
SLOWEST_S = 5  # a second for each failure beyond, and no more: a client gives up waiting at some time
MAX_ADDRESSES = 10_000  # whose failures are remembered
IPV6_PREFIX = 64  # bits
MARK = b"f"  # what other workers hear begins with it


class Turned(Enum):
    """Why somebody is turned away."""

    FAILURES = "too many failed logins"
    CONNECTIONS = "too many connections"
    HANDSHAKES = "too many TLS handshakes"


class Guard:
    """Knows the peers of one worker.  `elsewhere` carries what it learns to the others."""

    def __init__(self, settings: GuardSettings, clock: Clock) -> None:
        self.elsewhere: Callable[[bytes], None] = lambda message: None
        self._settings = settings
        self._clock = clock
        self._exempt = [ipaddress.ip_network(text) for text in settings.exempt]
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()
        self._open: dict[str, int] = {}
        self._told: OrderedDict[str, int] = OrderedDict()
        self._handshakes: OrderedDict[str, tuple[int, int]] = OrderedDict()  # since when, how many

    @contextlib.contextmanager
    def visit(self, peer_ip: str, *, logs_in: bool) -> Iterator[Turned | None]:
        """Around one connection: why it must go at once, or None.  `logs_in`: a port where people say who they are."""
        name = self._name(peer_ip)
        if not name:
            yield None
            return
        count = self._open.get(name, 0)
        if count >= self._settings.connections:
            yield Turned.CONNECTIONS
            return
        self._open[name] = count + 1
        try:
            yield Turned.FAILURES if logs_in and self.bars(peer_ip) else None
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]

    def bars(self, peer_ip: str) -> bool:
        """Must this peer wait before it may try to log in again?"""
        return self._recent(self._name(peer_ip)) >= self._settings.failed_logins

    def may_start_tls(self, peer_ip: str) -> bool:
        """Count one more TLS handshake of this peer; False when there were too many in this minute (S24)."""
        if not (name := self._name(peer_ip)):
            return True
        now = self._clock.now_us()
        since, count = self._handshakes.get(name, (now, 0))
        if not since <= now < since + WINDOW_US:
            since, count = now, 0
        self._handshakes[name] = (since, count + 1)
        self._handshakes.move_to_end(name)
        if len(self._handshakes) > MAX_ADDRESSES:
            self._handshakes.popitem(last=False)
        return count < self._settings.handshakes

    def is_news(self, peer_ip: str) -> bool:
        """Is this the first time in a while that this peer is turned away?  A flood of them is told once."""
        name, now = self._name(peer_ip), self._clock.now_us()
        told = self._told.get(name, 0)
        if now - WINDOW_US < told <= now:
            return False
        self._told[name] = now
        self._told.move_to_end(name)
        if len(self._told) > MAX_ADDRESSES:
            self._told.popitem(last=False)
        return True

    async def login_failed(self, peer_ip: str) -> None:
        """Count it; the more there have been, the later the peer hears of it."""
        name = self._name(peer_ip)
        if not name:
            return
        self._count(name)
        self.elsewhere(MARK + name.encode())
        await self._clock.sleep(min(max(0, self._recent(name) - SLOW_AFTER), SLOWEST_S))

    def heard(self, message: bytes) -> None:
        """Another worker has seen a failed login."""
        self._count(message[len(MARK) :].decode("ascii", "replace"))

    def _count(self, name: str) -> None:
        failures = self._failures.setdefault(name, deque(maxlen=self._settings.failed_logins))
        failures.append(self._clock.now_us())
        self._failures.move_to_end(name)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def _recent(self, name: str) -> int:
        now = self._clock.now_us()
        # A clock that was set back must not bar anybody until it has caught up.
        return sum(now - WINDOW_US < at <= now for at in self._failures.get(name, ()))

    def _name(self, peer_ip: str) -> str:
        """Under which the peer is counted; "" for one who is exempt, or on this machine's own socket."""
        try:
            address = ipaddress.ip_address(peer_ip.partition("%")[0])
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self._exempt):
            return ""
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
