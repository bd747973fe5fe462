"""The guard at the door: who fails to log in again and again waits, and nobody takes all the places.

In memory and of one worker; workers tell each other what they have seen.  An address is one IPv4 address or one IPv6
/64, the least that any customer has, so that changing within it changes nothing (S22, S27).

Failed logins are counted three times: by address, by the name that was tried, and all together.  An address that fails
too often is barred, longer each time.  A name that is tried too often from everywhere, or everything being tried, bars
strangers only: whoever has logged in by that name from that address before is let in to try (`Door.knows`), so nobody
locks an owner out by guessing.  Names that nobody has are counted in the same way, or the bar would tell.
"""

import contextlib
import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from pyeonji.directory.names import folded
from pyeonji.directory.settings import GuardSettings
from pyeonji.directory.tally import Tally
from pyeonji.net.clock import SECOND_US, Clock

WINDOW_S = 60  # seconds in which failed logins of an address, and TLS handshakes, are counted
WINDOW_US = WINDOW_S * SECOND_US
NAME_WINDOW_S = 600  # seconds in which failed logins by one name are counted; as long strangers are barred from it
GUESS_WINDOW_S = 3_600  # seconds in which recipients nobody knows are counted
SLOW_AFTER = 3  # failed logins: as many as a person needs who does not remember which password it was
SLOWEST_S = 5  # a second for each failure beyond, and no more: a client gives up waiting at some time
UNKNOWN_S = 5.0  # seconds until somebody hears that a first recipient is unknown (S18)
MAX_NAME = 320  # characters of an address, RFC 5321 §4.5.3.1
MAX_ADDRESSES = 10_000  # who is remembered
IPV6_PREFIX = 64  # bits
MARK = b"f"  # what other workers hear begins with it
FORGIVE = b"-"
ANYBODY = "*"
T = TypeVar("T")


class Turned(Enum):
    """Why somebody is turned away."""

    FAILURES = "too many failed logins"
    CONNECTIONS = "too many connections"
    HANDSHAKES = "too many TLS handshakes"
    GUESSES = "too many unknown recipients"


class Barred(NamedTuple):
    """As `pyeonji guard list` shows it.  `what`: "logins", "name", "all" or "recipients"."""

    what: str
    who: str
    until_us: int
    times: int


class Guard:
    """Knows the peers of one worker.  `elsewhere` carries what it learns to the others."""

    def __init__(self, settings: GuardSettings, clock: Clock) -> None:
        self.elsewhere: Callable[[bytes], None] = lambda message: None
        self._settings = settings
        self._clock = clock
        self._exempt = [ipaddress.ip_network(text) for text in settings.exempt]
        longest = round(settings.longest_bar.total_seconds())
        self._logins = Tally(clock, window_s=WINDOW_S, most=settings.failed_logins, bar_s=WINDOW_S, longest_s=longest)
        self._names = Tally(
            clock, window_s=NAME_WINDOW_S, most=settings.failed_by_name, bar_s=NAME_WINDOW_S, longest_s=NAME_WINDOW_S
        )
        self._all = Tally(clock, window_s=WINDOW_S, most=settings.failed_in_all, bar_s=WINDOW_S, longest_s=WINDOW_S)
        self._guesses = Tally(
            clock, window_s=GUESS_WINDOW_S, most=settings.unknown_recipients, bar_s=GUESS_WINDOW_S, longest_s=longest
        )
        self._tallies = {b"l": self._logins, b"n": self._names, b"a": self._all, b"r": self._guesses}
        self._open: dict[str, int] = {}
        self._browsing: dict[str, int] = {}  # connections of HTTP
        self._trying: dict[str, int] = {}  # passwords that are being checked, by name
        self._told: OrderedDict[str, int] = OrderedDict()
        self._handshakes: OrderedDict[str, tuple[int, int]] = OrderedDict()  # since when, how many

    # ── connections ──

    def visit(self, peer_ip: str, *, logs_in: bool) -> "Holding[Turned | None]":
        """Around one connection: why it must go at once, or None.  `logs_in`: a port where people say who they are."""
        name = self.place(peer_ip)
        turned = self._turned(name, logs_in=logs_in)
        return Holding(self._open, name, self._settings.connections, turned, Turned.CONNECTIONS)

    def visit_pages(self, peer_ip: str) -> "Holding[bool]":
        """Around one connection of HTTP: may it stay?  Counted apart: browsers keep no mail program of theirs away."""
        return Holding(self._browsing, self.place(peer_ip), self._settings.http_connections, True, False)

    def _turned(self, name: str, *, logs_in: bool) -> Turned | None:
        if not name:
            return None
        if logs_in:
            return Turned.FAILURES if self._logins.bars(name) else None
        return Turned.GUESSES if self._guesses.bars(name) else None

    def may_start_tls(self, peer_ip: str) -> bool:
        """Count one more TLS handshake of this peer; False when there were too many in this minute (S24)."""
        if not (name := self.place(peer_ip)):
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
        name, now = self.place(peer_ip), self._clock.now_us()
        told = self._told.get(name, 0)
        if now - WINDOW_US < told <= now:
            return False
        self._told[name] = now
        self._told.move_to_end(name)
        if len(self._told) > MAX_ADDRESSES:
            self._told.popitem(last=False)
        return True

    # ── logins ──

    def bars(self, peer_ip: str) -> bool:
        """Must this peer wait before it may try to log in again?"""
        return self._logins.bars(self.place(peer_ip))

    def bars_strangers(self, peer_ip: str, login: str) -> bool:
        """Is there an attack, on this (folded) name or on all, so that only those may try whom it knows?"""
        if not self.place(peer_ip):
            return False
        name = _counted(login)
        if self._names.bars(name) or self._all.bars(ANYBODY):
            return True
        return self._names.recent(name) + self._trying.get(name, 0) >= self._settings.failed_by_name

    @contextlib.contextmanager
    def trying(self, login: str) -> Iterator[None]:
        """Around a check that takes its time: many guesses at once are counted before they have failed."""
        name = _counted(login)
        self._trying[name] = self._trying.get(name, 0) + 1
        try:
            yield
        finally:
            self._trying[name] -= 1
            if not self._trying[name]:
                del self._trying[name]

    async def login_failed(self, peer_ip: str, login: str = "") -> None:
        """Count it; the more there have been, the later the peer hears of it.  `login`: the name, if one was said."""
        place = self.place(peer_ip)
        if not place:
            return
        self._count(b"l", place)
        self._count(b"a", ANYBODY)
        failures = self._logins.recent(place)
        if login:
            self._count(b"n", _counted(login))
            failures = max(failures, self._names.recent(_counted(login)))
        await self._clock.sleep(min(max(0, failures - SLOW_AFTER), SLOWEST_S))

    # ── recipients ──

    async def guessed(self, peer_ip: str, *, first: bool) -> bool:
        """A recipient nobody knows; True: this peer must go.  The `first` of a letter for nobody is told late."""
        place = self.place(peer_ip)
        if not place:
            return False
        self._count(b"r", place)
        if first:
            await self._clock.sleep(UNKNOWN_S)
        return self._guesses.bars(place)

    # ── what is known ──

    def barred(self) -> list[Barred]:
        """Everybody who is barred now."""
        kinds = {"logins": self._logins, "name": self._names, "all": self._all, "recipients": self._guesses}
        return [Barred(what, who, *bar) for what, tally in kinds.items() for who, bar in tally.barred().items()]

    def forgive(self, who: str) -> bool:
        """An IP address, or a login; was it barred?"""
        message = self._forgiven(who)
        was = self._forgive(message)
        self.elsewhere(MARK + FORGIVE + message.encode("utf-8", "replace"))
        return was

    def _forgiven(self, who: str) -> str:
        return self.place(who, exempt=False) or (who if who == ANYBODY else _counted(folded(who)))

    def _forgive(self, name: str) -> bool:
        was = [tally.forget(name) for tally in self._tallies.values()]  # by all of them
        return any(was)

    def heard(self, message: bytes) -> None:
        """Another worker has seen something."""
        kind, name = message[len(MARK) : len(MARK) + 1], message[len(MARK) + 1 :].decode("utf-8", "replace")
        if kind == FORGIVE:
            self._forgive(name)
        elif kind in self._tallies:
            self._tallies[kind].count(name)

    def _count(self, kind: bytes, name: str) -> None:
        self._tallies[kind].count(name)
        self.elsewhere(MARK + kind + name.encode("utf-8", "replace"))

    def place(self, peer_ip: str, *, exempt: bool = True) -> str:
        """Under which a peer is counted; "" for one who is `exempt`, or on this machine's own socket."""
        try:
            address = ipaddress.ip_address(peer_ip.partition("%")[0])
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if exempt and any(address in network for network in self._exempt):
            return ""
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


class Holding(Generic[T]):
    """Around one connection: it hears `has` when it has a place, `full` when there is none.  No `name` needs none.

    A class, because a generator would cost each connection three times as much memory.
    """

    __slots__ = ("_full", "_has", "_holds", "_most", "_name", "_places")

    def __init__(self, places: dict[str, int], name: str, most: int, has: T, full: T) -> None:
        self._places, self._name, self._most = places, name, most
        self._has, self._full = has, full
        self._holds = False

    def __enter__(self) -> T:
        if not self._name:
            return self._has
        held = self._places.get(self._name, 0)
        if held >= self._most:
            return self._full
        self._places[self._name] = held + 1
        self._holds = True
        return self._has

    def __exit__(self, *exc_info: object) -> None:
        if self._holds:
            self._places[self._name] -= 1
            if not self._places[self._name]:
                del self._places[self._name]


def _counted(login: str) -> str:
    """The (folded) name by which somebody tried, or a digest where that is no address but may be anything."""
    if len(login) <= MAX_NAME and "@" in login:
        return login
    return hashlib.sha256(login.encode("utf-8", "surrogateescape")).hexdigest()[:32]
