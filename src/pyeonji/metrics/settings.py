"""Settings of what monitoring may read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Who may read /metrics at the listener http."""

    allowed: tuple[str, ...] = field(
        default=("127.0.0.0/8", "::1/128"),
        metadata={"unit": "networks", "doc": "Who may read /metrics, besides nobody; this machine by default."},
    )
    names: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "domains",
            "doc": "Names by which /metrics may be asked for, besides our host name, localhost and any IP address.",
        },
    )
