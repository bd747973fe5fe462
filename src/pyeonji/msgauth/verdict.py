"""What the checks of a letter's origin found: one value for each method, one for the letter (RFC 8601 §2.7).

Results wear the words of the RFCs.  `why` is a short English clause for the journey ("10 look-ups are the most"), never
empty where the result is not the plain "pass" or "none".
"""

from dataclasses import dataclass
from typing import Literal

SpfResult = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]  # RFC 7208 §2.6
DkimResult = Literal["none", "pass", "fail", "policy", "neutral", "temperror", "permerror"]  # RFC 8601 §2.7.1
DmarcResult = Literal["none", "pass", "fail", "temperror", "permerror"]  # RFC 8601 §2.7.8
ArcResult = Literal["none", "pass", "fail"]  # RFC 8617 §4.4
IprevResult = Literal["pass", "fail", "temperror", "permerror"]  # RFC 8601 §2.7.3
Policy = Literal["none", "quarantine", "reject"]  # RFC 9989 §4.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """May this address send for this domain?"""

    result: SpfResult
    domain: str  # that was asked about, A-labels
    scope: Literal["mfrom", "helo"] = "mfrom"
    mechanism: str = ""  # that decided, as published: "-all"
    explanation: str = ""  # the domain owner's words about a fail (RFC 7208 §6.2): a stranger's text
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """One signature of a letter."""

    result: DkimResult
    domain: str = ""  # d=, A-labels in lower case
    selector: str = ""  # s=
    identity: str = ""  # i=, as signed; "" where absent
    algorithm: str = ""  # a=
    mark: str = ""  # first eight characters of b=, by which signatures are told apart (RFC 6008)
    bits: int = 0  # of the key
    testing: bool = False  # the key says t=y
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """Does the author's domain stand behind the letter?"""

    result: DmarcResult
    domain: str = ""  # of the From field, A-labels
    organization: str = ""  # its organizational domain
    policy: Policy = "none"  # that applies to `domain`, as published
    found_at: str = ""  # the domain whose record it is
    testing: bool = False  # t=y: the owner asks for one step less
    unheard: bool = False  # nobody answered who may want more than `policy`: what is wanted is not known
    aligned: tuple[str, ...] = ()  # what passed and is aligned: "spf=example.com", "dkim=example.com"
    why: str = ""
    record: str = ""  # as published at `found_at`

    @property
    def disposition(self) -> Policy:
        """What the domain owner asks for: "none" unless the letter failed."""
        if self.result != "fail":
            return "none"
        if self.testing:
            return "quarantine" if self.policy == "reject" else "none"
        return self.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """The chain of those who handed the letter on."""

    result: ArcResult
    sealers: tuple[str, ...] = ()  # d= of the seals, first hop first
    dmarc: tuple[str, ...] = ()  # what each of them found of DMARC when it got the letter; "" where it does not say
    oldest_pass: int = 0  # instance since which all message signatures verify (RFC 8617 §5.2)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Iprev:
    """Does the peer's name lead back to its address?"""

    result: IprevResult
    name: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that is known of where a letter comes from."""

    spf: Spf  # of the reverse-path; of the HELO name where that is null
    helo: Spf | None = None  # of the HELO name, where both were asked
    dkim: tuple[Dkim, ...] = ()
    dmarc: Dmarc = Dmarc(result="none")
    arc: Arc = Arc(result="none")
    iprev: Iprev | None = None
