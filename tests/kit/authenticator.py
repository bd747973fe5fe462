"""A device with passkeys, as a browser would reach it: makes them, answers challenges, and lies when a test says so."""

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from pyeonji.proto.webauthn import ATTESTED, EDDSA, ES256, PRESENT, RS256, VERIFIED, text


def cbor(value):
    """Only what keys and attestations need."""

    def head(kind, number):
        if number < 24:
            return bytes([kind << 5 | number])
        size, code = next((s, c) for s, c in ((1, 24), (2, 25), (4, 26)) if number < 1 << 8 * s)
        return bytes([kind << 5 | code]) + number.to_bytes(size, "big")

    match value:
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case dict():
            return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    raise AssertionError(value)


class Authenticator:
    """One passkey."""

    def __init__(self, algorithm=ES256, credential=b"\x01" * 20):
        self.algorithm, self.credential, self.counter = algorithm, credential, 1
        if algorithm == ES256:
            self.key = ec.generate_private_key(ec.SECP256R1())
            n = self.key.public_key().public_numbers()
            self.cose = {1: 2, 3: ES256, -1: 1, -2: n.x.to_bytes(32, "big"), -3: n.y.to_bytes(32, "big")}
        elif algorithm == EDDSA:
            self.key = ed25519.Ed25519PrivateKey.generate()
            self.cose = {1: 1, 3: EDDSA, -1: 6, -2: self.key.public_key().public_bytes_raw()}
        else:
            self.key = rsa.generate_private_key(65537, 2048)
            n = self.key.public_key().public_numbers()
            self.cose = {1: 3, 3: RS256, -1: n.n.to_bytes(256, "big"), -2: n.e.to_bytes(3, "big")}

    def sign(self, octets):
        if self.algorithm == ES256:
            return self.key.sign(octets, ec.ECDSA(SHA256()))
        if self.algorithm == EDDSA:
            return self.key.sign(octets)
        return self.key.sign(octets, padding.PKCS1v15(), SHA256())

    def _head(self, site, flags):
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, kind, asked, more):
        return json.dumps({"type": kind, "challenge": asked.challenge, "origin": asked.origin, **more}).encode()

    def make(self, asked, *, site=None, flags=PRESENT | VERIFIED | ATTESTED, client=None):
        """(clientDataJSON, attestationObject), base64url."""
        data = self._head(site or asked.site, flags) + bytes(16)
        data += len(self.credential).to_bytes(2, "big") + self.credential + cbor(self.cose)
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return text(self._client("webauthn.create", asked, client or {})), text(attestation)

    def use(self, asked, *, site=None, flags=PRESENT | VERIFIED, client=None):
        """(clientDataJSON, authenticatorData, signature), base64url."""
        self.counter += 1
        said = self._client("webauthn.get", asked, client or {})
        data = self._head(site or asked.site, flags)
        return text(said), text(data), text(self.sign(data + hashlib.sha256(said).digest()))
