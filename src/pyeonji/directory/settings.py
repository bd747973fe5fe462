"""Settings of the guard at the door."""

from dataclasses import dataclass, field


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
    connections: int = field(
        default=50,
        metadata={
            "unit": "connections",
            "rfc": "ours, as Postfix",
            "doc": "Connections one address may hold open in one worker.",
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
