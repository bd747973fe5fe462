"""JSON Web Tokens as an issuer signs them (RFC 7515, 7517, 7518, 8037, 7519): checked against its keys, and no more.

The key says by which algorithm it signs, never the token: what a token says of itself ("none", or HMAC with our public
key as the secret, RFC 8725 §3.1) is only compared with that.  Own lines: what is not here cannot be switched on.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

MAX_TOKEN = 8_192  # characters; ours: those of large issuers stay below 3 KiB
MAX_KEYS = 50  # of one issuer that are read; ours
MIN_RSA, MAX_RSA = 2_048, 8_192  # bits, RFC 7518 §3.3; a larger one only costs
SKEW_S = 60  # seconds two clocks may differ, RFC 7519 §4.1.4: "no more than a few minutes"
BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
P256 = 32  # octets of a coordinate

Verify = Callable[[bytes, bytes], None]  # signature, what is signed; raises InvalidSignature


class BadToken(ValueError):
    """Not a token of this issuer for us; the text says why, for the journey."""


@dataclass(frozen=True, slots=True)
class Key:
    """One that an issuer signs with."""

    kid: str
    algorithms: tuple[str, ...]  # all the names of the one way it signs in
    verify: Verify


def read_keys(octets: bytes) -> tuple[Key, ...]:
    """The keys of a JWK Set (RFC 7517 §5) that we can use; those we cannot are left out.  Raises BadToken."""
    found = _object(octets).get("keys")
    if not isinstance(found, list):
        raise BadToken("not a set of keys")
    return tuple(key for one in found[:MAX_KEYS] if isinstance(one, dict) and (key := _key(one)) is not None)


def _key(jwk: Mapping[str, Any]) -> Key | None:
    purposes = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(purposes, list) or "verify" not in purposes:
        return None
    reader = READERS.get((str(jwk.get("kty")), str(jwk.get("crv", ""))))
    if reader is None:
        return None
    algorithms, verifier = reader
    if jwk.get("alg", algorithms[0]) not in algorithms:
        return None
    try:
        return Key(str(jwk.get("kid", "")), algorithms, verifier(jwk))
    except (ValueError, KeyError):
        return None


def _rsa(jwk: Mapping[str, Any]) -> Verify:
    modulus = int.from_bytes(_octets(jwk["n"]))
    if not MIN_RSA <= modulus.bit_length() <= MAX_RSA:
        raise BadToken("an RSA key of another size")
    key = RSAPublicNumbers(int.from_bytes(_octets(jwk["e"])), modulus).public_key()
    return lambda signature, signed: key.verify(signature, signed, PKCS1v15(), SHA256())


def _p256(jwk: Mapping[str, Any]) -> Verify:
    x, y = _octets(jwk["x"]), _octets(jwk["y"])
    key = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1()).public_key()

    def verify(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * P256:
            raise InvalidSignature
        halves = int.from_bytes(signature[:P256]), int.from_bytes(signature[P256:])
        key.verify(encode_dss_signature(*halves), signed, ECDSA(SHA256()))

    return verify


def _ed25519(jwk: Mapping[str, Any]) -> Verify:
    return Ed25519PublicKey.from_public_bytes(_octets(jwk["x"])).verify


READERS: Mapping[tuple[str, str], tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Verify]]] = {
    ("RSA", ""): (("RS256",), _rsa),
    ("EC", "P-256"): (("ES256",), _p256),
    ("OKP", "Ed25519"): (("EdDSA", "Ed25519"), _ed25519),  # RFC 8037, RFC 9864
}


@dataclass(frozen=True, slots=True)
class Token:
    """One that is taken apart, but not believed."""

    algorithm: str
    kid: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    def believed(self, keys: Iterable[Key]) -> Mapping[str, Any]:
        """Its claims, when one of these keys has signed it; raises BadToken."""
        usable = [key for key in keys if self.algorithm in key.algorithms and self.kid in ("", key.kid)]
        for key in usable:
            try:
                key.verify(self.signature, self.signed)
            except InvalidSignature:
                continue
            return self.claims
        raise BadToken("signed by no key of the issuer" if usable else f"no key {self.kid} for {self.algorithm}")


def parse_token(text: str) -> Token:
    """The compact form, RFC 7515 §7.1; raises BadToken."""
    parts = text.split(".")
    if len(text) > MAX_TOKEN or len(parts) != 3:
        raise BadToken("not a signed token")
    header, claims = (_object(_octets(part)) for part in parts[:2])
    if "crit" in header:
        raise BadToken("it asks for extensions we do not know")  # RFC 7515 §4.1.11
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(kid, str):
        raise BadToken("not a header of a token")
    return Token(algorithm, kid, claims, f"{parts[0]}.{parts[1]}".encode(), _octets(parts[2]))


def check(claims: Mapping[str, Any], *, issuer: str, audiences: Collection[str], now_s: int) -> None:
    """Is it from this issuer, for one of us, and good now?  Raises BadToken.  RFC 7519 §4.1."""
    if claims.get("iss") != issuer:
        raise BadToken("of another issuer")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(one, str) and one in audiences for one in named):
        raise BadToken("for somebody else")
    expires = _instant(claims, "exp")
    if expires is None or now_s >= expires + SKEW_S:
        raise BadToken("it has expired, or never does")
    for name in ("nbf", "iat"):
        begins = _instant(claims, name)
        if begins is not None and now_s < begins - SKEW_S:
            raise BadToken("it is good later only")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"{name} is no instant")
    return value


def _octets(text: object) -> bytes:
    """Base64url without padding, RFC 7515 §2; raises BadToken."""
    if not isinstance(text, str) or not BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise BadToken("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _object(octets: bytes) -> dict[str, Any]:
    try:
        found = json.loads(octets.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadToken("not JSON") from error
    if not isinstance(found, dict):
        raise BadToken("not a JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Who says a thing twice may be understood in two ways (RFC 7519 §4)."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise BadToken("a name stands there twice")
    return dict(pairs)


def _refuse(name: str) -> Any:
    raise BadToken(f"{name} is not JSON")
