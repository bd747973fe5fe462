"""The certificates our listeners show: several, chosen by the name a client asks for, and exchanged while they run.

Stations hold one context for ever.  At each handshake it hands over to the context of the certificate that fits; who is
connected already keeps what it has.  So a renewal touches no connection, and new ones get the new certificate.
"""

import datetime
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from pyeonji.net.personal import Personal
from pyeonji.net.tls import ServerContext, believe, blank_context, server_context

MAX_FILE = 1 << 20  # octets of a chain with its key; real ones have ten thousand
CHAIN, KEY = "fullchain.pem", "privkey.pem"  # as certbot calls them in its folders


class BadCertificate(ValueError):
    """Files that are no certificate with its key; `key` and `slots` name the sentence."""

    def __init__(self, key: str, **slots: str) -> None:
        super().__init__(f"{key}: {', '.join(slots.values())}")
        self.key = key
        self.slots = slots


@dataclass(frozen=True, slots=True)
class Files:
    """Where a certificate lies; `chain` and `key` are one file where it holds both."""

    chain: Path
    key: Path

    @property
    def mark(self) -> tuple[tuple[int, int, int], ...]:
        """What changes when they do; () where they cannot be seen."""
        try:
            found = [path.stat() for path in (self.chain, self.key)]
        except OSError:
            return ()
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in found)


def files_at(path: Path) -> Files:
    """A folder as certbot makes it, or one file with key and chain."""
    return Files(path / CHAIN, path / KEY) if path.is_dir() else Files(path, path)


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate, ready to be shown."""

    files: Files
    names: tuple[str, ...]  # A-labels in lower case, some with "*." in front
    since_s: int
    until_s: int  # seconds since 1970
    issuer: str  # "" for one that nobody but itself has signed
    fingerprint: str  # SHA-256
    context: ServerContext

    def told(self) -> dict[str, Any]:
        """For `status`."""
        return {
            "names": list(self.names), "since_s": self.since_s, "until_s": self.until_s, "issuer": self.issuer,
            "fingerprint": self.fingerprint,
            "file": str(self.files.chain),
        }  # fmt: skip


def load(files: Files, *, end_point_alone: bool = False, personal: Personal | None = None) -> Shown:
    """Read a certificate and its key; raises BadCertificate with what is wrong."""
    try:
        chain, key = _octets(files.chain), _octets(files.key)
    except OSError as error:
        raise BadCertificate("tls.unreadable", path=str(error.filename), reason=error.strerror or str(error)) from error
    try:
        certificate = x509.load_pem_x509_certificate(chain)
    except ValueError as error:
        raise BadCertificate("tls.no_certificate", path=str(files.chain)) from error
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:  # TypeError: it is locked with a password
        raise BadCertificate("tls.no_key", path=str(files.key)) from error
    if _spki(private.public_key()) != _spki(certificate.public_key()):
        raise BadCertificate("tls.other_key", path=str(files.chain), other=str(files.key))
    try:
        context = server_context(files.chain, files.key, end_point_alone=end_point_alone, personal=personal)
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate("tls.unusable", path=str(files.chain), reason=str(error)) from error
    return Shown(
        files, names_of(certificate), _seconds(certificate.not_valid_before_utc),
        _seconds(certificate.not_valid_after_utc), issuer_of(certificate),
        certificate.fingerprint(hashes.SHA256()).hex(), context,
    )  # fmt: skip


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """For whom it is."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(name.lower() for name in found.get_values_for_type(x509.DNSName))


def issuer_of(certificate: x509.Certificate) -> str:
    """Who signed it, in the words of the certificate; "" for nobody but itself."""
    if certificate.issuer == certificate.subject:
        return ""
    return certificate.issuer.rfc4514_string()


class Certificates:
    """What is shown now.  The first is for who asks for no name, or for one that nobody has."""

    def __init__(self, shown: tuple[Shown, ...], personal: Personal | None = None) -> None:
        self.context = blank_context()
        self.context.sni_callback = self._choose  # called for those who name nobody, too
        self.asking = blank_context()  # the same for ports where people log in: they may show certificates, too
        self.asking.sni_callback = self._choose
        if personal is not None:
            believe(self.asking, personal)
        self.show(shown)

    def show(self, shown: tuple[Shown, ...]) -> None:
        """From the next handshake on."""
        self.shown = shown
        # Where several are for one name, the one that lasts longest is shown.
        self._by_name = {name: one for one in sorted(shown, key=lambda one: one.until_s) for name in one.names}

    def of(self, name: str | None) -> Shown:
        """The certificate for a name that a client asks for."""
        return self.naming((name or "").lower()) or self.shown[0]

    def naming(self, name: str) -> Shown | None:
        """The one that is for this name (in lower case), if there is one (RFC 6066 §3, RFC 9525 §6.3)."""
        return self._by_name.get(name) or self._by_name.get(f"*.{name.partition('.')[2]}")

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = self.of(name).context


def load_all(
    files: Iterable[Files], *, end_point_alone: bool = False, personal: Personal | None = None
) -> tuple[Shown, ...]:
    """All of them, or BadCertificate for the first that is not good."""
    return tuple(load(one, end_point_alone=end_point_alone, personal=personal) for one in files)


def _octets(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_FILE)


def _spki(public: Any) -> bytes:
    octets: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return octets


def _seconds(instant: datetime.datetime) -> int:
    return int(instant.timestamp())
