"""Who a connection really comes from, as a load balancer says it: the PROXY protocol, versions 1 and 2.

The header are the first octets of a connection, before TLS and before our greeting.  Whether somebody may say it is
not decided here: it is read from listed peers only, and from these it must come (the specification's §2).
"""

import ipaddress
from dataclasses import dataclass

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"  # version 2, §2.2
MAX_LINE = 107  # octets of a version 1 header with CR LF, §2.1
MAX_HEADER = 4096  # octets of a version 2 header; ours: 16 + 65,535 could be said, real ones stay below 1,000
HEAD = 16  # octets before the addresses of version 2
LOCAL, PROXY = 0, 1  # commands of version 2
TCP4, TCP6 = 0x11, 0x21  # family and transport
ADDRESSES = {TCP4: 4, TCP6: 16}  # octets of one address
CRC32C = 0x03  # the type of a checksum over the header, §2.2.3
WORD = 2  # octets of a port, and of a length


class NotProxied(ValueError):
    """These octets are no PROXY header, or a broken one: the connection is good for nothing."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """`ip` is "" where the proxy speaks for itself (LOCAL, UNKNOWN): a health check.  `size`: octets of the header."""

    ip: str
    port: int
    size: int


def read_header(octets: bytes) -> Introduced | None:
    """The header at the beginning of a connection; None while octets are missing.  Raises NotProxied."""
    if octets.startswith(b"PROXY ") or b"PROXY ".startswith(octets):
        return _version_1(octets)
    if octets.startswith(SIGNATURE) or SIGNATURE.startswith(octets):
        return _version_2(octets)
    raise NotProxied("no PROXY header")


def _version_1(octets: bytes) -> Introduced | None:
    end = octets.find(b"\r\n", 0, MAX_LINE)
    if end < 0:
        if len(octets) >= MAX_LINE:
            raise NotProxied("the PROXY line does not end")
        return None
    size = end + 2
    words = octets[:end].split(b" ")
    if len(words) > 1 and words[1] == b"UNKNOWN":
        return Introduced("", 0, size)
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise NotProxied("a PROXY line of another form")
    version = 4 if words[1] == b"TCP4" else 6
    source, _ = (_address(word, version) for word in words[2:4])
    port, _ = map(_port, words[4:6])
    return Introduced(source, port, size)


def _address(word: bytes, version: int) -> str:
    try:
        address = ipaddress.ip_address(word.decode("ascii"))
    except (UnicodeDecodeError, ValueError) as error:
        raise NotProxied("a PROXY line without addresses") from error
    if address.version != version or "%" in str(address):
        raise NotProxied("an address of another family")
    return _plain(address)


def _port(word: bytes) -> int:
    if not (word.isdigit() and len(word) <= 5 and (word == b"0" or not word.startswith(b"0")) and int(word) < 1 << 16):
        raise NotProxied("a PROXY line without ports")
    return int(word)


def _version_2(octets: bytes) -> Introduced | None:
    if len(octets) < HEAD:
        return None
    command, family = octets[12], octets[13]
    size = HEAD + int.from_bytes(octets[14:HEAD])
    if command >> 4 != 2 or command & 15 not in (LOCAL, PROXY):
        raise NotProxied("another version of the PROXY protocol")
    if size > MAX_HEADER:
        raise NotProxied("the PROXY header is too long")
    if len(octets) < size:
        return None
    header = octets[:size]
    width = ADDRESSES.get(family, 0)
    if command & 15 == LOCAL:
        return Introduced("", 0, size)
    if not width:
        if family == 0:  # UNSPEC
            return Introduced("", 0, size)
        raise NotProxied("a PROXY header of something else than TCP")
    end = HEAD + 2 * width + 2 * WORD
    if size < end:
        raise NotProxied("a PROXY header without its addresses")
    _check_sum(header, end)
    source = _plain(ipaddress.ip_address(header[HEAD : HEAD + width]))
    return Introduced(source, int.from_bytes(header[HEAD + 2 * width : end - WORD]), size)


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """As the kernel would name the peer: no IPv4 inside IPv6, no zone."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _check_sum(header: bytes, at: int) -> None:
    """Walk the values behind the addresses; a checksum among them must be right (§2.2.3)."""
    while at < len(header):
        start = at + 1 + WORD
        end = start + int.from_bytes(header[at + 1 : start])
        if start > len(header) or end > len(header):
            raise NotProxied("a PROXY header that ends in the middle of a value")
        if header[at] == CRC32C:
            told = header[start:end]
            if len(told) != 4 or crc32c(header[:start] + bytes(4) + header[end:]) != int.from_bytes(told):
                raise NotProxied("a PROXY header with a wrong checksum")
        at = end


def crc32c(octets: bytes) -> int:
    """The polynomial of iSCSI; headers are short, so no table."""
    value = 0xFFFFFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
