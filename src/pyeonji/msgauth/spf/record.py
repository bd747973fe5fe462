"""One SPF record, read as a whole before anything of it is done (RFC 7208 §4.5, §4.6, §5.6)."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from pyeonji.msgauth.spf.macro import NotAMacro, Pieces, domain_spec, macro_string
from pyeonji.msgauth.verdict import SpfResult

MAX_RECORD = 8_192  # characters; ours: RFC 7208 §3.4 asks to stay below 450, lists of networks have reached 2,000
VERSION = "v=spf1"

Name = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
QUALIFIERS: dict[str, SpfResult] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

modifier = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z")
directive = re.compile(r"([-+?~]?)([A-Za-z][A-Za-z0-9]*)(.*)\Z")
# An IPv4 and an IPv6 prefix length at the end of a term.
dual_cidr = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z", re.ASCII)
LENGTHS = 8  # characters of "/32//128"
cidr = re.compile(r"(0|[1-9][0-9]{0,2})\Z", re.ASCII)


class NotARecord(ValueError):
    """The record breaks the grammar; the words say how."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism and the result when it matches."""

    text: str  # as published
    result: SpfResult
    name: Name
    target: Pieces = ()  # the domain-spec; () where the domain itself is meant
    prefix4: int = 32  # bits that are compared
    prefix6: int = 128
    network: Network | None = None  # of ip4 and ip6


@dataclass(frozen=True, slots=True)
class Record:
    """All of a record: directives in order, and the two modifiers that mean something."""

    directives: tuple[Directive, ...]
    redirect: Pieces = ()
    explanation: Pieces = ()


def records_in(texts: tuple[str, ...]) -> list[str]:
    """Those of a name's TXT records that are SPF records.  Any case will do."""
    return [text for text in texts if text[: len(VERSION) + 1].rstrip(" ").lower() == VERSION]


def parse_record(text: str) -> Record:
    """Raises NotARecord for anything that is wrong anywhere."""
    if len(text) > MAX_RECORD:
        raise NotARecord(f"it has more than {MAX_RECORD} characters")
    directives: list[Directive] = []
    modifiers: dict[str, Pieces] = {}
    for term in text[len(VERSION) :].split(" "):
        if not term:
            continue
        try:
            if found := modifier.match(term):
                _modify(modifiers, found[1].lower(), found[2])
            elif found := directive.match(term):
                directives.append(_directive(term, *found.groups()))
            else:
                raise NotARecord(f"{term[:40]!r} is no term")
        except (NotAMacro, ValueError) as error:
            raise NotARecord(str(error)) from error
    return Record(tuple(directives), modifiers.get("redirect", ()), modifiers.get("exp", ()))


def _modify(modifiers: dict[str, Pieces], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        macro_string(value)  # nobody knows what it means, but it has to be well written
        return
    if name in modifiers:
        raise NotARecord(f"{name}= comes twice")
    modifiers[name] = domain_spec(value)


def _directive(term: str, qualifier: str, name: str, rest: str) -> Directive:
    result, name = QUALIFIERS[qualifier], name.lower()
    if name == "all" and not rest:
        return Directive(term, result, "all")
    if name in ("include", "exists") and rest.startswith(":"):
        return Directive(term, result, name, domain_spec(rest[1:]))  # type: ignore[arg-type]
    if name == "ptr" and (not rest or rest.startswith(":")):
        return Directive(term, result, "ptr", domain_spec(rest[1:]) if rest else ())
    if name in ("a", "mx") and (not rest or rest[0] in ":/"):
        target, prefix4, prefix6 = _with_lengths(rest)
        return Directive(term, result, name, target, prefix4, prefix6)  # type: ignore[arg-type]
    if name in ("ip4", "ip6") and rest.startswith(":"):
        return Directive(term, result, name, network=_network(name, rest[1:]))  # type: ignore[arg-type]
    raise NotARecord(f"{term[:40]!r} is no mechanism")


def _with_lengths(rest: str) -> tuple[Pieces, int, int]:
    """The name and the prefix lengths of "a" and "mx"."""
    # A search would try each place of a long term; the lengths take eight characters at most.
    found = dual_cidr.search(rest, max(0, len(rest) - LENGTHS))
    assert found is not None  # it matches the end of anything
    prefix4, prefix6 = (int(text or most) for text, most in zip(found.groups(), (32, 128), strict=True))
    if prefix4 > 32 or prefix6 > 128:
        raise NotARecord(f"{rest[:40]!r} has a prefix that is too long")
    target = rest[: found.start()]
    if target and not target.startswith(":"):
        raise NotARecord(f"{rest[:40]!r} is no prefix")
    return domain_spec(target[1:]) if target else (), prefix4, prefix6


def _network(name: str, text: str) -> Network:
    address, slash, length = text.partition("/")
    if "%" in address or (slash and not cidr.match(length)):
        raise NotARecord(f"{text[:50]!r} is no network")
    make = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
    try:
        return make(f"{address}/{length}" if slash else address, strict=False)
    except ValueError as error:
        raise NotARecord(f"{text[:50]!r} is no network") from error
