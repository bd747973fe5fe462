"""One signature as its field says it (RFC 6376 §3.5).  ARC's message signatures are the same but for v= and i=."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pyeonji.address import NotADomain, parse_domain
from pyeonji.message.header import Field, Header
from pyeonji.msgauth.dkim.canonical import Form, field_in
from pyeonji.msgauth.dkim.tags import NotATagList, octets_of, words_of

Algorithm = Literal["rsa-sha256", "ed25519-sha256", "rsa-sha1"]

ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256", "rsa-sha1")
FORMS: tuple[Form, ...] = ("simple", "relaxed")
MAX_NAME = 253  # octets of a name in the DNS
MAX_INSTANT = 999_999_999_999  # seconds: twelve digits are the most (RFC 6376 §3.5, t=)
LDH = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)  # letters, digits, hyphen: nothing a DNS could misread
FIELD_NAME = re.compile(rb"[!-9<-~]+\Z")
NUMBER = re.compile(r"[0-9]{1,12}\Z")
MARK = 8  # characters of b= (RFC 6008 §3)


class Malformed(ValueError):
    """A signature that cannot be looked into; the words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signature says of itself."""

    field: Field
    algorithm: Algorithm
    domain: str  # d=, A-labels in lower case
    selector: str  # s=, likewise
    names: tuple[bytes, ...]  # h=, in lower case
    body_hash: bytes
    octets: bytes  # b=
    header_form: Form
    body_form: Form
    identity: str = ""  # i=, as written
    length: int | None = None  # l=, octets of the body's form that are signed
    made_s: int | None = None  # t=
    expires_s: int | None = None  # x=


def mark_of(tags: Mapping[str, str]) -> str:
    """By what signatures of one letter are told apart (RFC 6008)."""
    return re.sub(r"[ \t]+", "", tags.get("b", ""))[:MARK]


def dkim_signature(field: Field, tags: Mapping[str, str]) -> Signature:
    """Raises Malformed."""
    if tags.get("v") != "1":
        raise Malformed("v= is not 1")
    found = signature_of(field, tags, "simple/simple")
    if not all(FIELD_NAME.match(name) for name in found.names):
        raise Malformed("h= is no list of fields")
    if b"from" not in found.names:
        raise Malformed("From is not signed")
    if "i" in tags and not is_within(tags["i"], found.domain):
        raise Malformed("i= is not within d=")
    return found


def message_signature(field: Field, tags: Mapping[str, str]) -> Signature:
    """An ARC-Message-Signature (RFC 8617 §4.1.2); raises Malformed.

    Laxer than a DKIM-Signature in two things, as the others' validators are: without c= both forms are relaxed, and h=
    may be empty or miss From.  Whom a chain is to be believed depends on its sealers, not on what they cover.
    """
    return signature_of(field, tags, "relaxed/relaxed")


def signature_of(field: Field, tags: Mapping[str, str], forms: str) -> Signature:
    """What DKIM and ARC share; `forms` is c= where there is none.  Raises Malformed."""
    header_form, body_form = _forms(tags.get("c", forms))
    if "dns/txt" not in words_of(tags.get("q", "dns/txt")):
        raise Malformed("q= asks for another way to its key")
    made, expires = instant(tags, "t"), instant(tags, "x")
    if made is not None and expires is not None and expires <= made:
        raise Malformed("x= is not after t=")
    return Signature(
        field=field,
        algorithm=algorithm_of(tags),
        domain=domain_of(required(tags, "d")),
        selector=domain_of(required(tags, "s"), "s"),
        names=_names(tags),
        body_hash=base64_of(tags, "bh"),
        octets=base64_of(tags, "b"),
        header_form=header_form,
        body_form=body_form,
        identity=tags.get("i", ""),
        length=_length(tags),
        made_s=made,
        expires_s=expires,
    )


def required(tags: Mapping[str, str], name: str) -> str:
    if not tags.get(name):
        raise Malformed(f"{name}= is missing")
    return tags[name]


def algorithm_of(tags: Mapping[str, str]) -> Algorithm:
    named = required(tags, "a")
    for known in ALGORITHMS:
        if named == known:
            return known
    raise Malformed("a= is none we know")


def base64_of(tags: Mapping[str, str], name: str) -> bytes:
    try:
        return octets_of(required(tags, name))
    except NotATagList as error:
        raise Malformed(f"{name}= is no base64") from error


def domain_of(text: str, tag: str = "d") -> str:
    """A domain or selector of letters, digits and hyphens, or in U-labels (RFC 8616 §4); raises Malformed (A06)."""
    try:
        domain = parse_domain(text)
    except NotADomain as error:
        raise Malformed(f"{tag}= is no name") from error
    if len(domain) > MAX_NAME or not all(LDH.match(label) for label in domain.split(".")):
        raise Malformed(f"{tag}= is no name")
    return domain


def is_within(identity: str, domain: str) -> bool:
    """Is the domain of i= this one or below it (RFC 6376 §3.5)?"""
    try:
        own = domain_of(identity.rpartition("@")[2]) if "@" in identity else ""
    except Malformed:
        return False
    return own == domain or own.endswith("." + domain)


def instant(tags: Mapping[str, str], name: str) -> int | None:
    """Seconds of t= or x=, None where absent; raises Malformed."""
    if name not in tags:
        return None
    if not NUMBER.match(tags[name]):
        raise Malformed(f"{name}= is no instant")
    return int(tags[name])


def _forms(text: str) -> tuple[Form, Form]:
    header, _, body = text.partition("/")
    for header_form in FORMS:
        for body_form in FORMS:
            if (header, body or "simple") == (header_form, body_form):
                return header_form, body_form
    raise Malformed("c= is none we know")


def _names(tags: Mapping[str, str]) -> tuple[bytes, ...]:
    if "h" not in tags:
        raise Malformed("h= is missing")
    return tuple(name.lower().encode() for name in words_of(tags["h"]))


def _length(tags: Mapping[str, str]) -> int | None:
    """l=: up to 76 digits; what is longer than any letter is as good as another number that is."""
    text = tags.get("l")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 76:
        raise Malformed("l= is no number")
    return int(text)


Forms = dict[tuple[int, Form], bytes]  # fields in their form, by where they begin


def signed_octets(header: Header, names: tuple[bytes, ...], form: Form, forms: Forms | None = None) -> list[bytes]:
    """The fields that are signed, in their form: the last of a name first, and nothing where there is none (§5.4.2).

    `forms` remembers them, where many signatures cover one letter (A09).
    """
    left: dict[bytes, int] = {}
    known = {} if forms is None else forms
    found = []
    for name in names:
        fields = header.named(name)
        at = left.get(name, len(fields)) - 1
        if at >= 0:
            key = (fields[at].start, form)
            if key not in known:
                known[key] = field_in(form, name, header.raw(fields[at]))
            found.append(known[key])
            left[name] = at
    return found
