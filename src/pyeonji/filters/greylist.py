"""Greylisting: who writes for the first time is asked to come again, as machines that send junk seldom do (RFC 6647).

The memory is kept by network (an IPv4 /24, an IPv6 /64), domain of the reverse-path and recipient.  A domain whose SPF
holds for the peer is known by its name alone: large senders come again from another address.
"""

import asyncio
import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta

from pyeonji.address import Address
from pyeonji.directory.tally import Tally
from pyeonji.msgauth.spf.evaluate import check
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver
from pyeonji.store import greylist
from pyeonji.store.directory import fold
from pyeonji.store.greylist import Attempt, Outcome, Times
from pyeonji.store.home import Home

PREFIX = {4: 24, 6: 64}  # bits
SPF = "spf"  # in place of the network
MAX_ROWS = 200_000  # in the store; ours
SPF_S = 5.0  # seconds for the DNS; who cannot be known by name by then is known by network
HOUR_S = 3_600
MAX_BY_NAME = 1_000  # first attempts of one network in an hour, in names whose SPF holds, that are remembered
BOUNDED_EACH = 500  # first attempts between two looks at the number of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class GreylistSettings:
    """Strangers who write to somebody for the first time."""

    strangers: str = field(
        default="taken",
        metadata={
            "unit": "taken|told|delayed",
            "rfc": "RFC 6647",
            "doc": "Who writes for the first time is taken as anybody, told of in the journey, or asked to come again.",
        },
    )
    wait: timedelta = field(
        default=timedelta(minutes=5),
        metadata={"unit": "time", "rfc": "RFC 6647 §5", "doc": "How long whoever is delayed must stay away."},
    )
    within: timedelta = field(
        default=timedelta(days=1),
        metadata={"unit": "time", "rfc": "RFC 6647 §5", "doc": "By when he must have come again."},
    )
    keep: timedelta = field(
        default=timedelta(days=36),
        metadata={"unit": "time", "rfc": "ours", "doc": "How long he is known after his last letter."},
    )


class Greylist:
    """The memory of one home."""

    def __init__(self, settings: GreylistSettings, home: Home, clock: Clock, resolver: Resolver, hostname: str) -> None:
        self.settings = settings
        self._home = home
        self._clock = clock
        self._resolver = resolver
        self._hostname = hostname
        self._times = Times(*(_us(one) for one in (settings.wait, settings.within, settings.keep)))
        self._firsts = 0
        self._by_name = Tally(clock, window_s=HOUR_S, most=MAX_BY_NAME, bar_s=HOUR_S, longest_s=HOUR_S)

    async def met(self, ip: str, hello: str, reverse_path: Address | None, recipient: Address) -> tuple[Outcome, int]:
        """Is this the first time?  Also the seconds still to wait.  Raises StoreError."""
        domain = reverse_path.domain if reverse_path else ""
        network, now = network_of(ip), self._clock.now_us()
        holds = await self._holds(ip, hello, reverse_path)
        attempt = Attempt(SPF if holds else network, domain, fold(recipient))
        # All domains whose SPF holds share one place: those of one peer must not fill it for the others (S19).
        room = not self._by_name.bars(network) if holds else None
        outcome, wait = await self._home.engine.write(greylist.met, attempt, self._times, now, room)
        if outcome == "first":
            if holds:
                self._by_name.count(network)
            self._firsts += 1
            if self._firsts % BOUNDED_EACH == 0:
                await self._home.engine.write(greylist.bound, MAX_ROWS)
        return outcome, wait

    async def _holds(self, ip: str, hello: str, reverse_path: Address | None) -> bool:
        if reverse_path is None:
            return False
        asking = check(ip, str(reverse_path), hello, self._hostname, self._clock.now_us() // SECOND_US)
        try:
            async with asyncio.timeout(SPF_S):
                return (await self._resolver.answer_with(asking)).result == "pass"
        except TimeoutError:
            return False


def network_of(ip: str) -> str:
    """ "192.0.2.0/24", "2001:db8::/64"."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((address, PREFIX[address.version]), strict=False))


def _us(time: timedelta) -> int:
    return round(time.total_seconds() * SECOND_US)
