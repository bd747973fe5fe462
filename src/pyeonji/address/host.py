"""Where a server is, as people write it: a name or an address, and perhaps its port."""

import ipaddress

from pyeonji.address.domain import NotADomain, parse_domain

MAX_PORT = 65_535


class NotAPort(ValueError):
    """What stands behind the colon is no port."""


def parse_host(text: str) -> tuple[str, int | None]:
    """A server: "relay.example", "relay.example:587", "192.0.2.1:25", "[192.0.2.1]", "[2001:db8::1]:25", "2001:db8::1".

    Gives the name in its ASCII form, or the literal of an address ("[IPv6:2001:db8::1]"); and the port, None where
    none is said.  Raises NotADomain, NotAPort.
    """
    host, colon, port = _split(text)
    if colon and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= MAX_PORT):
        raise NotAPort(text)
    return _name(host), int(port) if colon else None


def _split(text: str) -> tuple[str, str, str]:
    if text.startswith("["):
        inside, bracket, behind = text.partition("]")
        if behind and not behind.startswith(":"):
            raise NotADomain(text)
        return inside + bracket, behind[:1], behind[1:]
    if text.count(":") > 1:  # IPv6 without brackets has no port
        return text, "", ""
    return text.partition(":")


def _name(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return parse_domain(host)
    return parse_domain(f"[IPv6:{address}]" if address.version == 6 else f"[{address}]")
