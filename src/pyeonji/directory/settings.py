"""Settings of the guard at the door."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What strangers at one address (IPv6: one /64) may cost us."""

    failed_logins: int = field(
        default=10,
        metadata={
            "unit": "logins per minute",
            "rfc": "ours",
            "doc": "Failed logins of one address, all services together; then it must wait.",
        },
    )
    failed_by_name: int = field(
        default=20,
        metadata={
            "unit": "logins in ten minutes",
            "rfc": "ours",
            "doc": "Failed logins by one name, from wherever; then only addresses it has logged in from may try it.",
        },
    )
    failed_in_all: int = field(
        default=1_000,
        metadata={
            "unit": "logins per minute",
            "rfc": "ours",
            "doc": "Failed logins of everybody together; then only addresses a name has logged in from may try it.",
        },
    )
    longest_bar: timedelta = field(
        default=timedelta(days=1),
        metadata={
            "unit": "time",
            "rfc": "ours",
            "doc": "An address is barred for a minute, twice as long each next time, and no longer than this.",
        },
    )
    known_for: timedelta = field(
        default=timedelta(days=30),
        metadata={
            "unit": "time",
            "rfc": "ours",
            "doc": "How long an address is known to a name that has logged in from there.",
        },
    )
    unknown_recipients: int = field(
        default=100,
        metadata={
            "unit": "recipients per hour",
            "rfc": "ours",
            "doc": "Recipients nobody is called, of one address; then it must wait an hour, or longer each next time.",
        },
    )
    connections: int = field(
        default=50,
        metadata={
            "unit": "connections",
            "rfc": "ours, as Postfix",
            "doc": "Connections one address may hold open in one worker.",
        },
    )
    http_connections: int = field(
        default=100,
        metadata={
            "unit": "connections",
            "rfc": "ours",
            "doc": "Connections one address may hold open to pages and API in one worker; further ones hear 429."
            " A proxy that says X-Forwarded-For and no PROXY header is one address: put it into guard.exempt.",
        },
    )
    handshakes: int = field(
        default=300,
        metadata={
            "unit": "TLS handshakes per minute",
            "rfc": "ours",
            "doc": "How often one address may start TLS in one worker: each costs a signature.",
        },
    )
    exempt: tuple[str, ...] = field(
        default=("127.0.0.0/8", "::1/128"),
        metadata={"unit": "networks", "doc": "Peers that are never slowed down or turned away."},
    )
