"""Letters that are signed, keys to sign them with, and zones that have these keys."""

import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim.bodies import Bodies, Body
from pyeonji.msgauth.dkim.canonical import field_in
from pyeonji.msgauth.dkim.sign import SigningKey, record, signature
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.proto.dns import answer_from

NOW_S = 1_800_000_000
HEADER = (
    b"From: Kim <kim@sender.test>\r\nTo: lee@here.test\r\nSubject: =?utf-8?b?7JWI64WV?=  again\r\n"
    b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
BODY = "점심 같이  먹자\t.\r\n\r\n두 번째 줄 \r\n\r\n\r\n".encode()
LETTER = HEADER + BODY


@cache
def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ed25519_key():
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def keys(domain="sender.test"):
    return (SigningKey(domain, "r1", rsa_key()), SigningKey(domain, "e1", ed25519_key()))


def zone(*signing_keys):
    return {(f"{k.selector}._domainkey.{k.domain}", "TXT"): (record(k.private),) for k in signing_keys or keys()}


ZONE = zone()


def body_digest(octets, form="relaxed"):
    body = Body(form)
    body.feed(octets)
    body.finish()
    return body.digest().digest


def signed(letter=LETTER, by=None, now_s=NOW_S):
    """The letter with a signature of each of these keys on top."""
    header = parse_header(letter)
    fields = [signature(header, body_digest(letter[header.body :]), key, now_s) for key in by or keys()]
    return b"".join(fields) + letter


TAGS = {
    "v": "1", "a": "ed25519-sha256", "c": "relaxed/relaxed", "d": "sender.test", "s": "e1", "h": "from:to:subject",
    "bh": base64.b64encode(body_digest(BODY)).decode(), "b": "",
}  # fmt: skip


def written(key=None, letter=LETTER, form="relaxed", **changes):
    """A letter with a signature of any tags, correctly signed; None leaves a tag out."""
    tags = {name: value for name, value in ({**TAGS, **changes}).items() if value is not None}
    tags["b"] = tags.pop("b", "")
    header = parse_header(letter)
    names = [name.strip(" \t").lower().encode() for name in tags.get("h", "").split(":")]
    octets, left = b"", {}
    for name in names:
        fields = header.named(name)
        at = left.get(name, len(fields)) - 1
        if at >= 0:
            octets += field_in(form, name, header.raw(fields[at]))
            left[name] = at
    field = b"DKIM-Signature: " + "; ".join(f"{n}={v}" for n, v in tags.items()).encode()
    octets += field_in(form, b"dkim-signature", field).removesuffix(b"\r\n")
    return field + base64.b64encode((key or keys()[1]).sign(hashlib.sha256(octets).digest())) + b"\r\n" + letter


def verified(letter, where=None, now_s=NOW_S, pieces=None):
    """What verification finds; `pieces` is the body as it was cut."""
    header = parse_header(letter)
    bodies = Bodies(header)
    for piece in [letter[header.body :]] if pieces is None else pieces:
        bodies.feed(piece)
    bodies.finish()
    return answer_from(ZONE if where is None else where, verify(header, bodies, now_s))


def results(letter, where=None, now_s=NOW_S):
    return [one.result for one in verified(letter, where, now_s)]
