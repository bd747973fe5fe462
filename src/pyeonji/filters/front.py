"""Before a stranger's letter: who speaks for others, who must wait for the greeting, who is looked up."""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from pyeonji.filters.dnsbl import DnsLists
from pyeonji.filters.rates import Rates, RateSettings
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver
from pyeonji.store.settings import NEVER

KNOWN_US = 24 * 3_600 * SECOND_US  # how long somebody who has waited for the greeting need not wait again
MAX_KNOWN = 10_000  # addresses of these
PRIVATE = (
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "fc00::/7", "fe80::/10",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontSettings:
    """What is asked of strangers at port 25 before their letters are looked at, and who speaks for others."""

    proxies: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "networks",
            "rfc": "HAProxy's PROXY protocol",
            "doc": "Load balancers: their connections, to every TCP port, begin with a PROXY header (v1 or v2) or are"
            " closed. Anybody else's is refused.",
        },
    )
    xclient: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "networks",
            "rfc": "Postfix's XCLIENT",
            "doc": "Servers in front of this one that may say by XCLIENT for whom they speak.",
        },
    )
    exempt: tuple[str, ...] = field(
        default=PRIVATE,
        metadata={
            "unit": "networks",
            "doc": "Peers that are no strangers: nothing of this table holds for them, nor for trusted_networks.",
        },
    )
    greet_pause: timedelta = field(
        default=timedelta(milliseconds=300),
        metadata={
            "unit": "time|never",
            "rfc": "ours, as Postfix",
            "doc": "How long a stranger who comes for the first time in a day waits for the greeting; who talks into"
            " it is refused.",
        },
    )
    early_pipelining: str = field(
        default="refuse",
        metadata={
            "unit": "refuse|allow",
            "rfc": "RFC 2920 §3.1",
            "doc": "Strangers that send on before EHLO is answered, or pipeline after HELO.",
        },
    )
    lists: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "lists",
            "rfc": "RFC 5782",
            "doc": "Lists asked by DNS for each stranger, `zone`, `zone*weight` or `zone=127.0.0.[2..11]*weight`; a"
            " weight below zero is for lists of the good.",
        },
    )
    refuse_score: int = field(
        default=3,
        metadata={
            "unit": "points",
            "rfc": "ours",
            "doc": "Strangers whose lists weigh as much together are refused (550); postmaster and abuse still hear"
            " them.",
        },
    )
    junk_score: int = field(
        default=1, metadata={"unit": "points", "rfc": "ours", "doc": "Letters of these strangers are junk."}
    )


class Networks:
    """Some networks, read once."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(text) for text in texts]

    def __contains__(self, ip: str) -> bool:
        if not self._networks:
            return False
        address = _address(ip)
        return address is not None and any(address in network for network in self._networks)


@lru_cache(maxsize=1024)  # asked five times for each connection
def _address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


class Front:
    """What one worker knows of those who come to port 25."""

    def __init__(
        self,
        settings: FrontSettings,
        clock: Clock,
        resolver: Resolver,
        trusted: Iterable[str] = (),
        rates: RateSettings | None = None,
    ) -> None:
        self.settings = settings
        self.rates = Rates(rates or RateSettings(), clock)
        self.lists = DnsLists(settings.lists, resolver, clock)
        self._clock = clock
        self._proxies = Networks(settings.proxies)
        self._xclient = Networks(settings.xclient)
        self._exempt = Networks((*settings.exempt, *trusted))
        self._known: OrderedDict[str, int] = OrderedDict()  # until when

    def is_proxy(self, ip: str) -> bool:
        """Do this peer's connections begin with a PROXY header?"""
        return ip in self._proxies

    def may_introduce(self, ip: str) -> bool:
        """May this peer say XCLIENT?"""
        return ip in self._xclient

    def is_stranger(self, ip: str) -> bool:
        return bool(ip) and ip not in self._exempt

    async def pause(self, ip: str) -> None:
        """Wait as long as a stranger is to wait for the greeting."""
        if (
            self.settings.greet_pause != NEVER
            and self.is_stranger(ip)
            and self._known.get(ip, 0) < self._clock.now_us()
        ):
            await self._clock.sleep(self.settings.greet_pause.total_seconds())

    def has_waited(self, ip: str) -> None:
        """This peer did not talk before its turn."""
        self._known[ip] = self._clock.now_us() + KNOWN_US
        self._known.move_to_end(ip)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
