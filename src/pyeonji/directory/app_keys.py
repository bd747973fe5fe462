"""The texts of apps' keys: made here, shown once; what is kept is a digest."""

import base64
import hashlib
import secrets
from typing import NamedTuple

LIVE, TEST = "pj_live_", "pj_test_"
OCTETS = 20  # of chance in a key: 160 bits
SHOWN = 4  # characters behind the prefix by which people know a key again


class NewKey(NamedTuple):
    """`text` is what the app gets, and nobody keeps."""

    text: str
    digest: str
    hint: str


def new_key(*, test: bool = False) -> NewKey:
    text = (TEST if test else LIVE) + base64.b32encode(secrets.token_bytes(OCTETS)).decode().lower()
    return NewKey(text, key_digest(text), text[: len(LIVE) + SHOWN])


def is_key(text: str) -> bool:
    """Does it look like one?"""
    return text.startswith((LIVE, TEST))


def key_digest(text: str) -> str:
    """By which a key is found."""
    return hashlib.sha256(b"app key\0" + text.strip().encode("utf-8", "surrogateescape")).hexdigest()
