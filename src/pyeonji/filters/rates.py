"""How much one address may do in a minute, over all its connections to port 25 of one worker (S12, S24, S27)."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field

from pyeonji.net.clock import SECOND_US, Clock

WINDOW_US = 60 * SECOND_US
MAX_ADDRESSES = 10_000  # that are counted
IPV6_PREFIX = 64  # bits, the least that any customer has


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSettings:
    """What a stranger at one address (IPv6: one /64) may do in a minute at port 25 of one worker."""

    connections: int = field(
        default=60,
        metadata={"unit": "connections per minute", "rfc": "ours, as Postfix", "doc": "Then 421 4.7.0."},
    )
    letters: int = field(
        default=120,
        metadata={"unit": "letters per minute", "rfc": "ours, as Postfix", "doc": "Then 450 4.7.1 to MAIL."},
    )
    errors: int = field(
        default=60,
        metadata={
            "unit": "errors per minute",
            "rfc": "ours",
            "doc": "Commands and recipients refused for good (5yz); then the connection is closed, and each new one.",
        },
    )


class Rates:
    """Counts what the strangers of one worker do."""

    def __init__(self, settings: RateSettings, clock: Clock) -> None:
        self._most = {"connections": settings.connections, "letters": settings.letters, "errors": settings.errors}
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()  # since when, how many

    def take(self, what: str, ip: str) -> bool:
        """Count one more; False when there were too many in this minute."""
        now = self._clock.now_us()
        key = (what, name_of(ip))
        since, count = self._counts.get(key, (now, 0))
        if not since <= now < since + WINDOW_US:  # a clock that was set back bars nobody
            since, count = now, 0
        self._counts[key] = (since, count + 1)
        self._counts.move_to_end(key)
        if len(self._counts) > MAX_ADDRESSES:
            self._counts.popitem(last=False)
        return count < self._most[what]

    def is_over(self, what: str, ip: str) -> bool:
        """Have there been too many in this minute?"""
        now = self._clock.now_us()
        since, count = self._counts.get((what, name_of(ip)), (now, 0))
        return since <= now < since + WINDOW_US and count >= self._most[what]


def name_of(ip: str) -> str:
    """Under which an address is counted."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
