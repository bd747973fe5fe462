"""Certificates that their authority has taken back: its lists (CRL, RFC 5280 §5) in files that somebody keeps fresh.

We fetch none ourselves: whose lists are wanted, and from where, is for the administrator to say.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import CertificateRevocationList as RevocationList
from cryptography.x509.oid import ExtensionOID

from pyeonji.net.clock import SECOND_US

Standing = Literal["good", "revoked", "unknown"]
MAX_FILE = 64 << 20  # octets; the lists of large authorities have some ten millions
MAX_SIGNED = 1_000  # lists with their authorities that are remembered
BLOCK = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


class Revoked:
    """Lists, as they were read."""

    def __init__(self, lists: Iterable[RevocationList] = ()) -> None:
        self._of: dict[bytes, list[RevocationList]] = {}
        self._signed: dict[tuple[int, bytes], bool] = {}  # a list is hashed once for each authority of its name
        for one in lists:
            self._of.setdefault(one.issuer.public_bytes(), []).append(one)

    def standing(self, certificate: x509.Certificate, issuer: x509.Certificate, now_us: int) -> Standing:
        """What the lists of its issuer say of it.  "unknown": there is none, or it is out of date.

        What stands on a list stays revoked when the list has become old.
        """
        now = datetime.fromtimestamp(now_us // SECOND_US, UTC)
        standing: Standing = "unknown"
        for one in self._of.get(certificate.issuer.public_bytes(), ()):
            if not self._is_signed(one, issuer):
                continue
            if one.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                return "revoked"
            if (
                _is_whole(one)
                and one.last_update_utc <= now
                and one.next_update_utc is not None
                and now <= one.next_update_utc
            ):
                standing = "good"
        return standing

    def _is_signed(self, one: RevocationList, issuer: x509.Certificate) -> bool:
        key = (id(one), issuer.fingerprint(hashes.SHA256()))
        found = self._signed.get(key)
        if found is None:
            found = _signed_by(one, issuer)
            if len(self._signed) < MAX_SIGNED:
                self._signed[key] = found
        return found

    def any_of(self, chain: Sequence[x509.Certificate], now_us: int) -> x509.Certificate | None:
        """The first certificate of a verified chain, from the peer's own on, that was taken back."""
        for certificate, issuer in pairwise(chain):
            if self.standing(certificate, issuer, now_us) == "revoked":
                return certificate
        return None


def revoked_in(paths: Iterable[str]) -> Revoked:
    """All lists in these files, PEM or DER.  Raises OSError, and ValueError with the file that holds none."""
    return Revoked(one for path in paths for one in _lists(Path(path)))


def _lists(path: Path) -> list[RevocationList]:
    with path.open("rb") as stream:
        octets = stream.read(MAX_FILE)
    try:
        blocks = BLOCK.findall(octets)
        lists = [x509.load_pem_x509_crl(one) for one in blocks] if blocks else [x509.load_der_x509_crl(octets)]
        return [one for one in lists if not _is_change(one)]
    except ValueError as error:
        raise ValueError(f"{path}: no list of revoked certificates (CRL)") from error


def _is_whole(one: RevocationList) -> bool:
    """Does a certificate that is not on it stand?  Not where it says of itself that it is a part (RFC 5280 §5.2)."""
    return not any(extension.critical for extension in one.extensions)


def _is_change(one: RevocationList) -> bool:
    """Does it only say what changed since another list (RFC 5280 §5.2.4)?  Such ones are not read."""
    return any(extension.oid == ExtensionOID.DELTA_CRL_INDICATOR for extension in one.extensions)


def _signed_by(one: RevocationList, issuer: x509.Certificate) -> bool:
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.crl_sign:
            return False
    except x509.ExtensionNotFound:
        pass  # without it a key may do anything
    except ValueError:
        return False
    try:
        return one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # the key may be of another kind
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
