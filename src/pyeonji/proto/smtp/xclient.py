"""XCLIENT: a server in front of ours says who its client is.  Postfix's command; there is no RFC.

What is told of the client's name is read and not believed: names are looked up here.  LOGIN is not taken.
"""

import ipaddress

from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.grammar import Violation, from_xtext

ATTRIBUTES = ("NAME", "ADDR", "PORT")
IPV6 = "ipv6:"
UNKNOWN = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")


def parse_xclient(argument: str) -> tuple[str, int]:
    """Address and port (0: not told) of the client; raises Violation.

    Without an address nobody is introduced: a client that nobody can tell would count as one of this machine.
    """
    values: dict[str, str] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        name = name.upper()
        if not equals or name not in ATTRIBUTES or name in values:
            raise Violation(replies.BAD_PARAMETER)
        try:
            values[name] = from_xtext(value)
        except ValueError as error:
            raise Violation(replies.BAD_PARAMETER) from error
    port = values.get("PORT", "")
    return _address(values.get("ADDR", "")), 0 if port.upper() in ("", *UNKNOWN) else _port(port)


def _address(text: str) -> str:
    if text.lower().startswith(IPV6):
        text = text[len(IPV6) :]
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise Violation(replies.BAD_PARAMETER) from error
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if "%" in text:
        raise Violation(replies.BAD_PARAMETER)
    return str(mapped or address)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 1 << 16):
        raise Violation(replies.BAD_PARAMETER)
    return int(text)
