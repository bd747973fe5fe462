"""What a server keeps of a password for SCRAM (RFC 5802 §5.1, RFC 7677): enough to check, no more."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from pyeonji.proto.precis import prepared

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}  # by mechanism, strongest first


@dataclass(frozen=True, slots=True)
class Verifier:
    """Salt, iterations, StoredKey and ServerKey."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes

    @classmethod
    def from_password(cls, mechanism: str, password: str, salt: bytes, iterations: int) -> "Verifier":
        name = HASHES[mechanism]
        salted = hashlib.pbkdf2_hmac(name, prepared(password).encode(), salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", name)
        server_key = hmac.digest(salted, b"Server Key", name)
        return cls(salt, iterations, hashlib.new(name, client_key).digest(), server_key)

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """The form `str` prints; raises ValueError."""
        iterations, salt, stored_key, server_key = text.split("$")
        return cls(_decode(salt), int(iterations), _decode(stored_key), _decode(server_key))

    def __str__(self) -> str:
        parts = (base64.b64encode(part).decode() for part in (self.salt, self.stored_key, self.server_key))
        return "$".join((str(self.iterations), *parts))


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
