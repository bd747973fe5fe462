"""Settings of the way out."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """How letters leave this server."""

    port: int = field(
        default=25, metadata={"unit": "port", "rfc": "RFC 5321 §4.5.4.2", "doc": "Port of the servers of others."}
    )
    smart_host: str = field(
        default="",
        metadata={"unit": "host[:port]", "doc": "Hand everything to this server instead of looking up MX records."},
    )
    smart_host_login: str = field(default="", metadata={"unit": "login", "doc": "Login at the smart host."})
    smart_host_password_file: str = field(
        default="", metadata={"unit": "path", "doc": "File that holds the password of that login in its first line."}
    )
    tls: str = field(
        default="opportunistic",
        metadata={
            "unit": "never|opportunistic|required",
            "rfc": "RFC 7435",
            "doc": "Encrypt never, when the other server can, or not send at all without.",
        },
    )
    revoked: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "files",
            "rfc": "RFC 8461 §4.2, RFC 5280 §5",
            "doc": "Lists (CRL, PEM or DER) of certificates that their authorities have taken back: such a certificate"
            " proves nothing of the server that shows it.",
        },
    )
    tls_reports: bool = field(
        default=True,
        metadata={
            "unit": "yes|no",
            "rfc": "RFC 8460",
            "doc": "Tell domains that ask for it, once a day, what encryption with their servers came to.",
        },
    )
    allow_loopback: bool = field(
        default=False, metadata={"unit": "yes|no", "doc": "Dial servers on this machine (tests, the lab)."}
    )
    allow_private: bool = field(
        default=False, metadata={"unit": "yes|no", "rfc": "RFC 1918", "doc": "Dial servers with private addresses."}
    )
    connect_timeout: timedelta = field(
        default=timedelta(seconds=30), metadata={"unit": "time", "doc": "How long one address has to answer."}
    )
    command_timeout: timedelta = field(
        default=timedelta(minutes=5),
        metadata={"unit": "time", "rfc": "RFC 5321 §4.5.3.2", "doc": "How long the other server may think."},
    )
    content_timeout: timedelta = field(
        default=timedelta(minutes=10),
        metadata={"unit": "time", "rfc": "RFC 5321 §4.5.3.2.6", "doc": "The same after the end of a letter."},
    )
    session_timeout: timedelta = field(
        default=timedelta(minutes=30),
        metadata={"unit": "time", "doc": "How long one try to hand over a letter may take at all."},
    )
    keep_open: timedelta = field(
        default=timedelta(seconds=3),
        metadata={"unit": "time", "doc": "How long a connection waits for another letter."},
    )
