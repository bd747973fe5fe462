"""Accounts and letters straight in the store, made without the stations above it."""

import functools
import itertools

from pyeonji.directory.login import make_credentials
from pyeonji.journey.event import Accepted, Line, pack
from pyeonji.store import directory
from pyeonji.store.accept import Filing, Letter, Relaying, SessionRef, accept

NOW = 1_790_000_000_000_000  # microseconds: a day in September 2026
SECOND = 1_000_000
DAY = 86_400 * SECOND
BODY = b"From: lee@b.test\r\nSubject: hello\r\n\r\n"
numbers = itertools.count(NOW << 4)


def person(home, address="kim@a.test", **facts):
    """An account with its mailboxes."""
    facts = {"name": "", "language": "ko", "quota_octets": 0, "credentials": {}, "now_us": NOW} | facts
    return home.engine.write_now(lambda tx: directory.add_account(tx, address, **facts))


@functools.cache
def credentials(password):
    """Those of an account whose password it is, quickly checked; made once for all that have it."""
    return make_credentials(password, cheap=True)


def inbox(home, address="kim@a.test"):
    return home.engine.read_now(directory.inbox, address)


def filing(home, address="kim@a.test", n=1, **facts):
    """Put it into the INBOX of this account."""
    found = inbox(home, address)
    return Filing(n, address, found.account_id, address, found.mailbox_id, "INBOX", **facts)


def relaying(address="lee@b.test", n=1):
    return Relaying(n, address, address.rpartition("@")[2], NOW, NOW + 5 * DAY)


def letter(*ways, content=BODY + b"Hello\r\n", **facts):
    """A letter with these filings and relayings."""
    number = facts.pop("number", None) or next(numbers)
    large = not isinstance(content, bytes)
    size = content.size if large else len(content)
    body_at = len(BODY) if large else content.find(b"\r\n\r\n") + 4
    facts = {"at_us": NOW, "via": "smtp", "reverse_path": "lee@b.test", "message_id": f"<{number}@b.test>"} | facts
    return Letter(
        number=number,
        content=content,
        size=size,
        body_at=body_at,
        relay_at=0,
        filings=tuple(way for way in ways if isinstance(way, Filing)),
        relayings=tuple(way for way in ways if isinstance(way, Relaying)),
        events=pack(
            (
                Line(NOW, "in", False, "MAIL FROM:<lee@b.test>"),
                Accepted(NOW, "smtp", size, "lee@b.test", f"<{number}@b.test>", "hello", "lee@b.test"),
            )
        ),
        **facts,
    )


def session(number=7):
    return SessionRef(number, NOW, "smtp", "192.0.2.1:4321")


def take(home, made):
    return home.engine.write_now(accept, home.blobs, made)


def fill(home, count, address="kim@a.test", **facts):
    """So many letters in an INBOX; their receipt numbers."""
    way = filing(home, address)
    return [take(home, letter(way, **facts)).number for _ in range(count)]
