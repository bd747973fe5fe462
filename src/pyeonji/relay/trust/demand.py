"""What the next connection must prove before a letter goes over it, and why: one value, decided before it is opened.

Strongest first: what the writer demands of this letter (RFC 8689), DANE (RFC 7672), the domain's policy (MTA-STS,
RFC 8461 §2: it never overrides DANE), our own settings, and else encryption where it can be had (RFC 7435).
"""

from dataclasses import dataclass
from typing import Literal

from pyeonji.proto.smtp.reply import Reply
from pyeonji.relay.trust.dane import Dane, Tlsa
from pyeonji.relay.trust.sts import Policy

Kind = Literal[
    "never", "opportunistic", "optional", "required", "sts-testing", "sts-enforce", "dane-unusable", "dane", "login",
    "requiretls",
]  # fmt: skip
# What the writer of a letter wants: RFC 8689 §2 (REQUIRETLS) and §3 (TLS-Required: No).
Wish = Literal["", "required", "optional"]
Setting = Literal["never", "opportunistic", "required"]

ENCRYPTED = frozenset({"required", "sts-enforce", "dane-unusable", "dane", "login", "requiretls"})
PROVED = frozenset({"sts-enforce", "dane", "login", "requiretls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """`names`: the certificate must be for one of them; the first is the one we ask for (SNI).

    `refusal`: (result of RFC 8460 §4.3, words) when this host gets nothing, whatever it shows.  `flaw` is the same for
    what is only reported.
    """

    kind: Kind
    host: str
    names: tuple[str, ...]
    domain: str = ""  # whose policy it is
    tlsa: tuple[Tlsa, ...] = ()
    refusal: tuple[str, str] = ("", "")
    flaw: tuple[str, str] = ("", "")

    @property
    def must_encrypt(self) -> bool:
        return self.kind in ENCRYPTED

    @property
    def must_prove(self) -> bool:
        return self.kind in PROVED

    def refused(self, words: str) -> Reply:
        """What we say to ourselves where a host does not do as demanded.

        Another try may find another certificate; only what the writer demands cannot wait (RFC 8689 §4.2.1).
        """
        text = f"{self.host}: {words}; {self.because}".encode("ascii", "replace").decode("ascii")
        text = "".join(char if char.isprintable() else " " for char in text)
        return Reply(550, "7.10", text) if self.kind == "requiretls" else Reply(454, "7.5", text)

    @property
    def because(self) -> str:
        """For a reply of ours: who demands it."""
        return {
            "sts-enforce": f"the policy of {self.domain} (MTA-STS) demands it",
            "dane": f"the DNS entry of {self.host} (DANE) demands it",
            "dane-unusable": f"the DNS entry of {self.host} (DANE) demands it",
            "requiretls": "the writer demands it (REQUIRETLS)",
            "login": "our password goes to nobody else",
            "required": "the settings here demand it",
        }.get(self.kind, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the way to one host."""

    host: str
    domain: str  # of the recipients
    dane: Dane
    policy: Policy | None = None
    secure_route: bool = False  # the answer that named the host is vouched for
    login: bool = False  # we log in there


def demand_of(known: Known, setting: Setting, wish: Wish = "") -> Demand:
    """See the top of this module."""
    host = known.host
    if wish == "required":
        return _required(known, setting)
    if known.login:
        return _with_dane(known) if known.dane.state == "records" else Demand(kind="login", host=host, names=(host,))
    if setting == "never":
        return Demand(kind="never", host=host, names=(host,))
    if wish == "optional":  # RFC 8689 §4.2.2: neither DANE nor a policy holds this letter up
        return Demand(kind="optional", host=host, names=(host,))
    if known.dane.state in ("records", "failed"):
        return _with_dane(known)
    if known.policy is not None and known.policy.mode != "none":
        return _with_policy(known, known.policy)
    if known.dane.state == "unusable":
        return Demand(kind="dane-unusable", host=host, names=(host,))
    return Demand(kind="required" if setting == "required" else "opportunistic", host=host, names=(host,))


def _with_dane(known: Known) -> Demand:
    dane = known.dane
    # RFC 7672 §3.2.2: where the TLSA records are, and the domain the letter is for.
    names = tuple(dict.fromkeys((dane.base or known.host, known.domain)))
    refusal = ("dnssec-invalid", dane.why) if dane.state == "failed" else ("", "")
    return Demand(kind="dane", host=known.host, names=names, domain=known.domain, tlsa=dane.records, refusal=refusal)


def _with_policy(known: Known, policy: Policy) -> Demand:
    words = f"the policy of {policy.domain} (MTA-STS) does not name {known.host}"
    flaw = ("", "") if policy.allows(known.host) else ("validation-failure", words)
    demand = Demand(kind="sts-testing", host=known.host, names=(known.host,), domain=policy.domain, flaw=flaw)
    if policy.mode == "testing" and known.dane.state != "unusable":
        return demand
    if policy.mode == "testing":
        return Demand(kind="dane-unusable", host=known.host, names=(known.host,))
    return Demand(kind="sts-enforce", host=known.host, names=(known.host,), domain=policy.domain, refusal=flaw)


def _required(known: Known, setting: Setting) -> Demand:
    """RFC 8689 §4.2.1: the host's name from a source that can be trusted, and a certificate for that name."""
    by_policy = known.policy is not None and known.policy.allows(known.host)
    refusal = ("", "")
    if setting == "never":
        refusal = ("validation-failure", "encryption is switched off here")
    elif known.dane.state == "failed":
        refusal = ("dnssec-invalid", known.dane.why)
    elif not (known.secure_route or by_policy):
        refusal = ("validation-failure", f"nobody vouches that {known.host} is the server of {known.domain}")
    names = _with_dane(known).names if known.dane.state == "records" else (known.host,)
    return Demand(
        kind="requiretls", host=known.host, names=names, domain=known.domain, tlsa=known.dane.records, refusal=refusal
    )
