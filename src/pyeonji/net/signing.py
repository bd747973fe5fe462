"""Signing a whole file with the server's certificate, so that who installs it sees from whom it is."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder


class CannotSign(Exception):
    """The certificate cannot be read, or its key is of a kind that signs no files."""


def signed(octets: bytes, chain: Path, key: Path) -> bytes:
    """PKCS #7 (RFC 5652) with the octets in it; raises CannotSign."""
    try:
        certificates = x509.load_pem_x509_certificates(chain.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise CannotSign(str(error)) from error
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CannotSign("a key of another kind")
    builder = PKCS7SignatureBuilder().set_data(octets).add_signer(certificates[0], private, hashes.SHA256())
    for issuer in certificates[1:]:
        builder = builder.add_certificate(issuer)
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])
