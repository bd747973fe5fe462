"""Settings of filters that speak the milter protocol."""

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class MilterSettings:
    """Filters of others that are asked about each letter at port 25, one after the other."""

    filters: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "milters",
            "rfc": "milter protocol 6",
            "doc": "Where they listen, as `inet:8891@127.0.0.1` or `unix:/run/opendkim/opendkim.sock`.",
        },
    )
    timeout: timedelta = field(
        default=timedelta(seconds=30),
        metadata={"unit": "time", "rfc": "ours", "doc": "How long a filter may think about one step."},
    )
    on_failure: str = field(
        default="later",
        metadata={
            "unit": "later|accept",
            "rfc": "ours, as Postfix",
            "doc": "What happens to a letter when a filter does not answer or talks nonsense: asked to come again, or"
            " taken without it.",
        },
    )


class NotAMilter(ValueError):
    """The setting says no place where a filter could listen."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path, or an address and a port."""

    text: str
    path: str = ""
    ip: str = ""
    port: int = 0


def parse_place(text: str) -> Place:
    """ "inet:8891@127.0.0.1", "inet6:8891@::1", "unix:/path"; raises NotAMilter."""
    kind, _, rest = text.partition(":")
    if kind in ("unix", "local") and rest.startswith("/"):
        return Place(text, path=rest)
    port, _, host = rest.partition("@")
    host = {"localhost": "127.0.0.1", "": "127.0.0.1"}.get(host, host.strip("[]"))
    if kind not in ("inet", "inet6") or not (port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise NotAMilter(text)
    try:
        return Place(text, ip=str(ipaddress.ip_address(host)), port=int(port))
    except ValueError as error:
        raise NotAMilter(text) from error
