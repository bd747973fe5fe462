"""Heads of requests that two readers would read in two ways: they are refused, so that nobody in front of us is fooled.

Two lengths, a length beside chunks, spaces before a colon, folded fields and odd line ends are refused by the parser
(llhttp).
"""

import re
from collections.abc import Iterable

import httptools

# RFC 3986 §3.2.2, without the characters that no name in the DNS has.
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]*)(?::[0-9]{0,5})?")

# Fields of one value by which something is decided: of two, one reader would take the first, another the last.
ONCE = frozenset({b"host", b"authorization", b"content-type", b"idempotency-key", b"origin", b"sec-fetch-site"})


def ambiguous(version: str, target: bytes, fields: Iterable[tuple[bytes, bytes]]) -> str:
    """What is wrong with a head, in English; "" for nothing.

    `version` as "1.1"; the names of fields are in small letters.
    """
    fields = list(fields)
    once = [name for name, _ in fields if name in ONCE]
    if twice := next((name for name in once if once.count(name) > 1), b""):
        return f"there are two {twice.decode().title()} fields"
    hosts = [value for name, value in fields if name == b"host"]
    if version == "1.1" and not hosts:
        return "there is no Host field"  # RFC 9112 §3.2
    if hosts and not HOST.fullmatch(hosts[0]):
        return "the Host field names no host"  # RFC 9112 §3.2
    if version == "1.0" and any(name == b"transfer-encoding" for name, _ in fields):
        return "HTTP/1.0 has no Transfer-Encoding"  # RFC 9112 §6.1
    if not target.startswith((b"/", b"*")) and not _same(target, hosts):
        # RFC 9112 §3.2.2 would have us ignore the field; whoever stands in front of us may have gone by it.
        return "the target is of another host than the Host field"
    return ""


def _same(target: bytes, hosts: list[bytes]) -> bool:
    """Whether a target in absolute form names the host that its field does."""
    try:
        url = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        return False
    authority = (url.host or b"") + (b":%d" % url.port if url.port else b"")
    return not hosts or authority.lower() == hosts[0].lower()
