"""Settings of POP3."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop3Settings:
    """What a client that polls is told, and held to."""

    login_delay: int = field(
        default=0,
        metadata={
            "unit": "seconds",
            "least": 0,
            "most": 86_400,
            "rfc": "RFC 2449 §6.5",
            "doc": "Least time between two POP3 logins of one person; 0: there is none.",
        },
    )
