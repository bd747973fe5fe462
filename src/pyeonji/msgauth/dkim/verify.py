"""Who signed a letter, and whether it is still what was signed (RFC 6376 §6.1)."""

import hashlib
import re
from dataclasses import replace

from pyeonji.message.header import Field, Header
from pyeonji.msgauth.dkim.bodies import MAX_SIGNATURES, Bodies
from pyeonji.msgauth.dkim.canonical import field_in
from pyeonji.msgauth.dkim.field import (
    MAX_NAME,
    Forms,
    Malformed,
    Signature,
    dkim_signature,
    domain_of,
    mark_of,
    required,
    signed_octets,
)
from pyeonji.msgauth.dkim.key import PublicKey, Unusable, key_of, name_of
from pyeonji.msgauth.dkim.tags import NotATagList, tags_of
from pyeonji.msgauth.verdict import Dkim
from pyeonji.proto.dns import Asking, Question

MAX_TEXT = 320  # characters of a stranger's tag that are told on
MAX_TOLD = 20  # signatures that are told of; more are nobody's
NAME = b"dkim-signature"
# The tag b= of a field's value.  Tags are parted by ";", which no value holds.
OWN = re.compile(rb"((?:\A|;)[ \t\r\n]*+b[ \t\r\n]*+=)[^;]*+")


def verify(header: Header, bodies: Bodies, now_s: int) -> "Asking[tuple[Dkim, ...]]":
    """Each signature, in the order of the fields.  `bodies` has been fed the whole body."""
    fields = header.named(NAME)[:MAX_TOLD]
    found = []
    for field in fields[:MAX_SIGNATURES]:
        found.append((yield from _verified(header, field, bodies, now_s)))
    too_many = Dkim(result="neutral", why=f"more than {MAX_SIGNATURES} signatures are not looked into")
    return (*found, *(too_many for _ in fields[MAX_SIGNATURES:]))


def keys_wanted(header: Header) -> tuple[Question, ...]:
    """The keys that `verify` will ask for one after the other, for whoever wants to ask for all of them at once."""
    fields = header.named(NAME)[:MAX_SIGNATURES]
    found = (signed_by(header, field) for field in fields) if len(fields) > 1 else ()
    return tuple(dict.fromkeys(Question(name, "TXT") for name in found if 0 < len(name) <= MAX_NAME))


def signed_by(header: Header, field: Field) -> str:
    """Where the key of a signature is; "" where the field does not say it."""
    try:
        tags = tags_of(header.octets[field.value_start : field.end])
        return name_of(domain_of(required(tags, "s"), "s"), domain_of(required(tags, "d")))
    except (NotATagList, Malformed):
        return ""


def _verified(header: Header, field: Field, bodies: Bodies, now_s: int) -> "Asking[Dkim]":
    """One signature, whatever stands in its field."""
    found = Dkim(result="permerror")
    try:
        tags = tags_of(header.octets[field.value_start : field.end])
        found = _told(found, tags)
        signature = dkim_signature(field, tags)
        if signature.algorithm == "rsa-sha1":
            raise Unusable("fail", "SHA-1 proves nothing any more")  # RFC 8301 §3.1
        if signature.expires_s is not None and signature.expires_s < now_s:
            raise Unusable("fail", "it has expired")
        key = yield from key_of(signature.selector, signature.domain, signature.algorithm)
        found = replace(found, bits=key.bits, testing=key.testing)
        return _compared(found, header, signature, bodies, key)
    except (NotATagList, Malformed) as error:
        return replace(found, why=str(error))
    except Unusable as error:
        return replace(found, result=error.result, why=error.why)


def _compared(found: Dkim, header: Header, signature: Signature, bodies: Bodies, key: PublicKey) -> Dkim:
    if key.strict and signature.identity and domain_of(signature.identity.rpartition("@")[2]) != signature.domain:
        raise Unusable("permerror", "its key is not for domains below d=")
    digest = bodies.digest(signature.body_form, signature.length)
    if digest is None:
        raise Unusable("permerror", "l= is longer than the body")
    if digest.digest != signature.body_hash:
        raise Unusable("fail", "the body was changed")
    if not key.good_for(signature.octets, header_digest(header, signature, bodies.forms)):
        raise Unusable("fail", "the header was changed, or the key is another")
    if signature.length is not None and signature.length < digest.length:
        # Anybody may have put anything behind what was signed (A05).
        raise Unusable("policy", f"only {signature.length} of {digest.length} octets of the body are signed")
    return replace(found, result="pass")


def header_digest(header: Header, signature: Signature, forms: Forms) -> bytes:
    """SHA-256 of what is signed: the fields, and the signature's own without its b= (RFC 6376 §3.7)."""
    signed = hashlib.sha256()
    for octets in signed_octets(header, signature.names, signature.header_form, forms):
        signed.update(octets)
    signed.update(without_own(header, signature.field, signature.header_form == "relaxed"))
    return signed.digest()


def without_own(header: Header, field: Field, relaxed: bool) -> bytes:
    """A signature's field with an empty b=, in its form, without CRLF at its end."""
    value = OWN.sub(rb"\1", header.octets[field.value_start : field.end].rstrip(b"\r\n"), count=1)
    raw = header.octets[field.start : field.value_start] + value
    return field_in("relaxed" if relaxed else "simple", field.name, raw).removesuffix(b"\r\n")


def _told(found: Dkim, tags: dict[str, str]) -> Dkim:
    """What can be told of a signature even if it is no good."""
    try:
        domain = domain_of(tags.get("d", ""))
    except Malformed:
        domain = ""
    try:
        selector = domain_of(tags.get("s", ""))
    except Malformed:
        selector = ""
    return replace(
        found,
        domain=domain,
        selector=selector,
        identity=tags.get("i", "")[:MAX_TEXT],
        algorithm=tags.get("a", "")[:MAX_TEXT],
        mark=mark_of(tags),
    )
