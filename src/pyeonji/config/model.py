"""All settings of one server: small frozen slices, each defined beside what it sets, put together here."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pyeonji.access.settings import ImapSettings, Pop3Settings
from pyeonji.directory.issuer import OAuthSettings
from pyeonji.directory.ldap import LdapSettings
from pyeonji.directory.settings import GuardSettings
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.greylist import GreylistSettings
from pyeonji.filters.milter.settings import MilterSettings
from pyeonji.filters.rates import RateSettings
from pyeonji.filters.trust import TrustSettings
from pyeonji.intake.settings import IntakeSettings
from pyeonji.logs.settings import LogSettings
from pyeonji.metrics.settings import MetricsSettings
from pyeonji.net.personal import PersonalSettings
from pyeonji.net.settings import AcmeSettings
from pyeonji.queue.settings import QueueSettings
from pyeonji.relay.settings import RelaySettings
from pyeonji.relay.trust.settings import StsSettings
from pyeonji.store.settings import KeepSettings
from pyeonji.submission.settings import DkimSettings, SubmissionSettings

SERVICES = (
    "smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s", "http", "https", "acme-tls",
)  # fmt: skip
# Without configuration: unprivileged, the well-known number + 1000 (1025 and 8025 are what test tools expect).
DEFAULT_PORTS = {
    "smtp": 1025,
    "submission": 1587,
    "submissions": 1465,
    "lmtp": 1024,
    "imap": 1143,
    "imaps": 1993,
    "pop3": 1110,
    "pop3s": 1995,
    "http": 8025,
    "https": 8443,
}
LOOPBACK = "127.0.0.1"
MAX_WORKERS = 8  # the receipt number has three bits for the worker


@dataclass(frozen=True, slots=True)
class Listen:
    """One port.  `domain` is only said in the lab, where each domain has servers of its own."""

    service: str
    host: str
    port: int
    domain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """Whom we ask for names."""

    validating: bool = field(
        default=False,
        metadata={
            "unit": "yes|no",
            "rfc": "RFC 4035 §4.9.3",
            "doc": "The resolvers check DNSSEC and nobody can come between them and us, so DANE may rely on them; those"
            " on this machine's loopback are always believed.",
        },
    )

    nameservers: tuple[str, ...] = field(
        default=(),
        metadata={"unit": "addresses", "doc": 'Resolvers, "ip" or "ip:port"; empty: those of this machine.'},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """The certificates of all listeners."""

    cert: str = field(default="", metadata={"unit": "file", "doc": "Certificate chain (PEM); empty: self-signed."})
    key: str = field(default="", metadata={"unit": "file", "doc": "Private key (PEM)."})
    more: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "certificates",
            "rfc": "RFC 6066 §3",
            "doc": "More certificates, chosen by the name a client asks for: files that hold key and chain (PEM), or"
            " folders with fullchain.pem and privkey.pem.",
        },
    )
    bind_to_certificate: bool = field(
        default=False,
        metadata={
            "unit": "yes or no",
            "rfc": "RFC 5929 §4",
            "doc": "Offer SCRAM-…-PLUS also where a login can only be bound to the certificate: clients that bind by"
            " tls-exporter alone cannot log in by it then.",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One server."""

    data: Path
    hostname: str = field(default="localhost", metadata={"unit": "name", "doc": "Our name in dialogues and fields."})
    domain: str = field(
        default="",
        metadata={
            "unit": "domain",
            "doc": "The domain of names without one, as in `sendmail root`; empty: the host name if it is a domain"
            " here, else the first domain that was added.",
        },
    )
    workers: int = field(
        default=2, metadata={"unit": "processes", "doc": "Equal workers, one per core.", "most": MAX_WORKERS}
    )
    listeners: tuple[Listen, ...] = ()
    trusted_networks: tuple[str, ...] = field(
        default=(),
        metadata={"unit": "networks", "doc": "Peers that may send anywhere through port 25 without a login."},
    )
    dns: DnsSettings = field(default_factory=DnsSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    personal: PersonalSettings = field(default_factory=PersonalSettings)
    acme: AcmeSettings = field(default_factory=AcmeSettings)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    submission: SubmissionSettings = field(default_factory=SubmissionSettings)
    dkim: DkimSettings = field(default_factory=DkimSettings)
    guard: GuardSettings = field(default_factory=GuardSettings)
    oauth: OAuthSettings = field(default_factory=OAuthSettings)
    ldap: LdapSettings = field(default_factory=LdapSettings)
    front: FrontSettings = field(default_factory=FrontSettings)
    rates: RateSettings = field(default_factory=RateSettings)
    greylist: GreylistSettings = field(default_factory=GreylistSettings)
    milter: MilterSettings = field(default_factory=MilterSettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    queue: QueueSettings = field(default_factory=QueueSettings)
    relay: RelaySettings = field(default_factory=RelaySettings)
    sts: StsSettings = field(default_factory=StsSettings)
    keep: KeepSettings = field(default_factory=KeepSettings)
    imap: ImapSettings = field(default_factory=ImapSettings)
    pop3: Pop3Settings = field(default_factory=Pop3Settings)
    log: LogSettings = field(default_factory=LogSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    @property
    def submit_paths(self) -> tuple[Path, ...]:
        """The sockets of sendmail(8): our own, and everybody's if there is one."""
        own = self.data / "run" / "submit.sock"
        return (own, Path(self.submission.socket)) if self.submission.socket else (own,)

    @property
    def maildrops(self) -> tuple[Path, ...]:
        """Where sendmail(8) leaves letters while the server is down: our own, and everybody's if there is one."""
        own = self.data / "maildrop"
        return (own, Path(self.submission.maildrop)) if self.submission.maildrop else (own,)

    @property
    def control_path(self) -> Path:
        """The socket of the commands."""
        return self.data / "run" / "control.sock"

    @property
    def writer_path(self) -> Path:
        """The socket of the writer process, for the workers."""
        return self.data / "run" / "writer.sock"


def reachable(settings: Settings) -> dict[str, int]:
    """The ports of services that others can reach; where nobody can, those that this machine can."""
    outside = {one.service: one.port for one in settings.listeners if one.host not in (LOOPBACK, "::1")}
    return outside or {one.service: one.port for one in settings.listeners}


def default_listeners(port_offset: int = 0) -> tuple[Listen, ...]:
    """Every service on the loopback."""
    return tuple(Listen(service, LOOPBACK, DEFAULT_PORTS[service] + port_offset) for service in DEFAULT_PORTS)


def default_settings(data: Path, port_offset: int = 0) -> Settings:
    """A working local system without any configuration."""
    workers = min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    return Settings(data=data, workers=workers, listeners=default_listeners(port_offset))
