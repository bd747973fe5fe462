"""Every record that a domain of ours should have, from one set of facts.

The wanted value, the reason (a key of the catalogue) and how much depends on it are one row; what is there is compared
in `zone.compare`, and written for a zone file in `zone.master`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pyeonji.proto.dns import Kind

Need = Literal["must", "should", "may"]  # without it: no mail; mail is trusted less; comfort
# The services of RFC 6186 and RFC 8314 by ours.
SRV = {"submissions": "_submissions", "imaps": "_imaps", "pop3s": "_pop3s", "submission": "_submission",
       "imap": "_imap", "pop3": "_pop3"}  # fmt: skip
IMPLICIT = ("submissions", "imaps", "pop3s")
PREFERENCE = 10  # of our MX
AUTOCONFIG, AUTODISCOVER, STS = "autoconfig", "autodiscover", "mta-sts"  # labels below the domain
REPORTS = "postmaster"  # who reads the reports of others: this address is there from the start


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server knows of itself and of one of its domains."""

    domain: str
    hostname: str
    addresses: tuple[str, ...] = ()  # public ones of the host, IPv4 and IPv6
    keys: tuple[tuple[str, str], ...] = ()  # of DKIM: (owner name, record)
    ports: Mapping[str, int] = field(default_factory=dict)  # of services that people may use
    sts_id: str = ""  # of our MTA-STS policy; "" when we publish none
    tlsa: tuple[str, ...] = ()  # "3 1 1 digest" of our certificate's key; none unless wanted
    web: bool = False  # HTTPS is served: the host answers for autoconfig and mta-sts
    issuer: str = ""  # who may give us certificates (RFC 8659); "" says nothing
    can_send: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record.  `value` is in presentation form, as in `proto.dns.Answer`."""

    key: str  # which of them: "mx", "spf", "dkim", ...
    name: str
    kind: Kind
    value: str
    need: Need

    @property
    def why(self) -> str:
        """The key of the sentence that says what it is for."""
        return f"dns.why.{self.key}"


def wanted(facts: Facts) -> tuple[Wanted, ...]:
    """All records, what matters most first."""
    return (
        *_receiving(facts),
        *_proving(facts),
        *_locking(facts),
        *_finding(facts),
    )


def _receiving(facts: Facts) -> Iterator[Wanted]:
    yield Wanted("mx", facts.domain, "MX", f"{PREFERENCE} {facts.hostname}", "must")
    for address in facts.addresses:
        yield Wanted("address", facts.hostname, "AAAA" if ":" in address else "A", address, "must")


def _proving(facts: Facts) -> Iterator[Wanted]:
    yield Wanted("spf", facts.domain, "TXT", "v=spf1 mx -all" if facts.can_send else "v=spf1 -all", "must")
    if facts.hostname != facts.domain:  # what the null reverse-path of bounces is checked by (RFC 7208 §2.4)
        yield Wanted("spf_host", facts.hostname, "TXT", "v=spf1 a -all", "should")
    for name, record in facts.keys:
        yield Wanted("dkim", name, "TXT", record, "must")
    report = f"mailto:{REPORTS}@{facts.domain}"
    yield Wanted("dmarc", f"_dmarc.{facts.domain}", "TXT", f"v=DMARC1; p=none; rua={report}", "should")


def _locking(facts: Facts) -> Iterator[Wanted]:
    if facts.sts_id:
        yield Wanted("sts", f"_mta-sts.{facts.domain}", "TXT", f"v=STSv1; id={facts.sts_id}", "should")
        yield Wanted("sts_host", f"{STS}.{facts.domain}", "CNAME", facts.hostname, "should")
    report = f"mailto:{REPORTS}@{facts.domain}"
    yield Wanted("tls_reports", f"_smtp._tls.{facts.domain}", "TXT", f"v=TLSRPTv1; rua={report}", "may")
    for value in facts.tlsa:
        yield Wanted("tlsa", f"_25._tcp.{facts.hostname}", "TLSA", value, "should")
    if facts.issuer:
        yield Wanted("caa", facts.hostname, "CAA", f'0 issue "{facts.issuer}"', "may")


def _finding(facts: Facts) -> Iterator[Wanted]:
    for service, label in SRV.items():
        port = facts.ports.get(service, 0)
        name = f"{label}._tcp.{facts.domain}"
        if port:
            priority = 0 if service in IMPLICIT else 10  # RFC 8314 §5.1: TLS from the first octet before STARTTLS
            yield Wanted("srv", name, "SRV", f"{priority} 1 {port} {facts.hostname}", "may")
        elif service in IMPLICIT:
            yield Wanted("srv_off", name, "SRV", "0 0 0 .", "may")  # RFC 2782: decidedly not available
    if facts.web:
        for label in (AUTOCONFIG, AUTODISCOVER):
            yield Wanted(label, f"{label}.{facts.domain}", "CNAME", facts.hostname, "may")
