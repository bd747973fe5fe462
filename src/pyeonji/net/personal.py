"""Certificates of people: whose a client's is, at ports where people log in (SASL EXTERNAL, RFC 4422 Appendix A)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.net.clock import Clock, SystemClock
from pyeonji.net.revoked import revoked_in


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSettings:
    """Certificates with which people log in (EXTERNAL).  Without one of these none is asked for."""

    roots: str = field(
        default="",
        metadata={
            "unit": "file",
            "rfc": "RFC 5280 §4.2.1.6",
            "doc": "Authorities (PEM) whose certificates log in the account of the e-mail address in them.",
        },
    )
    certificates: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "addresses with files",
            "doc": "Single certificates (PEM), of whoever they are, for an account each:"
            ' ["kim@example.com /etc/pyeonji/kim.pem"].',
        },
    )

    revoked: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "files",
            "rfc": "RFC 5280 §5",
            "doc": "Lists (CRL, PEM or DER) of certificates that these authorities have taken back. With any, a"
            " certificate opens nothing without a list of each authority above it that is up to date.",
        },
    )

    @property
    def is_on(self) -> bool:
        return bool(self.roots or self.certificates)


class Personal:
    """Whose certificates are whose.  Raises OSError and ValueError for files that hold none."""

    def __init__(self, settings: PersonalSettings, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._revoked = revoked_in(settings.revoked) if settings.revoked else None
        roots = _in_file(settings.roots) if settings.roots else []
        self._roots = frozenset(_der(one) for one in roots)
        self._owners: dict[str, str] = {}
        trusted = list(roots)
        for entry in settings.certificates:
            address, _, path = entry.partition(" ")
            certificate, *_ = _in_file(path.strip())
            self._owners[_fingerprint(_der(certificate))] = str(parse_address(address)).casefold()
            trusted.append(certificate)
        self.pem = "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in trusted)

    def names(self, chain: tuple[bytes, ...]) -> tuple[str, ...]:
        """The (folded) logins that a chain vouches for; it was verified, and goes from the client's to what is trusted.

        An address in a certificate counts only where the chain ends with one of the authorities: what a single
        certificate has signed is nobody's but its own.
        """
        if not chain:
            return ()
        owner = self._owners.get(_fingerprint(chain[0]))
        if owner is not None:
            return (owner,)
        if chain[-1] not in self._roots:
            return ()
        certificates = [x509.load_der_x509_certificate(one) for one in chain]
        return _addresses(certificates[0]) if self._stands(certificates) else ()

    def _stands(self, chain: Sequence[x509.Certificate]) -> bool:
        """Has no authority taken it back?  Where lists are wanted, one that is missing or old is no "no"."""
        if self._revoked is None:
            return True
        now = self._clock.now_us()
        return all(self._revoked.standing(one, issuer, now) == "good" for one, issuer in pairwise(chain))


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = []
    for text in found.get_values_for_type(x509.RFC822Name):
        try:
            names.append(str(parse_address(text)).casefold())
        except NotAnAddress:
            continue
    return tuple(dict.fromkeys(names))


def _in_file(path: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(Path(path).read_bytes())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
