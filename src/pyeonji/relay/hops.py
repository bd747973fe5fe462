"""Which hosts take mail for a domain, best first (RFC 5321 §5.1, RFC 7505).

The rule asks and is answered; it looks nothing up by itself.  Three endings: hosts, "never" (the domain does not exist,
takes no mail, or leads back to us) and "later" (the DNS does not answer).
"""

import ipaddress
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from pyeonji.address.public import carried, is_public
from pyeonji.proto.dns import Answer, Asking, Question

T = TypeVar("T")

MAX_EXCHANGERS = 100  # MX records looked at; more is no mail system
MAX_ADDRESSES = 5  # addresses one try may dial, RFC 5321 §5.1 asks for at least two (reliability F14)

NULL_MX = "0 ."  # RFC 7505 §3

# Where a host is dialled: (host name, address, port) to (address, port).  The lab maps its ports with it.
Route = Callable[[str, str, int], tuple[str, int]]


class Nowhere(Exception):
    """No host can be named.  `status` is an enhanced status code (RFC 3463) with its class digit.

    Nowhere
      NoMail     and there will be none: fail
      AskLater   the DNS did not answer: try again
    """

    def __init__(self, status: str, text: str, note: str, records: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.note = note
        self.records = records

    @property
    def words(self) -> str:
        """Like a reply: "556 5.1.10 example.com takes no mail"."""
        code = "556" if self.status == "5.1.10" else "550" if self.status[0] == "5" else "450"
        return f"{code} {self.status} {self.text}"


class NoMail(Nowhere):
    """The domain takes no mail; trying again will not help."""


class AskLater(Nowhere):
    """Nobody could say."""


@dataclass(frozen=True, slots=True)
class Host:
    """A mail exchanger and all addresses of it that may be dialled."""

    preference: int
    name: str
    addresses: tuple[str, ...]
    authentic: bool = False  # the DNS vouches for its addresses
    canonical: str = ""  # where its name leads, when it is an alias and the DNS vouches for that


@dataclass(frozen=True, slots=True)
class Hops:
    """Hosts, best first; `records` and `note` are what the journey tells of the search."""

    hosts: tuple[Host, ...]
    records: tuple[str, ...]
    note: str = ""
    authentic: bool = False  # the DNS vouches for what named these hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this server knows of itself, and whom it may dial."""

    own_names: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()  # at which others reach us, compressed
    allow_loopback: bool = False
    allow_private: bool = False
    max_addresses: int = MAX_ADDRESSES

    def may_dial(self, address: str) -> bool:
        """False for addresses that are nobody's on the Internet (reliability A13), unless they are allowed."""
        ip = carried(ipaddress.ip_address(address))
        if ip.is_loopback:
            return self.allow_loopback
        if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
            return False
        return self.allow_private or is_public(address)


def next_hops(domain: str, rules: Rules, spread: float = 0.0) -> Asking[Hops]:
    """Hosts that take mail for `domain`.  `spread` in [0, 1) decides among equals.  Raises NoMail, AskLater."""
    if domain.startswith("["):
        return _literal(domain, rules)
    mx = yield Question(domain, "MX")
    if mx.failed:
        raise AskLater("4.4.3", f"the DNS does not say who takes mail for {domain} ({mx.failure})", mx.failure)
    if not mx.exists:
        raise NoMail("5.1.2", f"the domain {domain} does not exist", "does not exist")
    exchangers = sorted(parsed(mx.records))
    records = tuple(f"{preference} {name or '.'}" for preference, name in exchangers)
    if len(exchangers) == 1 and not exchangers[0][1]:
        raise NoMail("5.1.10", f"{domain} takes no mail (null MX)", "null mx", records)
    note = ""
    if not exchangers:
        exchangers, note = [(0, domain)], "implicit mx"  # RFC 5321 §5.1
    kept = without_us(exchangers, rules.own_names)
    if not kept:
        raise NoMail("5.4.6", f"mail for {domain} would come back to us", "loop", records)
    hosts = yield from _hosts(domain, spread_equals(kept, spread), rules, records)
    better = without_our_addresses(hosts, rules.own_addresses)
    if not better:
        raise NoMail("5.4.6", f"mail for {domain} would come back to us", "loop", records)
    return Hops(better, records, note, mx.authentic)


def addresses_of(name: str, rules: Rules) -> Asking[Hops]:
    """The addresses of one host that is not looked up by MX: a smart host.  Raises NoMail, AskLater."""
    if name.startswith("["):
        return _literal(name, rules)
    hosts = yield from _hosts(name, [(0, name)], rules, ())
    return Hops(hosts, (f"0 {name}",), "smart host", authentic=True)  # our own settings named it


def parsed(records: Sequence[str]) -> list[tuple[int, str]]:
    """(preference, name) of MX records; the root becomes ""; what is no MX record is left out."""
    found = []
    for record in records[:MAX_EXCHANGERS]:
        preference, _, name = record.partition(" ")
        if preference.isdecimal() and name:
            found.append((int(preference), name.rstrip(".").lower()))
    return found


def without_us(exchangers: Sequence[tuple[int, str]], own_names: frozenset[str]) -> list[tuple[int, str]]:
    """Only what is better than ourselves: else letters go in circles (RFC 5321 §5.1).  A null record names nobody."""
    ours = [preference for preference, name in exchangers if name in own_names]
    return [pair for pair in exchangers if pair[1] and (not ours or pair[0] < min(ours))]


def without_our_addresses(hosts: Sequence[Host], own_addresses: frozenset[str]) -> tuple[Host, ...]:
    """The same for hosts that are ourselves by another name."""
    ours = [host.preference for host in hosts if not own_addresses.isdisjoint(map(compressed, host.addresses))]
    return tuple(host for host in hosts if not ours or host.preference < min(ours))


def compressed(address: str) -> str:
    """One spelling of an address."""
    return ipaddress.ip_address(address).compressed


def spread_equals(exchangers: Sequence[tuple[int, str]], spread: float) -> list[tuple[int, str]]:
    """Ordered by preference, equals shuffled by one number in [0, 1) (RFC 5321 §5.1 asks for it)."""
    ordered: list[tuple[int, str]] = []
    for _, group in groupby(sorted(exchangers), key=lambda pair: pair[0]):
        rest = list(group)
        while rest:  # the number's digits in a base that shrinks: each order equally likely
            spread *= len(rest)
            at = min(int(spread), len(rest) - 1)
            spread -= at
            ordered.append(rest.pop(at))
    return ordered


def _hosts(
    domain: str, exchangers: Sequence[tuple[int, str]], rules: Rules, records: tuple[str, ...]
) -> Generator[Question, Answer, tuple[Host, ...]]:
    hosts: list[Host] = []
    unknown = ""  # why the addresses of some host could not be learned
    forbidden = False
    room = rules.max_addresses
    for preference, name in exchangers:
        if room <= 0:
            break
        v4 = yield Question(name, "A")
        v6 = yield Question(name, "AAAA")
        unknown = unknown or v4.failure or v6.failure
        found = interleaved(v4.records, v6.records)
        allowed = [address for address in found if rules.may_dial(address)][:room]
        forbidden = forbidden or len(allowed) < len(found)
        room -= len(allowed)
        if allowed:
            authentic = v4.authentic and v6.authentic
            canonical = (v4.canonical or v6.canonical) if authentic else ""
            hosts.append(Host(preference, name, tuple(allowed), authentic, canonical))
    if hosts:
        return tuple(hosts)
    if unknown:
        raise AskLater("4.4.3", f"the DNS does not say where the servers of {domain} are ({unknown})", unknown, records)
    if forbidden:
        raise NoMail("5.4.4", f"the servers of {domain} have only private addresses", "private address", records)
    raise NoMail("5.4.4", f"the servers of {domain} have no address", "no address", records)


def interleaved(v4: Sequence[str], v6: Sequence[str]) -> list[str]:
    """Both families in turn, so that a broken one costs one dial.

    IPv4 first: a small server often has no reverse name for its IPv6 address and is refused for it (5.7.25).
    """
    both: list[str] = []
    for at in range(max(len(v4), len(v6))):
        both += v4[at : at + 1]
        both += v6[at : at + 1]
    return both


def _literal(domain: str, rules: Rules) -> Hops:
    """RFC 5321 §4.1.3: the address itself says where."""
    address = domain[1:-1].removeprefix("IPv6:")
    if not rules.may_dial(address):
        raise NoMail("5.4.4", f"{domain} is a private address", "private address")
    return Hops((Host(0, domain, (address,)),), (), "address literal")
