"""Is the certificate a server showed one that proves who it is?  By authorities (RFC 5280, RFC 9525) or by DANE.

The handshake takes any certificate, and what it proves is looked at here afterwards: so it is known also where nothing
depends on it, and a failure has a reason of RFC 8460 §4.3.  Pure: chain, authorities and instant come in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from pyeonji.relay.trust.dane import EE, SPKI, TA, Tlsa

MAX_CHAIN = 10  # certificates of a chain that are looked at; ours


@dataclass(frozen=True, slots=True)
class Proof:
    """`result` is "" for a good one, else a name of RFC 8460 §4.3; `how`: "webpki", "dane-ee", "dane-ta"."""

    result: str
    how: str
    words: str = ""

    @property
    def good(self) -> bool:
        return not self.result


# The first certificate of a chain (the server's own first) that its authority has taken back.
TakenBack = Callable[[Sequence[x509.Certificate]], x509.Certificate | None]


def nobody_knows(chain: Sequence[x509.Certificate]) -> None:
    """Where there are no lists of revoked certificates."""


class Unreadable(ValueError):
    """A certificate that is none."""


def by_authorities(
    chain: Sequence[bytes],
    roots: Sequence[x509.Certificate],
    names: Sequence[str],
    now_us: int,
    revoked: TakenBack = nobody_knows,
) -> Proof:
    """A chain in DER, leaf first; good for one of these names at this instant."""
    try:
        certificates = [_read(der) for der in chain[:MAX_CHAIN]]
    except Unreadable as error:
        return Proof("certificate-not-trusted", "webpki", str(error))
    if not certificates:
        return Proof("certificate-not-trusted", "webpki", "no certificate was shown")
    return _trusted(certificates, roots, names, now_us, "webpki", revoked)


def by_dane(chain: Sequence[bytes], records: Sequence[Tlsa], names: Sequence[str], now_us: int) -> Proof:
    """RFC 7672 §3.1: any record that matches is enough.

    A record of the server's own key (3) looks neither at names nor at dates; one of an authority (2) does.  What was
    revoked is taken out of the DNS by its owner (RFC 7672 §7): lists are not asked.
    """
    try:
        certificates = [_read(der) for der in chain[:MAX_CHAIN]]
    except Unreadable as error:
        return Proof("tlsa-invalid", "dane-ee", str(error))
    if not certificates:
        return Proof("validation-failure", "dane-ee", "no certificate was shown")
    if any(record.usage == EE and record.matches(_selected(certificates[0], record)) for record in records):
        return Proof("", "dane-ee")
    anchors = [
        anchor for record in records if record.usage == TA for anchor in _anchors(certificates, record)
    ]  # fmt: skip
    if not anchors:
        return Proof("validation-failure", "dane-ee", "no TLSA record matches the certificate")
    return _trusted(certificates, anchors, names, now_us, "dane-ta", nobody_knows)


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The DNS names it is for, in lower case."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))


def first_name(chain: Sequence[bytes]) -> str:
    """For people: whom the certificate says it is."""
    try:
        return next(iter(names_of(_read(chain[0]))), "") if chain else ""
    except Unreadable:
        return ""


def is_for(certificate: x509.Certificate, name: str) -> bool:
    """RFC 9525 §6.3: a "*" stands for the whole first label."""
    parent = name.partition(".")[2]
    return any(shown == name or (parent and shown == f"*.{parent}") for shown in names_of(certificate))


def _trusted(
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    names: Sequence[str],
    now_us: int,
    how: str,
    revoked: TakenBack,
) -> Proof:
    leaf, now = chain[0], datetime.fromtimestamp(now_us // 1_000_000, UTC)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        return Proof("certificate-expired", how, f"valid until {leaf.not_valid_after_utc:%Y-%m-%d}")
    fitting = [name for name in names if is_for(leaf, name)]
    if not fitting:
        shown = ", ".join(names_of(leaf)[:3]) or "nobody"
        return Proof("certificate-host-mismatch", how, f"it is for {shown}")
    if how == "dane-ta" and leaf in anchors:  # RFC 7671 §5.2: the authority's own certificate may be the server's
        return Proof("", how)
    try:
        if not anchors:
            return Proof("certificate-not-trusted", how, "no authority is trusted here")
        policy = verification.PolicyBuilder().store(verification.Store(list(anchors))).time(now.replace(tzinfo=None))
        policy = policy.extension_policies(ca_policy=CA_POLICY, ee_policy=EE_POLICY)
        verified = policy.build_server_verifier(x509.DNSName(fitting[0])).verify(leaf, list(chain[1:]))
    except (verification.VerificationError, ValueError, UnsupportedAlgorithm) as error:
        return Proof("certificate-not-trusted", how, str(error).partition(" (encountered")[0])
    if (taken_back := revoked(verified)) is not None:
        whose = "it" if taken_back == leaf else taken_back.subject.rfc4514_string()
        return Proof("certificate-not-trusted", how, f"its authority has taken {whose} back")
    return Proof("", how)


# Mail servers have certificates of private authorities, too: what browsers demand beyond RFC 5280 is not demanded.
_ANY = verification.Criticality.AGNOSTIC
CA_POLICY = verification.ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, _ANY, None)
EE_POLICY = verification.ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, _ANY, None)


def _read(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable("a certificate cannot be read") from error


def _selected(certificate: x509.Certificate, record: Tlsa) -> bytes:
    if record.selector != SPKI:
        return certificate.public_bytes(Encoding.DER)
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""  # a key that nobody can use matches nothing


def _anchors(chain: Sequence[x509.Certificate], record: Tlsa) -> list[x509.Certificate]:
    """The authorities a record names: in the chain, or in the record itself (RFC 7671 §5.2.2)."""
    found = [certificate for certificate in chain if record.matches(_selected(certificate, record))]
    if not found and record.selector != SPKI and record.matching == 0:
        try:
            found = [_read(record.data)]
        except Unreadable:
            return []
    return found
