"""Passkeys: what a browser brings back when one was made or used (WebAuthn Level 2), checked with own lines.

Only what we ask for is taken: no attestation (whose device it is, is its owner's business), a person who was verified
by the device, one of three algorithms.  Everything is compared with what we asked.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from pyeonji.proto.cbor import BadCbor, read, read_from

ES256, EDDSA, RS256 = -7, -8, -257  # RFC 9053 §2, RFC 8812 §2
ALGORITHMS = (EDDSA, ES256, RS256)  # best first
MAX_OCTETS = 16 * 1024  # of what a browser brings; ours: without attestation it is below 1 KiB
MAX_CREDENTIAL = 1_023  # octets of an id, §4 "Credential ID"
MIN_RSA, MAX_RSA = 2_048, 8_192  # bits
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags, §6.1
HEAD = 37  # octets of authenticator data: digest of the site, flags, counter
BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

Verify = Callable[[bytes, bytes], None]  # signature, what is signed; raises InvalidSignature


class BadPasskey(ValueError):
    """Not an answer to what we asked; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What we asked the browser for."""

    challenge: str  # base64url
    origin: str  # "https://mail.example.com"
    site: str  # its relying party id: "mail.example.com"


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey; `cose` is its public key, base64url."""

    credential: str
    cose: str
    counter: int


def made(asked: Asked, client_data: str, attestation: str) -> Made:
    """The passkey that was made (§7.1); raises BadPasskey."""
    _client_data(client_data, "webauthn.create", asked)
    try:
        found = read(octets(attestation))
    except BadCbor as error:
        raise BadPasskey(f"attestation: {error}") from error
    data = found.get("authData") if isinstance(found, dict) else None
    if not isinstance(data, bytes):
        raise BadPasskey("no authenticator data")
    counter = _authenticator_data(data, asked)
    if not data[32] & ATTESTED or len(data) < HEAD + 18:
        raise BadPasskey("no passkey in it")
    size = int.from_bytes(data[HEAD + 16 : HEAD + 18], "big")
    start = HEAD + 18
    if not 0 < size <= MAX_CREDENTIAL or len(data) < start + size:
        raise BadPasskey("an id of another length")
    try:
        key, end = read_from(data, start + size)
    except BadCbor as error:
        raise BadPasskey(f"key: {error}") from error
    verifier(key)
    return Made(text(data[start : start + size]), text(data[start + size : end]), counter)


def used(asked: Asked, cose: str, counter: int, client_data: str, data: str, signature: str) -> int:
    """The new counter of a passkey that answered (§7.2); raises BadPasskey.  `counter` is the one seen last."""
    signed_client = _client_data(client_data, "webauthn.get", asked)
    authenticator = octets(data)
    now = _authenticator_data(authenticator, asked)
    try:
        verifier(read(octets(cose)))(octets(signature), authenticator + hashlib.sha256(signed_client).digest())
    except (InvalidSignature, BadCbor) as error:
        raise BadPasskey("signed by another key") from error
    if (now or counter) and now <= counter:
        raise BadPasskey("its counter went back: somebody may have copied it")  # §6.1.1
    return now


def _client_data(encoded: str, kind: str, asked: Asked) -> bytes:
    """The octets of what the browser says of the page it was on (§5.8.1)."""
    raw = octets(encoded)
    try:
        found = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadPasskey("client data: not JSON") from error
    if not isinstance(found, dict) or found.get("type") != kind:
        raise BadPasskey("an answer to another question")
    challenge = found.get("challenge")
    if challenge != asked.challenge:
        raise BadPasskey("an answer to another challenge")
    if found.get("origin") != asked.origin or found.get("crossOrigin") is True:
        raise BadPasskey("made on another page")
    return raw


def _authenticator_data(data: bytes, asked: Asked) -> int:
    """The counter, when it is of this site and a person was verified (§6.1)."""
    if len(data) < HEAD:
        raise BadPasskey("authenticator data are cut off")
    if not hmac.compare_digest(data[:32], hashlib.sha256(asked.site.encode()).digest()):
        raise BadPasskey("of another site")
    if not data[32] & PRESENT or not data[32] & VERIFIED:
        raise BadPasskey("nobody was verified")
    return int.from_bytes(data[33:37], "big")


# ── keys (RFC 9052 §7) ──


def verifier(key: object) -> Verify:
    """How signatures of a COSE_Key are checked; raises BadPasskey for kinds we did not ask for."""
    if not isinstance(key, dict):
        raise BadPasskey("no key")
    kind = (key.get(1), key.get(3))  # of whatever type: nothing that has to be hashed
    reader = next((reader for one, reader in READERS.items() if one == kind), None)
    if reader is None:
        raise BadPasskey("a key of another kind")
    try:
        return reader(key)
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        raise BadPasskey("no good key") from error


def _p256(key: Mapping[Any, Any]) -> Verify:
    if key[-1] != 1:
        raise ValueError("another curve")
    x, y = int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big")
    public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    return lambda signature, signed: public.verify(signature, signed, ECDSA(SHA256()))


def _ed25519(key: Mapping[Any, Any]) -> Verify:
    if key[-1] != 6:
        raise ValueError("another curve")
    return Ed25519PublicKey.from_public_bytes(key[-2]).verify


def _rsa(key: Mapping[Any, Any]) -> Verify:
    modulus = int.from_bytes(key[-1], "big")
    if not MIN_RSA <= modulus.bit_length() <= MAX_RSA:
        raise ValueError("another size")
    public = RSAPublicNumbers(int.from_bytes(key[-2], "big"), modulus).public_key()
    return lambda signature, signed: public.verify(signature, signed, PKCS1v15(), SHA256())


READERS: Mapping[tuple[Any, Any], Callable[[Mapping[Any, Any]], Verify]] = {
    (2, ES256): _p256, (1, EDDSA): _ed25519, (3, RS256): _rsa,
}  # fmt: skip


def octets(encoded: str) -> bytes:
    """Base64url without padding; raises BadPasskey."""
    if len(encoded) > MAX_OCTETS or not BASE64URL.fullmatch(encoded) or len(encoded) % 4 == 1:
        raise BadPasskey("not base64url")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
