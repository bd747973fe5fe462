"""What this server knows of itself and of one of its domains, for the DNS (`zone.wanted`)."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pyeonji.config.model import Settings
from pyeonji.store.keys import OwnKey
from pyeonji.zone.wanted import SRV, Facts

STS_ID = 20  # characters; 32 are possible
# Names in CAA records (RFC 8659) of those who give certificates by ACME.
ISSUERS = {
    "acme-v02.api.letsencrypt.org": "letsencrypt.org", "acme.zerossl.com": "sectigo.com",
    "dv.acme-v02.api.pki.goog": "pki.goog", "api.buypass.com": "buypass.com",
}  # fmt: skip
LOCAL = ("127.0.0.1", "::1")


def facts_of(
    settings: Settings, domain: str, own_keys: Iterable[OwnKey], addresses: tuple[str, ...] = (), *, tlsa_us: int = 0
) -> Facts:
    """`tlsa_us`: the instant of whose certificate TLSA tells; 0 for no TLSA.

    Raises OSError and ValueError where a certificate is wanted and cannot be read.
    """
    from pyeonji.net.own_address import own_addresses
    from pyeonji.net.tls import tlsa as tlsa_of
    from pyeonji.relay.trust.sts import published

    open_ports = {one.service: one.port for one in settings.listeners if one.host not in LOCAL}
    return Facts(
        domain=domain,
        hostname=settings.hostname,
        addresses=addresses or own_addresses(),
        keys=tuple((key.name, key.record) for key in own_keys if not key.retired_us),
        ports={service: open_ports[service] for service in SRV if service in open_ports},
        sts_id=_version_of(published(domain, settings.sts, settings.hostname)),
        tlsa=(tlsa_of(_chain_of(settings, tlsa_us)),) if tlsa_us else (),
        web=443 in {one.port for one in settings.listeners if one.host not in LOCAL and one.service != "acme-tls"},
        issuer=ISSUERS.get(urlsplit(settings.acme.directory).hostname or "", ""),
    )


def _chain_of(settings: Settings, now_us: int) -> Path:
    """The certificate of our host name."""
    from pyeonji.daemon.certificate import shown_by
    from pyeonji.net.certificates import Certificates

    return Certificates(shown_by(settings, now_us)).of(settings.hostname).files.chain


def _version_of(policy: str) -> str:
    """The id of an MTA-STS policy: another text is another id (RFC 8461 §3.1); "" for no policy."""
    return hashlib.sha256(policy.encode()).hexdigest()[:STS_ID] if policy else ""
