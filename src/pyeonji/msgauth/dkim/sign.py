"""Our own signatures: relaxed/relaxed, never with l=, every field that counts signed once more than it is there.

A field signed once too often cannot be put in by anybody later (RFC 6376 §8.15): a second From, a Reply-To, another
Content-Type in front of ours (A05).  t= and x= keep a letter from being sent again for ever (A08).
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from pyeonji.message.header import Header
from pyeonji.msgauth.dkim.canonical import field_in
from pyeonji.msgauth.dkim.field import Algorithm, signed_octets

EXPIRES_S = (
    10 * 86_400
)  # how long a signature holds: longer than a letter may wait in queues (5 days, RFC 5321 §4.5.4.1)
MAX_LINE = 76  # octets of a line of our field; CRLF comes on top
BASE64_LINE = 72  # characters of b= in a line, the tag among them
OWN_LINE = b"\r\n b="  # the signature stands in lines of its own
MAX_NAMED = 200  # fields of one name that are signed; more are nobody's letter
KEYS_IN_MEMORY = 256

OVER_SIGNED = (
    b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"sender", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition", b"content-id",
    b"content-description",
)  # fmt: skip
SIGNED = (  # where they are: a list may add its own
    b"resent-date", b"resent-from", b"resent-to", b"resent-cc", b"resent-message-id", b"auto-submitted",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip

Private = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of ours."""

    domain: str
    selector: str
    private: Private

    @property
    def algorithm(self) -> Algorithm:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self.private.sign(digest)


@lru_cache(maxsize=KEYS_IN_MEMORY)
def signing_key(domain: str, selector: str, pem: str) -> SigningKey:
    """The key that was kept as PEM; raises ValueError."""
    private = load_pem_private_key(pem.encode("ascii"), None)
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return SigningKey(domain, selector, private)


def record(private: Private) -> str:
    """What the DNS must say of a key (RFC 6376 §3.6.1, RFC 8463 §4.2)."""
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"
    octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"


def signature(header: Header, body: bytes, key: SigningKey, now_s: int) -> bytes:
    """The field, with its CRLF, to be put on top.  `body` is the SHA-256 of the body's relaxed form."""
    names = names_signed(header)
    tags = [
        "v=1", f"a={key.algorithm}", "c=relaxed/relaxed", f"d={key.domain}", f"s={key.selector}",
        f"t={now_s}", f"x={now_s + EXPIRES_S}",
        "h=" + ":".join(name.decode() for name in names), f"bh={base64.b64encode(body).decode()}", "b=",
    ]  # fmt: skip
    return signed_field(b"DKIM-Signature", tags, signed_octets(header, names, "relaxed"), key)


def names_signed(header: Header) -> tuple[bytes, ...]:
    """What h= lists: each field of the letter that counts, and each of OVER_SIGNED once more."""
    names: list[bytes] = []
    for name in OVER_SIGNED:
        names += [name] * (min(header.count(name), MAX_NAMED) + 1)
    for name in SIGNED:
        names += [name] * min(header.count(name), MAX_NAMED)
    return tuple(names)


def signed_field(name: bytes, tags: Sequence[str], signed: Sequence[bytes], key: SigningKey) -> bytes:
    """A field of these tags, one of which is the empty "b=", with its signature in it, and CRLF at its end."""
    unsigned = folded(name, tags)
    hashed = hashlib.sha256(b"".join(signed))
    hashed.update(field_in("relaxed", name.lower(), unsigned).removesuffix(b"\r\n"))
    before, _, behind = unsigned.partition(OWN_LINE)
    own = in_lines(base64.b64encode(key.sign(hashed.digest())))
    return before + b"\r\n " + own + behind + b"\r\n"


def folded(name: bytes, tags: Sequence[str]) -> bytes:
    """The field in lines: each tag in one, where that is long enough; white space stands where tag lists allow it."""
    lines = [name + b":"]
    for word in (*(tag.encode() + b";" for tag in tags[:-1]), tags[-1].encode()):
        alone = word.startswith(b"b=") or lines[-1].startswith(b" b=")
        if len(lines[-1]) + 1 + len(word) <= MAX_LINE and not alone:
            lines[-1] += b" " + word
        else:
            lines += _lines_of(word)
    return b"\r\n".join(lines)


def _lines_of(word: bytes) -> list[bytes]:
    """A tag in lines of its own, broken behind the colons of its list where it is long."""
    lines = [b" "]
    names = word.split(b":") if word.startswith(b"h=") else [word]
    for part in (*(name + b":" for name in names[:-1]), names[-1]):
        if lines[-1] != b" " and len(lines[-1]) + len(part) > MAX_LINE:
            lines.append(b" ")
        lines[-1] += part
    return lines


def in_lines(octets: bytes) -> bytes:
    """Base64 that begins behind "b=" and goes on in lines of its own."""
    whole = b"b=" + octets
    return b"\r\n ".join(whole[at : at + BASE64_LINE] for at in range(0, len(whole), BASE64_LINE))
