"""What this server knows of itself and of one of its domains, for the DNS; and what the DNS says."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pyeonji.cli.place import now_us
from pyeonji.config.model import Settings
from pyeonji.proto.dns import Answer, Question
from pyeonji.store import directory, keys
from pyeonji.store.engine.base import Tx
from pyeonji.zone.wanted import SRV, Facts, Wanted

if TYPE_CHECKING:
    from pyeonji.net.authority import Authority

STS_ID = 20  # characters; 32 are possible
LOCAL = ("127.0.0.1", "::1")


def facts_of(
    settings: Settings, domain: str, own_keys: Iterable[keys.OwnKey], addresses: tuple[str, ...], *, tlsa: bool = False
) -> Facts:
    """Raises OSError and ValueError where a certificate is wanted and cannot be read."""
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
        sts_id=version_of(published(domain, settings.sts, settings.hostname)),
        tlsa=(tlsa_of(chain_of(settings)),) if tlsa else (),
        web=443 in {one.port for one in settings.listeners if one.host not in LOCAL and one.service != "acme-tls"},
    )


def chain_of(settings: Settings) -> Path:
    """The certificate of our host name."""
    from pyeonji.daemon.certificate import shown_by
    from pyeonji.net.certificates import Certificates

    return Certificates(shown_by(settings, now_us())).of(settings.hostname).files.chain


def version_of(policy: str) -> str:
    """The id of an MTA-STS policy: another text is another id (RFC 8461 §3.1); "" for no policy."""
    return hashlib.sha256(policy.encode()).hexdigest()[:STS_ID] if policy else ""


def keys_and_domains(tx: Tx, domain: str) -> tuple[list[keys.OwnKey], bool]:
    """The keys of a domain, and whether its mail is here."""
    return keys.keys_of(tx, domain), directory.domain_exists(tx, domain)


async def answers_of(authority: "Authority", records: Iterable[Wanted]) -> dict[Question, Answer]:
    """What the zones themselves say to each name and kind."""
    found: dict[Question, Answer] = {}
    for one in records:
        question = Question(one.name, one.kind)
        if question not in found:
            found[question] = await authority.lookup(question)
    return found
