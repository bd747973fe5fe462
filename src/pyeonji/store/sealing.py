"""Octets that only who has the key can read: scrypt (RFC 7914) and ChaCha20-Poly1305 (RFC 8439)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"pyeonji sealed 1\n"
SALT, NONCE = 16, 12  # octets
COST, BLOCK, PARALLEL = 1 << 17, 8, 1  # 128 MiB and half a second for each guess


class NotOpened(ValueError):
    """The key is another one, or the octets were changed."""


def seal(octets: bytes, key: bytes) -> bytes:
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    return MAGIC + salt + nonce + _cipher(key, salt).encrypt(nonce, octets, MAGIC)


def unseal(sealed: bytes, key: bytes) -> bytes:
    """Raises NotOpened."""
    magic, rest = sealed[: len(MAGIC)], sealed[len(MAGIC) :]
    if magic != MAGIC or len(rest) < SALT + NONCE:
        raise NotOpened("not sealed by us")
    salt, nonce = rest[:SALT], rest[SALT : SALT + NONCE]
    try:
        return _cipher(key, salt).decrypt(nonce, rest[SALT + NONCE :], MAGIC)
    except InvalidTag as error:
        raise NotOpened("another key, or changed octets") from error


def _cipher(key: bytes, salt: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=PARALLEL).derive(key))
