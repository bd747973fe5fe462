"""MTA-STS (RFC 8461): the record that says a policy is there, the policy, and which hosts it allows.

Everything here is pure: what is asked for is asked by `known_policy`, what is fetched is fetched in `policies`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyeonji.address import NotADomain, parse_domain
from pyeonji.proto.dns import Asking, Question
from pyeonji.relay.trust.settings import StsSettings

Mode = Literal["enforce", "testing", "none"]

VERSION = "STSv1"
MAX_AGE_S = 31_557_600  # seconds, RFC 8461 §3.2
MAX_MX = 100  # patterns of one policy that are read; ours
PATH = "/.well-known/mta-sts.txt"

# RFC 8461 §3.1: v=STSv1 first, exactly so; fields parted by ";" and white space, the last ";" may be left out.
FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})=([!-:<>-~]+)\Z", re.ASCII)
ID = re.compile(r"[A-Za-z0-9]{1,32}\Z", re.ASCII)
# RFC 8461 §3.2: lines of "name: value".
LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*\Z", re.DOTALL)
AGE = re.compile(r"[0-9]{1,10}\Z", re.ASCII)


class NoPolicy(ValueError):
    """The text is no policy; it says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks of those who send to it."""

    domain: str
    mode: Mode
    max_age: int  # seconds
    mx: tuple[str, ...]  # patterns, lower case, A-labels: "mx.example.com", "*.example.com"

    def allows(self, host: str) -> bool:
        """RFC 8461 §4.1: "*." stands for exactly one label."""
        parent = host.partition(".")[2]
        return host in self.mx or (bool(parent) and f"*.{parent}" in self.mx)

    @property
    def lines(self) -> tuple[str, ...]:
        """As written in a policy."""
        return (
            f"version: {VERSION}",
            f"mode: {self.mode}",
            *(f"mx: {pattern}" for pattern in self.mx),
            f"max_age: {self.max_age}",
        )

    @property
    def text(self) -> str:
        """RFC 8461 §3.2."""
        return "".join(f"{line}\r\n" for line in self.lines)


def policy_id(domain: str) -> Asking[str]:
    """The id of the policy that a domain publishes now; "" for none, or when nobody could say (RFC 8461 §3.1)."""
    answer = yield record_of(domain)
    return id_in(answer.records)


def record_of(domain: str) -> Question:
    """Where it is published."""
    return Question(f"_mta-sts.{domain}", "TXT")


def id_in(records: Sequence[str]) -> str:
    """The id in the TXT records of a domain.  Two policy records are as good as none."""
    found = [record for record in records if re.match(rf"v={VERSION}[ \t]*(;|\Z)", record)]
    if len(found) != 1:
        return ""
    given: dict[str, str] = {}
    for text in found[0].split(";")[1:]:
        field = FIELD.match(text.strip(" \t"))
        if field is not None:
            given.setdefault(field[1], field[2])
        elif text.strip(" \t"):
            return ""
    number = given.get("id", "")
    return number if ID.match(number) else ""


def url_of(domain: str) -> str:
    """Where its policy lies, RFC 8461 §3.3."""
    return f"https://mta-sts.{domain}{PATH}"


def parsed(domain: str, text: str) -> Policy:
    """A policy as fetched; raises NoPolicy.  Unknown names are left out; of repeated ones the first counts."""
    given: dict[str, str] = {}
    mx: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip(" \t"):
            continue
        found = LINE.match(line)
        if found is None:
            raise NoPolicy(f"a line is not of the form name: value: {line[:40]!r}")
        if found[1] == "mx":
            mx.append(pattern(found[2]))
        else:
            given.setdefault(found[1], found[2])
    return _checked(domain, given, mx)


def pattern(text: str) -> str:
    """A pattern of hosts in A-labels; raises NoPolicy."""
    star = "*." if text.startswith("*.") else ""
    try:
        return star + parse_domain(text.removeprefix("*.").removesuffix("."))
    except NotADomain as error:
        raise NoPolicy(f"no pattern of host names: {text[:80]!r}") from error


def published(domain: str, settings: StsSettings, hostname: str) -> str:
    """The policy of a domain here; "" where none is to be published."""
    if settings.mode == "off":
        return ""
    given = {"version": VERSION, "mode": settings.mode, "max_age": str(round(settings.max_age.total_seconds()))}
    return _checked(domain, given, [pattern(name) for name in settings.mx or (hostname,)]).text


def _checked(domain: str, given: dict[str, str], mx: list[str]) -> Policy:
    mode, age = given.get("mode", ""), given.get("max_age", "")
    if given.get("version") != VERSION:
        raise NoPolicy(f"the version is not {VERSION}")
    if mode not in ("enforce", "testing", "none"):
        raise NoPolicy(f"no such mode: {mode[:40]!r}")
    if not AGE.match(age) or int(age) > MAX_AGE_S:
        raise NoPolicy(f"no good max_age: {age[:40]!r}")
    if not mx and mode != "none":
        raise NoPolicy("no mx is named")
    if len(mx) > MAX_MX:
        raise NoPolicy(f"more than {MAX_MX} hosts are named")
    known: Mode = "enforce" if mode == "enforce" else "testing" if mode == "testing" else "none"
    return Policy(domain, known, int(age), tuple(mx))
