"""The sets of a chain: three fields of one instance each, counted from 1 without a gap (RFC 8617 §4.2)."""

import re
from dataclasses import dataclass
from typing import TypeVar

from pyeonji.message.header import Field, Header
from pyeonji.msgauth.dkim.bodies import MAX_SETS
from pyeonji.msgauth.dkim.canonical import field_in
from pyeonji.msgauth.dkim.tags import NotATagList, tags_of

T = TypeVar("T")

RESULTS = b"arc-authentication-results"
SIGNATURE = b"arc-message-signature"
SEAL = b"arc-seal"
NAMES = (RESULTS, SIGNATURE, SEAL)  # in the order in which they are sealed (RFC 8617 §5.1.1)

INSTANCE = re.compile(r"[1-9][0-9]?\Z")
OF_RESULTS = re.compile(rb"[ \t\r\n]*+i[ \t\r\n]*+=[ \t\r\n]*+([0-9]{1,3})[ \t\r\n]*+;")


class Broken(ValueError):
    """The chain is none; the words say why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A signature or a seal, and what it says."""

    field: Field
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Set:
    """What one hop has added."""

    results: Field
    signature: Part
    seal: Part


def has_chain(header: Header) -> bool:
    """Is there anything of a chain?"""
    return any(header.named(name) for name in NAMES)


def sets_of(header: Header) -> list[Set]:
    """The sets, first hop first; raises Broken (RFC 8617 §5.2, steps 1 and 3)."""
    for name in NAMES:
        if header.count(name) > MAX_SETS:
            raise Broken(f"more than {MAX_SETS} hops")
    results = _numbered([(_instance_of_results(header, field), field) for field in header.named(RESULTS)])
    signatures = _numbered([(_instance(part.tags), part) for part in _parts(header, SIGNATURE)])
    seals = _numbered([(_instance(part.tags), part) for part in _parts(header, SEAL)])
    whole = set(range(1, max(len(results), len(signatures), len(seals)) + 1))
    if not set(results) == set(signatures) == set(seals) == whole:
        raise Broken("a hop lacks one of its three fields")
    return [Set(results[number], signatures[number], seals[number]) for number in sorted(whole)]


def in_form(header: Header, *fields: Field) -> bytes:
    """Fields as a seal covers them."""
    return b"".join(field_in("relaxed", field.name, header.raw(field)) for field in fields)


def _numbered(found: "list[tuple[int, T]]") -> "dict[int, T]":
    numbered = dict(found)
    if len(numbered) < len(found):
        raise Broken("a hop has two fields of one kind")
    return numbered


def _parts(header: Header, name: bytes) -> list[Part]:
    try:
        return [Part(field, tags_of(header.octets[field.value_start : field.end])) for field in header.named(name)]
    except NotATagList as error:
        raise Broken(f"{name.decode()}: {error}") from error


def _instance(tags: dict[str, str]) -> int:
    return _checked(tags.get("i", ""))


def _instance_of_results(header: Header, field: Field) -> int:
    match = OF_RESULTS.match(header.octets, field.value_start, field.end)
    return _checked(match[1].decode() if match else "")


def _checked(text: str) -> int:
    if not INSTANCE.match(text) or int(text) > MAX_SETS:
        raise Broken("i= is no number of a hop")
    return int(text)
