"""Settings of the ports that take mail."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """Limits of intake; each is announced or enforced in the dialogue."""

    max_size: int = field(
        default=50 * 2**20,
        metadata={"unit": "octets", "rfc": "RFC 1870", "doc": "Largest letter taken, announced as SIZE."},
    )
    max_recipients: int = field(
        default=1_000,
        metadata={"unit": "recipients", "rfc": "RFC 5321 §4.5.3.1.8", "doc": "Recipients of one letter."},
    )
    command_timeout: timedelta = field(
        default=timedelta(minutes=5),
        metadata={"unit": "time", "rfc": "RFC 5321 §4.5.3.2.7", "doc": "How long a silent client is kept."},
    )
    content_timeout: timedelta = field(
        default=timedelta(minutes=5),
        metadata={
            "unit": "time",
            "rfc": "RFC 5321 §4.5.3.2.5",
            "doc": "How long a letter may stand still while it crosses.",
        },
    )
    min_rate: int = field(
        default=500,
        metadata={
            "unit": "octets per second",
            "rfc": "ours, as Postfix",
            "doc": "How fast a letter must cross at least; content_timeout is added once.",
        },
    )
    rewrite_forwarded: bool = field(
        default=True,
        metadata={
            "unit": "yes|no",
            "rfc": "SRS",
            "doc": "A stranger's letter that an alias sends to another server goes out with a reverse-path of ours,"
            " which leads back to its writer.",
        },
    )
    plain_login: str = field(
        default="loopback",
        metadata={
            "unit": "never|loopback|always",
            "rfc": "RFC 8314 §3.3",
            "doc": "Who may log in without TLS: nobody, clients on this machine, or everybody.",
        },
    )
