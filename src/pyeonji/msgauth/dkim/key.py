"""The public key of a selector, as the DNS has it (RFC 6376 §3.6), and what it can do.

Keys are remembered by what is written: making one out of its octets costs as much as using it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pyeonji.msgauth.dkim.field import Algorithm
from pyeonji.msgauth.dkim.tags import NotATagList, octets_of, parse_tags, words_of
from pyeonji.msgauth.verdict import DkimResult
from pyeonji.proto.dns import Asking, Question

LEAST_BITS = 1_024  # of an RSA key (RFC 8301 §3.2)
MOST_BITS = 4_096  # beyond this the work is the stranger's choice
MAX_KEY_TEXT = 2_048  # characters of p=; 4,096 bits take 736
MAX_EXPONENT = 64  # bits of an RSA key's public exponent; everybody's has 17
MAX_RECORDS = 10  # looked at under one name
KEY_IN_MEMORY = 1_024
HASH_NAME = re.compile(r"[A-Za-z0-9-]+\Z")

Public = RSAPublicKey | Ed25519PublicKey


class Unusable(Exception):
    """Why a signature cannot be verified, and what that makes of it."""

    def __init__(self, result: DkimResult, why: str) -> None:
        super().__init__(why)
        self.result = result
        self.why = why


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, and what its owner says of it."""

    public: Public
    testing: bool = False  # t=y
    strict: bool = False  # t=s: i= must name the very domain of d=

    @property
    def bits(self) -> int:
        return self.public.key_size if isinstance(self.public, RSAPublicKey) else 256

    def good_for(self, signature: bytes, digest: bytes) -> bool:
        """Does the signature fit to this SHA-256?"""
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
            else:
                self.public.verify(signature, digest)  # RFC 8463 §3: the hash is what is signed
        except InvalidSignature:
            return False
        return True


def name_of(selector: str, domain: str) -> str:
    """Where the key is."""
    return f"{selector}._domainkey.{domain}"


def key_of(selector: str, domain: str, algorithm: Algorithm) -> "Asking[PublicKey]":
    """Ask for the key; raises Unusable."""
    name = name_of(selector, domain)
    if len(name) > 253:
        raise Unusable("permerror", "the name of its key is too long")
    answer = yield Question(name, "TXT")
    if answer.failed:
        raise Unusable("temperror", f"nobody could say what key {name} has: {answer.failure}")
    if not answer.records:
        raise Unusable("permerror", f"there is no key at {name}")
    return key_in(answer.records, algorithm)


def shown(selector: str, domain: str, record: str) -> "Asking[str]":
    """Does the DNS say what it must of a key?  "shown", "absent", "other" (it says something else), "unknown"."""
    answer = yield Question(name_of(selector, domain), "TXT")
    if answer.failed:
        return "unknown"
    if not answer.records:
        return "absent"
    wanted = parse_tags(record)
    found = [tags for text in answer.records[:MAX_RECORDS] if (tags := _key_tags(text)) is not None]
    same = [tags for tags in found if _means(tags) == _means(wanted)]
    return "shown" if len(found) == len(same) == 1 else "other"


def _means(tags: dict[str, str]) -> tuple[str, str]:
    """The key alone: who pastes it may add notes, and panels break it into pieces."""
    return tags.get("k", "rsa"), tags["p"].replace(" ", "").replace("\t", "")


def key_in(records: tuple[str, ...], algorithm: Algorithm) -> PublicKey:
    """The one key among these TXT records; raises Unusable.

    RFC 6376 §3.6.2.2 leaves open what several mean: we take none of them rather than the one that suits a forger.
    """
    found = [tags for text in records[:MAX_RECORDS] if (tags := _key_tags(text)) is not None]
    if not found:
        raise Unusable("permerror", "its record is no key")
    if len(found) > 1:
        raise Unusable("permerror", f"there are {len(found)} keys under its name")
    (tags,) = found
    if "sha256" not in words_of(tags.get("h", "sha256")):
        raise Unusable("permerror", "its key is not for SHA-256")
    if not {"*", "email"} & set(words_of(tags.get("s", "*"))):
        raise Unusable("permerror", "its key is not for mail")
    kind = tags.get("k", "rsa")
    if kind != algorithm.partition("-")[0]:
        raise Unusable("permerror", f"its key is for {kind}" if HASH_NAME.match(kind) else "its key is of no kind")
    if not tags["p"]:
        raise Unusable("permerror", "its key was revoked")
    flags = words_of(tags.get("t", ""))
    return PublicKey(_judged(kind, tags["p"]), "y" in flags, "s" in flags)


def _key_tags(text: str) -> dict[str, str] | None:
    """The tags of a key record, None of anything else."""
    try:
        tags = parse_tags(text)
    except NotATagList:
        return None
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        return None
    return tags if "v" not in tags or next(iter(tags)) == "v" else None


def _judged(kind: str, text: str) -> Public:
    if len(text) > MAX_KEY_TEXT:
        raise Unusable("permerror", f"its key has more than {MOST_BITS} bits")
    public = loaded(kind, text)
    if isinstance(public, RSAPublicKey):
        if public.key_size < LEAST_BITS:
            raise Unusable("fail", f"its key has {public.key_size} bits, {LEAST_BITS} are the least")
        if public.key_size > MOST_BITS or public.public_numbers().e.bit_length() > MAX_EXPONENT:
            raise Unusable("permerror", f"its key is larger than {MOST_BITS} bits")
    return public


@lru_cache(maxsize=KEY_IN_MEMORY)
def loaded(kind: str, text: str) -> Public:
    """The key that p= says; raises Unusable."""
    try:
        octets = octets_of(text)
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        public = load_der_public_key(octets)  # SubjectPublicKeyInfo, or RSAPublicKey alone, as the RFC's text has it
    except (NotATagList, ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("permerror", "its key cannot be read") from error
    if not isinstance(public, RSAPublicKey):
        raise Unusable("permerror", "its key is not what it says")
    return public
