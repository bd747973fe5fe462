"""Addresses of web pages, as narrow as we fetch them: a scheme, a name of the public DNS, a port, a path.

What other readers of URLs take for an address in disguise (decimal, octal and hexadecimal IPv4, zone ids, user parts,
backslashes) is no URL here, so that there is nothing to disagree about (reliability A16).
"""

import ipaddress
import re
from dataclasses import dataclass

from pyeonji.address import NotADomain, parse_domain

MAX_URL = 2_000  # characters; ours
PORTS = {"https": 443, "http": 80}
FIRST_FREE = 1_024  # below it are the ports of services that have a name: of these a web page has its own
SHAPE = re.compile(r"(https?)://([^/?#\\@:\[\]]+)(?::([1-9][0-9]{0,4}))?(/[^#\\]*)?\Z", re.ASCII | re.IGNORECASE)
PATH = re.compile(r"[!-\[\]-~]*\Z", re.ASCII)  # visible ASCII
NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z", re.ASCII)  # a last label that other readers take for an IPv4 address
# Ends of names that something else than the public DNS may answer for: this machine, its neighbours, its own network.
PRIVATE_ENDS = frozenset({"localhost", "local", "internal", "onion", "alt", "arpa"})


class BadUrl(ValueError):
    """Not a URL we would fetch; the text says why."""


@dataclass(frozen=True, slots=True)
class Url:
    """`host` in A-labels without a final dot; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As in the Host field, RFC 9110 §7.2."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str, *, inside: bool = False) -> Url:
    """`inside`: also names of this machine and its network, and IPv4 addresses.  Raises BadUrl."""
    if len(text) > MAX_URL or not text.isprintable():
        raise BadUrl("too long, or with control characters")
    found = SHAPE.match(text)
    if found is None:
        raise BadUrl("not of the form https://name/path")
    scheme, host, port, target = found.groups()
    if not PATH.match(target or "/"):
        raise BadUrl("the path has characters outside ASCII")
    number = int(port or PORTS[scheme.lower()])
    if number > 65_535:
        raise BadUrl("no such port")
    if not inside and number < FIRST_FREE and number not in PORTS.values():
        raise BadUrl(f"port {number} is of another service")  # whose host would take us for a scanner, or an attacker
    return Url(scheme.lower(), inside_name(host) if inside else public_name(host), number, target or "/")


def inside_name(host: str) -> str:
    """A name or an IPv4 address in four decimal numbers; raises BadUrl."""
    if is_ipv4(host):
        return host
    try:
        name = parse_domain(host.removesuffix("."))
    except NotADomain as error:
        raise BadUrl("no host name") from error
    if NUMBER.match(name.rpartition(".")[2]):
        raise BadUrl(f"{name} is neither a name nor an address")
    return name


def is_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def public_name(host: str) -> str:
    """A name that the public DNS can hold, in A-labels; raises BadUrl."""
    try:
        name = parse_domain(host.removesuffix("."))
    except NotADomain as error:
        raise BadUrl("no host name") from error
    last = name.rpartition(".")[2]
    if "." not in name or NUMBER.match(last) or last in PRIVATE_ENDS:
        raise BadUrl(f"{name} is no name of the public DNS")
    return name
