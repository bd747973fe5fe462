"""Does the name of an address lead back to it (RFC 8601 §3)?"""

import ipaddress

from pyeonji.msgauth.spf.evaluate import MAX_ADDRESSES, MAX_NAMES, askable, mapped
from pyeonji.msgauth.verdict import Iprev
from pyeonji.proto.dns import Asking, Kind, Question


def iprev(ip: str) -> "Asking[Iprev]":
    """Reverse, then forward: "pass" with the first name that leads back, of ten at most."""
    address = mapped(ip)
    names = yield Question(address.reverse_pointer, "PTR")
    if names.failed:
        return Iprev(result="temperror", why=f"nobody could say what {ip} is called: {names.failure}")
    if not names.records:
        return Iprev(result="permerror", why=f"{ip} has no name")
    kind: Kind = "A" if address.version == 4 else "AAAA"
    failure = ""
    for name in (name.removesuffix(".").lower() for name in names.records[:MAX_NAMES]):
        if not askable(name):
            continue
        back = yield Question(name, kind)
        if any(same(text, address) for text in back.records[:MAX_ADDRESSES]):
            return Iprev(result="pass", name=name)
        failure = failure or back.failure
    name = names.records[0][:253].lower()
    if failure:
        return Iprev(result="temperror", name=name, why=f"nobody could say where {name} is: {failure}")
    return Iprev(result="fail", name=name, why=f"{name} does not lead back to {ip}")


def same(text: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Is this record that address?"""
    try:
        return ipaddress.ip_address(text) == address
    except ValueError:
        return False
