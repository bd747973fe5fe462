"""Settings of what is kept, and for how long."""

from dataclasses import dataclass, field
from datetime import timedelta

NEVER = timedelta.max  # written "never"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSettings:
    """How long letters stay.  What goes by itself can be brought back as if its owner had removed it."""

    removed: timedelta = field(
        default=14 * DAY,
        metadata={"unit": "time", "doc": "How long a removed letter can be brought back (`pyeonji undelete`)."},
    )
    trash: timedelta = field(
        default=NEVER,
        metadata={"unit": "time|never", "doc": "How long letters stay in the mailbox of deleted ones (\\Trash)."},
    )
    junk: timedelta = field(
        default=NEVER, metadata={"unit": "time|never", "doc": "How long letters stay in the mailbox of junk (\\Junk)."}
    )
    logins: timedelta = field(
        default=90 * DAY,
        metadata={"unit": "time", "doc": "How long attempts to log in are kept (`pyeonji account logins`)."},
    )
    journey: timedelta = field(
        default=30 * DAY,
        metadata={
            "unit": "time|never",
            "doc": "How long the lines of dialogues are kept; then a journey has only what happened (docs/journey.md).",
        },
    )
    summary: timedelta = field(
        default=365 * DAY,
        metadata={"unit": "time", "doc": "How long the journey of a letter is kept that is in no mailbox any more."},
    )
    inbox: timedelta = field(
        default=NEVER,
        metadata={
            "unit": "time|never",
            "rfc": "RFC 2449 §6.7",
            "doc": "How long letters stay in INBOX; POP3 announces it as EXPIRE.",
        },
    )
