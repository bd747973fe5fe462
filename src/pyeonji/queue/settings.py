"""Settings of the queue."""

from dataclasses import dataclass, field
from datetime import timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """When to try again, when to tell the writer, when to give up, how much at once."""

    waits: tuple[timedelta, ...] = field(
        default=(5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE, 160 * MINUTE, 4 * HOUR),
        metadata={
            "unit": "times",
            "least": 1,
            "rfc": "RFC 5321 §4.5.4.1",
            "doc": "Waits between attempts; the last one repeats.  Up to the same again is added to the first.",
        },
    )
    give_up_after: timedelta = field(
        default=5 * DAY,
        metadata={"unit": "time", "rfc": "RFC 5321 §4.5.4.1", "doc": "When a letter goes back to its writer."},
    )
    delay_notice_after: timedelta = field(
        default=4 * HOUR,
        metadata={"unit": "time", "rfc": "RFC 3461 §4.1", "doc": "When the writer is told that it takes longer."},
    )
    max_couriers: int = field(
        default=100, metadata={"unit": "attempts", "doc": "Letters one worker carries at the same time."}
    )
    max_per_destination: int = field(
        default=20, metadata={"unit": "attempts", "doc": "The same, to one destination; grows from 2 with success."}
    )
