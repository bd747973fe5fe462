"""Whose a letter is and where it came from: by this one is known again whom somebody has allowed (`store.allowed`)."""

import re
from typing import NamedTuple

from pyeonji.filters.greylist import network_of
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import Header
from pyeonji.store.directory import fold

PEER = re.compile(r"\[?([0-9A-Fa-f.:]+)\]?:\d+\Z")  # "192.0.2.1:25", "[2001:db8::1]:25"


class Origin(NamedTuple):
    """`address` is folded; `network` is "" where there was none: a socket of this machine."""

    address: str
    network: str


def origin_of(header: Header, peer: str) -> Origin | None:
    """None for a letter of nobody, or of several: whom could one allow?"""
    try:
        authors = author(header)
    except NotOneAuthor:
        return None
    if len(authors) != 1 or authors[0].address is None:
        return None
    match = PEER.match(peer)
    return Origin(fold(authors[0].address), network_of(match[1]) if match else "")
