"""The public addresses of this machine, as far as it knows them: behind a NAT it does not."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterable

from pyeonji.address.public import is_public

# Addresses of documentation: to ask for the way to them sends nothing.
ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
DISCARD = 9  # a port; any would do


def own_addresses(listening: Iterable[str]) -> frozenset[str]:
    """Of a service that listens at these hosts; "0.0.0.0" and "::" are all addresses there are.

    An address that is not public is nobody's in particular: a letter for it is not dialled anyway, unless allowed.
    """
    found: set[str] = set()
    for host in listening:
        with contextlib.suppress(ValueError):
            ip = ipaddress.ip_address(host)
            found |= _outward() if ip.is_unspecified else {ip.compressed}
    return frozenset(address for address in found if is_public(address))


def _outward() -> set[str]:
    """The addresses from which this machine speaks to the Internet."""
    found = set()
    for family, address in ELSEWHERE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, DISCARD))
            found.add(ipaddress.ip_address(sock.getsockname()[0]).compressed)
    return found
