"""TLS settings and the certificate a fresh system makes for itself."""

import contextlib
import datetime
import hashlib
import os
import re
import ssl
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from pyeonji.net.personal import Personal

TlsContext = ssl.SSLContext  # what stations carry about without looking inside
EXPORTER, END_POINT = "tls-exporter", "tls-server-end-point"  # RFC 9266, RFC 5929 §4
DER = 2  # how the object beneath calls the encoding (_ssl.ENCODING_DER)
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
VALID_DAYS = 825  # the longest life common clients accept
ANEW = datetime.timedelta(days=30)  # before the end of that, another one is made
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2 (RFC 9325 §4.2); all of TLS 1.3 are as good
TICKETS = 0  # session tickets save little and would have to be bound to a service (S06)


class ServerContext(ssl.SSLContext):
    """Of one certificate of ours.  Where several are chosen by name (SNI), a connection knows whose it got."""

    end_point: bytes = b""  # what a login may be bound to, see `end_point`
    end_point_alone = False  # offer it also where nothing better can be offered, see `bindings`
    personal: Personal | None = None  # whose certificates clients may show


def blank_context() -> ServerContext:
    """For listeners, without a certificate so far: TLS 1.2 and newer, forward secrecy, authenticated ciphers."""
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = TICKETS
    context.set_ciphers(CIPHERS)
    return context


def server_context(
    cert: Path, key: Path, *, end_point_alone: bool = False, personal: Personal | None = None
) -> ServerContext:
    """For listeners, with one certificate.  Raises OSError or ssl.SSLError."""
    context = blank_context()
    context.load_cert_chain(cert, key)
    context.end_point_alone = end_point_alone
    if personal is not None:
        believe(context, personal)
    context.end_point = end_point(x509.load_pem_x509_certificate(cert.read_bytes()))
    return context


def believe(context: ServerContext, personal: Personal) -> None:
    """Ask clients for a certificate.  Who shows one must show one of these; who shows none is welcome all the same.

    Chains may end with a single certificate that nobody has signed but its owner (X509_V_FLAG_PARTIAL_CHAIN).
    """
    context.personal = personal
    context.load_verify_locations(cadata=personal.pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_mode = ssl.CERT_OPTIONAL


def certified(connection: ssl.SSLObject) -> tuple[str, ...]:
    """The (folded) logins that the client's certificate vouches for.  Only after the handshake."""
    context = connection.context
    if not isinstance(context, ServerContext) or context.personal is None or not connection.getpeercert(True):
        return ()
    return context.personal.names(_verified_chain(connection))


def _verified_chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """From the peer's own certificate to one that we trust, in DER; as for `presented_chain`."""
    if hasattr(connection, "get_verified_chain"):
        return tuple(connection.get_verified_chain())
    beneath: Any = connection._sslobj  # type: ignore[attr-defined]
    return tuple(each.public_bytes(DER) for each in beneath.get_verified_chain() or ())


def end_point(certificate: x509.Certificate) -> bytes:
    """The hash of a certificate that is its channel binding, RFC 5929 §4.1; b"" where none is defined (Ed25519)."""
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None:
        return b""
    weak = isinstance(algorithm, hashes.MD5 | hashes.SHA1)
    return certificate.fingerprint(hashes.SHA256() if weak else algorithm)


def bindings(connection: ssl.SSLObject) -> dict[str, bytes]:
    """What a login in this connection of ours may be bound to, the strongest first.  Only after the handshake.

    Clients take it for granted that who binds at all binds by tls-exporter (GNU SASL 2.2 knows nothing else in
    TLS 1.3), and fail where that is refused.  So the certificate alone is offered only where somebody wants it.
    tls-unique is not offered: it is not defined for TLS 1.3, and means little without the extended master secret.
    """
    found = {}
    if EXPORTER in ssl.CHANNEL_BINDING_TYPES and connection.version() == "TLSv1.3":  # a Python that can
        found[EXPORTER] = connection.get_channel_binding(EXPORTER) or b""
    context = connection.context
    if isinstance(context, ServerContext) and (found or context.end_point_alone):
        found[END_POINT] = context.end_point
    return {name: octets for name, octets in found.items() if octets}


def client_context(*, verify: bool, roots: str = "") -> ssl.SSLContext:
    """For connections we open.  Without `verify` any certificate will do: better than none (RFC 7435).

    `roots` is a file of those to trust instead of the machine's.
    """
    context = ssl.create_default_context(cafile=roots or None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def presented_chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """What the server showed in the handshake, in DER, its own certificate first.

    Python has a public name for it since 3.13; before, the object beneath has it.
    """
    if hasattr(connection, "get_unverified_chain"):
        return tuple(connection.get_unverified_chain())
    beneath: Any = connection._sslobj  # type: ignore[attr-defined]
    return tuple(each.public_bytes(DER) for each in beneath.get_unverified_chain() or ())


@cache
def authorities() -> tuple[x509.Certificate, ...]:
    """The certification authorities this machine trusts; those that cannot be read are left out."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else sorted(Path(paths.capath).glob("*.0")) if paths.capath else []
    found: list[x509.Certificate] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of old ones with a number below one
        for file in files:
            for block in PEM.findall(file.read_bytes()):
                with contextlib.suppress(ValueError):
                    found.append(x509.load_pem_x509_certificate(block))
    return tuple(found)


def self_signed(folder: Path, hostnames: tuple[str, ...], now_us: int) -> tuple[Path, Path]:
    """A certificate and key for these names below `folder`, made once; (certificate, key).

    One that runs out is made anew with the same key, so that who has trusted the key need not learn another.
    """
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    now = datetime.datetime.fromtimestamp(now_us // 1_000_000, datetime.UTC)
    if key_path.exists() and cert_path.exists() and not _runs_out(cert_path, now):
        return cert_path, key_path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _key_in(key_path)
    _put(cert_path, _signed_by_itself(key, hostnames, now).public_bytes(serialization.Encoding.PEM))
    return cert_path, key_path


def _runs_out(cert: Path, now: datetime.datetime) -> bool:
    """What cannot be read is somebody's own, and told elsewhere."""
    try:
        return x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc - ANEW <= now
    except (OSError, ValueError):
        return False


def _key_in(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key that is there; a new one where there is none, or another kind."""
    with contextlib.suppress(OSError, ValueError):
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(found, ec.EllipticCurvePrivateKey):
            return found
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _put(path, pem)
    return key


def _put(path: Path, octets: bytes) -> None:
    """Whole or not at all: workers read while it is written."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.touch(mode=0o600)
    new.write_bytes(octets)
    new.rename(path)


def _signed_by_itself(
    key: ec.EllipticCurvePrivateKey, hostnames: tuple[str, ...], now: datetime.datetime
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostnames[0][:64])])
    start = now - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hostnames]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def tlsa(cert: Path) -> str:
    """What a TLSA record says of this certificate: its key alone, so that renewals with the same key keep it true.

    "3 1 1 DIGEST": DANE-EE, SubjectPublicKeyInfo, SHA-256 (RFC 7672 §3.1.1).  Raises OSError and ValueError.
    """
    key = x509.load_pem_x509_certificate(cert.read_bytes()).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"3 1 1 {hashlib.sha256(spki).hexdigest()}"
