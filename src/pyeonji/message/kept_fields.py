"""The header fields that clients ask for in lists of letters, kept together as they stand.

What Thunderbird, Apple Mail, Outlook, K-9 and Roundcube have been seen to ask for; long fields that few need (Received,
signatures) are left out, so that a list of a thousand letters is a few hundred octets for each.
"""

import re
from functools import lru_cache

from pyeonji.message.header import Header

KEPT = frozenset({
    b"date", b"subject", b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"message-id", b"in-reply-to",
    b"references", b"mime-version", b"content-type", b"content-transfer-encoding", b"content-language", b"priority",
    b"x-priority", b"x-msmail-priority", b"importance", b"newsgroups", b"list-id", b"list-post", b"list-unsubscribe",
    b"list-unsubscribe-post", b"disposition-notification-to", b"return-path", b"x-mailer", b"user-agent",
    b"x-uniform-type-identifier", b"x-universally-unique-identifier", b"auto-submitted", b"precedence", b"x-spam-flag",
    b"x-spam-status", b"x-spam-level", b"x-draft-info", b"x-forwarded-message-id", b"x-mozilla-draft-info", b"face",
    b"x-k9mail-identity", b"bimi-indicator", b"bimi-location", b"x-bimi-indicator-hash",
})  # fmt: skip
MAX_OCTETS = 16 * 1024  # of all of them in one letter; ours: of a longer header nothing is kept


def kept(header: Header) -> bytes:
    """The fields to keep, as they stand; b"" where there are none, or where they are too long to keep."""
    fields = [field for field in header if field.name in KEPT]
    if sum(field.end - field.start for field in fields) > MAX_OCTETS:
        return b""
    return b"".join([header.raw(field) for field in fields])


def chosen(octets: bytes, names: frozenset[bytes]) -> bytes | None:
    """Of kept fields those of these (lower-case) names, as they stand; None where only the header itself knows."""
    if not octets or not names <= KEPT:
        return None
    return b"".join(_pattern(names).findall(octets))


@lru_cache(maxsize=64)
def _pattern(names: frozenset[bytes]) -> "re.Pattern[bytes]":
    """Lines that begin with a name begin a field here: what is kept is whole fields and nothing else."""
    return re.compile(
        rb"^(?:%b)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*\n?" % b"|".join(sorted(map(re.escape, names))),
        re.IGNORECASE | re.MULTILINE,
    )
