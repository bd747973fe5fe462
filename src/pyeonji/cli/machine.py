"""Looks at this machine and the way out of it, each really tried: ports, clock, port 25, names, lists."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from pyeonji.address.public import is_public
from pyeonji.cli.fact import Fact
from pyeonji.filters.dnsbl import DnsLists, name_of
from pyeonji.net import occupied
from pyeonji.net.authority import Authority
from pyeonji.net.clock import Clock
from pyeonji.net.outside import NoAnswer, clock_offset_s, greeting
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Question

PROVIDERS = ("gmail.com", "naver.com", "daum.net")  # whose port 25 is tried: three that have nothing in common
TIME_SERVERS = ("pool.ntp.org", "time.cloudflare.com", "time.google.com")
LISTS = ("zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org", "psbl.surriel.com")
ALWAYS = "127.0.0.2"  # the test address that every list has
PORTS = (25, 465, 587, 993, 143, 80, 443)
TRY_S = 8.0  # seconds for one connection
CLOCK_S = 5.0  # an offset above it breaks signatures, greylists and certificates
SMTP = 25
OURS = "pyeonji"  # how the names of our processes and units begin


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything a look needs; tests give it a world of their own."""

    hostname: str
    domain: str
    addresses: tuple[str, ...]
    resolver: Resolver
    authority: Authority
    clock: Clock


def ports(wanted: Sequence[int] = PORTS) -> list[Fact]:
    """Which are free, and who has the others."""
    taken = [port for port in wanted if occupied.is_taken(port)]
    free = ", ".join(str(port) for port in wanted if port not in taken)
    found = [Fact("ports_free", "good", {"ports": free})] if free else []
    for port in taken:
        found.append(_taken(port, occupied.holders(port)))
    return found


def _taken(port: int, holders: list[tuple[str, str]]) -> Fact:
    """By a server of ours, also where systemd holds the port for it; or by somebody else."""
    if any(OURS in (name[: len(OURS)], unit[: len(OURS)]) for name, unit in holders):
        return Fact("port_ours", "good", {"port": str(port)})
    name, unit = next(iter(holders), ("?", ""))
    if not unit:  # nothing that systemd could stop for us
        return Fact("port_held", "bad", {"port": str(port), "name": name}, "you")
    return Fact("port_taken", "bad", {"port": str(port), "name": name, "unit": unit}, "you")


async def clock(machine: Machine) -> Fact:
    """Against the first time server that answers."""
    for server in TIME_SERVERS:
        answer = await machine.resolver.lookup(Question(server, "A"))
        for ip in answer.records[:1]:
            try:
                offset = await clock_offset_s(ip, machine.clock.now_us, TRY_S)
            except NoAnswer:
                continue
            slots = {"seconds": f"{offset:+.2f}"}
            return Fact("clock_off", "bad", slots, "you") if abs(offset) > CLOCK_S else Fact("clock", "good", slots)
    return Fact("clock_unknown", "unknown")


async def names(machine: Machine) -> Fact:
    """Does the resolver know what surely exists?"""
    for provider in PROVIDERS:
        if (await machine.resolver.lookup(Question(provider, "MX"))).records:
            return Fact("resolver", "good")
    return Fact("resolver_silent", "bad", {}, "you")


async def way_out(machine: Machine) -> Fact:
    """Does any of three big receivers greet us on port 25?"""
    tried = 0
    for provider in PROVIDERS:
        answer = await machine.resolver.lookup(Question(provider, "MX"))
        hosts = [record.split()[1] for record in sorted(answer.records, key=lambda text: int(text.split()[0]))]
        for host in hosts[:1]:
            for ip in (await machine.resolver.lookup(Question(host, "A"))).records[:1]:
                tried += 1
                try:
                    said = await greeting(ip, SMTP, TRY_S)
                except NoAnswer:
                    continue
                if said.startswith("220"):
                    return Fact("port25", "good", {"host": host})
    if not tried:
        return Fact("port25_unknown", "unknown")
    return Fact("port25_blocked", "bad", {"tried": ", ".join(PROVIDERS)}, "hoster")


def addresses(machine: Machine) -> Fact:
    shown = ", ".join(machine.addresses)
    if not machine.addresses:
        return Fact("no_address", "bad", {}, "you")
    if not any(map(is_public, machine.addresses)):
        return Fact("private_address", "better", {"addresses": shown}, "you")
    return Fact("addresses", "good", {"addresses": shown})


async def reverse(machine: Machine) -> list[Fact]:
    """The name of each address, asked of those who give it out."""
    found = []
    for address in machine.addresses:
        answer = await machine.authority.lookup(Question(ip_address(address).reverse_pointer, "PTR"))
        slots = {"ip": address, "host": machine.hostname, "found": ", ".join(answer.records)}
        if answer.failed:
            found.append(Fact("ptr_unknown", "unknown", slots))
        elif machine.hostname in answer.records:
            found.append(Fact("ptr", "good", slots))
        else:
            found.append(Fact("ptr_other" if answer.records else "ptr_none", "bad", slots, "hoster"))
    return found


async def lists(machine: Machine) -> list[Fact]:
    """Does anybody who is asked by many think ill of our addresses?

    Only a list that has its own test address on it is asked (RFC 5782 §5): another one does not hear us.
    """
    tested = [await machine.resolver.lookup(Question(name_of(ALWAYS, zone), "A")) for zone in LISTS]
    working = tuple(zone for zone, answer in zip(LISTS, tested, strict=True) if answer.records)
    asked = DnsLists(working, machine.resolver, machine.clock)
    found = []
    for address in machine.addresses:
        standing = await asked.standing(address)
        slots = {"ip": address, "count": str(len(working) - len(standing.troubles))}
        for hit in standing.hits:
            found.append(Fact("listed", "bad", {"ip": address, "list": hit.zone, "why": hit.why or "-"}, "you"))
        if not standing.hits:
            silent = len(standing.troubles) == len(working)
            found.append(Fact("lists_silent" if silent else "not_listed", "unknown" if silent else "good", slots))
    return found


async def other_mx(machine: Machine) -> Fact:
    """Where the domain's mail goes now."""
    answer = await machine.authority.lookup(Question(machine.domain, "MX"))
    hosts = [record.split()[1] for record in answer.records]
    slots = {"domain": machine.domain, "hosts": ", ".join(hosts)}
    if answer.failed:
        return Fact("mx_unknown", "unknown", slots)
    if not answer.exists:
        return Fact("no_domain", "bad", slots, "dns")
    if not hosts or hosts == [machine.hostname]:
        return Fact("mx_free", "good", slots)
    return Fact("mx_elsewhere", "better", slots, "you")


Look = Callable[[Machine], Awaitable["Fact | list[Fact]"]]
OUTSIDE: tuple[Look, ...] = (names, way_out, reverse, lists, other_mx)


async def outside(machine: Machine) -> list[Fact]:
    """All looks that need others, at once."""
    found = [addresses(machine)]
    for facts in await asyncio.gather(*(look(machine) for look in OUTSIDE)):
        found += facts if isinstance(facts, list) else [facts]
    return found
