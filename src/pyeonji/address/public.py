"""Which IP addresses are somebody's on the Internet, and which only pretend to be (registries of IANA).

An IPv6 address may carry an IPv4 address inside: what a packet reaches in the end is what counts.
"""

import ipaddress

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1
# Unicast that is given out at all (RFC 4291 §2.4); the rest is reserved, local, or multicast.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Special uses that the standard library of Python 3.11 takes for global.
SPECIAL = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # RFC 6890
    ipaddress.IPv4Network("192.88.99.0/24"),  # RFC 7526: the way into 6to4
    ipaddress.IPv6Network("2001::/23"),  # RFC 2928, with Teredo (RFC 4380), which carries an IPv4 address, too
    ipaddress.IPv6Network("3fff::/20"),  # RFC 9637: documentation
    ipaddress.IPv6Network("5f00::/16"),  # RFC 9602: segment routing
)


def carried(ip: Ip) -> Ip:
    """The IPv4 address hidden in a mapped, 6to4 or NAT64 address; any other as it is."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def is_public(address: str) -> bool:
    """False for addresses that are nobody's on the Internet, and for what is no address (a zone id, too)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if getattr(ip, "scope_id", None) is not None:
        return False
    ip = carried(ip)
    if ip.version == 6 and ip not in GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip.version == net.version and ip in net for net in SPECIAL)
