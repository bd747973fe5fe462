"""Under which addresses this machine talks to the world."""

import contextlib
import socket
from ipaddress import ip_address

# Documentation addresses (RFC 5737, RFC 3849): nothing is sent, the kernel only says from where it would be.
FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_addresses() -> tuple[str, ...]:
    """The addresses of the default routes, IPv4 first; loopback and link-local ones are none."""
    found = []
    for family, far in FAR:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            address = ip_address(probe.getsockname()[0].partition("%")[0])
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.append(str(address))
    return tuple(found)
