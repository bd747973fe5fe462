"""Settings of what others may know of our own encryption."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StsSettings:
    """The MTA-STS policy of the domains here, for those who send to us (RFC 8461)."""

    mode: str = field(
        default="off",
        metadata={
            "unit": "off|none|testing|enforce",
            "rfc": "RFC 8461 §3.2",
            "doc": "What is said at https://mta-sts.DOMAIN/.well-known/mta-sts.txt for each domain here; off: nothing.",
        },
    )
    max_age: timedelta = field(
        default=timedelta(days=7), metadata={"unit": "time", "doc": "How long others keep that policy."}
    )
    mx: tuple[str, ...] = field(
        default=(), metadata={"unit": "names", "doc": "The hosts it names; empty: our host name."}
    )
