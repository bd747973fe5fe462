"""Answers to the challenges of a certificate authority, kept as files so that every worker can give them.

http-01 (RFC 8555 §8.3) is answered by the web pages, tls-alpn-01 (RFC 8737) by a listener that does nothing else.
"""

import datetime
import hashlib
import re
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from pyeonji.net.stream import Stream
from pyeonji.net.tls import ServerContext, blank_context

HTTP_PATH = "/.well-known/acme-challenge/"
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}\Z")  # RFC 8555 §8.1: base64url
NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\Z")
ALPN = "acme-tls/1"  # RFC 8737 §6.2
IDENTIFIER = ObjectIdentifier("1.3.6.1.5.5.7.1.31")  # id-pe-acmeIdentifier, RFC 8737 §6.1
LIFE = datetime.timedelta(days=7)


def folder(data: Path) -> Path:
    """Of the answers, in a data folder."""
    return data / "tls" / "acme" / "challenges"


def http_answer(data: Path, token: str) -> str:
    """What is said to http-01; "" where nobody asked us to say anything."""
    if not TOKEN.match(token):
        return ""
    try:
        return (folder(data) / token).read_text("ascii")
    except OSError:
        return ""


def put_http(data: Path, token: str, text: str) -> Path:
    """Have it said; the file that goes afterwards.  Raises ValueError for a token that is none."""
    if not TOKEN.match(token):
        raise ValueError("the authority's token is none")
    return _put(folder(data) / token, text.encode("ascii"))


def put_alpn(data: Path, name: str, text: str, now_us: int) -> Path:
    """A certificate that says it, to be shown for `name` (RFC 8737 §3)."""
    if not NAME.match(name):
        raise ValueError("the authority's name is none")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme challenge")])
    start = datetime.datetime.fromtimestamp(now_us // 1_000_000, datetime.UTC) - datetime.timedelta(hours=1)
    digest = b"\x04\x20" + hashlib.sha256(text.encode()).digest()  # an OCTET STRING of 32 octets
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.UnrecognizedExtension(IDENTIFIER, digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    return _put(folder(data) / f"{name}.alpn", pem)


def alpn_context(data: Path) -> ServerContext:
    """For the listener of tls-alpn-01: it shows what was put there for the name, and speaks nothing else."""
    context = blank_context()
    context.set_alpn_protocols([ALPN])

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if not NAME.match((name or "").lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        answer = blank_context()
        answer.set_alpn_protocols([ALPN])
        try:
            answer.load_cert_chain(folder(data) / f"{(name or '').lower()}.alpn")
        except OSError:  # ssl.SSLError is one
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = answer
        return None

    context.sni_callback = choose
    return context


async def say_nothing(stream: Stream) -> None:
    """The handshake was all (RFC 8737 §3)."""


def _put(path: Path, octets: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=0o600)
    new.write_bytes(octets)
    return new.rename(path)
