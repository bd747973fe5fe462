"""Domain names and address literals (RFC 5321 §4.1.2, §4.1.3; IDNA2008, RFC 5891).

Inside pyeonji a domain is always its ASCII form in lower case (A-labels), so that two spellings of one domain are one
string; `to_unicode` makes the form people read.  An address literal keeps its brackets: "[192.0.2.1]".
"""

import ipaddress
import re

import idna

MAX_DOMAIN = 255  # octets, RFC 5321 §4.5.3.1.2
MAX_LABEL = 63  # octets, RFC 1035 §2.3.4

# RFC 5321 sub-domain, with "_" besides: real hosts carry it (RFC 2181 §11), and refusing their mail helps nobody.
LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")


class NotADomain(ValueError):
    """The text is no domain name and no address literal."""


def parse_domain(text: str) -> str:
    """The ASCII, lower-case form of a domain name or address literal; raises NotADomain."""
    if text.startswith("["):
        return parse_literal(text)
    if not text.isascii():
        text = _to_ascii(text)
    labels = text.split(".")
    if not text or len(text) > MAX_DOMAIN or not all(LABEL.match(label) for label in labels):
        raise NotADomain(text)
    return text.lower()


def parse_literal(text: str) -> str:
    """An address literal such as "[192.0.2.1]" or "[IPv6:2001:db8::1]", RFC 5321 §4.1.3."""
    if not text.endswith("]") or "%" in text:  # a zone means nothing elsewhere, and may be any text
        raise NotADomain(text)
    inside = text[1:-1]
    tag, colon, rest = inside.partition(":")
    try:
        if colon and tag.lower() == "ipv6":
            return f"[IPv6:{ipaddress.IPv6Address(rest).compressed}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError as error:
        raise NotADomain(text) from error


def to_unicode(domain: str) -> str:
    """The form people read: U-labels where the domain has A-labels."""
    if "xn--" not in domain:
        return domain
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain  # an A-label IDNA2008 does not know is shown as it is


def _to_ascii(text: str) -> str:
    if len(text) > MAX_DOMAIN:
        raise NotADomain(text)
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise NotADomain(text) from error
