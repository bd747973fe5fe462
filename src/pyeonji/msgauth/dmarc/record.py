"""The record in which a domain says what it wants done with letters that only pretend to be its own (RFC 9989 §4.7).

RFC 7489, which RFC 9989 replaces, had more tags: pct, rf and ri are read past, and so is the "!10m" behind a reporting
address.  A missing "p" is no error any more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from pyeonji.msgauth.verdict import Policy

Psd = Literal["y", "n", "u"]
V = TypeVar("V", bound=str)

MAX_RECORD = 4_096  # octets read of one record; ours: real ones stay below 1 KiB
MAX_URIS = 20  # of one tag; ours

VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")  # RFC 9989 §4.8: the value is case-sensitive
TAG = re.compile(r"[ \t]*([A-Za-z]+)[ \t]*=[ \t]*([ -:<-~]*?)[ \t]*\Z")
URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):([!-+\--~]+)\Z")  # RFC 3986 §3, without the comma that ends it here
OLD_SIZE = re.compile(r"![0-9]+[kmgtKMGT]?\Z")  # obs-dmarc-report-size, RFC 9989 §4.8: to be ignored
POLICIES = ("none", "quarantine", "reject")
FAILURE_OPTIONS = frozenset("01ds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One DMARC record.  What could not be read is as if it were not there; `mistakes` names it."""

    policy: Policy = "none"  # p
    subdomains: Policy | None = None  # sp
    missing: Policy | None = None  # np: subdomains that do not exist
    psd: Psd = "u"
    testing: bool = False  # t
    strict_dkim: bool = False  # adkim
    strict_spf: bool = False  # aspf
    reports_to: tuple[str, ...] = ()  # rua: URIs
    failures_to: tuple[str, ...] = ()  # ruf
    failure_options: str = "0"  # fo, as published
    mistakes: tuple[str, ...] = ()
    applies: bool = True  # False: no DMARC for this letter (RFC 9989 §4.10.1)

    def policy_for(self, *, subdomain: bool, exists: bool = True) -> Policy:
        """What is wanted for the domain of the record, or for one below it (RFC 9989 §4.10.1)."""
        if not subdomain:
            return self.policy
        if not exists and self.missing is not None:
            return self.missing
        return self.policy if self.subdomains is None else self.subdomains


def parse_record(text: str) -> Record | None:
    """The record in a TXT of `_dmarc.DOMAIN`; None where it is none of DMARC's."""
    text = text[:MAX_RECORD]
    version = VERSION.match(text)
    if version is None:
        return None
    tags = _Tags(text[version.end() :])
    policies = {name: tags.choice(name, POLICIES) for name in ("p", "sp", "np")}
    reports_to = tags.uris("rua")
    usable = policies["p"] is not None and all(policies[name] or name not in tags for name in ("sp", "np"))
    known = cast("dict[str, Policy | None]", policies if usable else dict.fromkeys(policies))
    return Record(
        policy=known["p"] or "none",
        subdomains=known["sp"],
        missing=known["np"],
        psd=cast("Psd", tags.choice("psd", ("y", "n", "u")) or "u"),
        testing=tags.choice("t", ("y", "n")) == "y",
        strict_dkim=tags.choice("adkim", ("r", "s")) == "s",
        strict_spf=tags.choice("aspf", ("r", "s")) == "s",
        reports_to=reports_to,
        failures_to=tags.uris("ruf"),
        failure_options=tags.failure_options(),
        mistakes=tuple(tags.mistakes),
        applies=usable or bool(reports_to),
    )


class _Tags:
    """The tags behind the version.  Of two of one name the first counts."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[str] = []
        self._values: dict[str, str] = {}
        for part in text.split(";"):
            match = TAG.match(part)
            if match is None:
                if part.strip():
                    self.mistakes.append(part.strip())
            elif match[1].lower() in self._values:
                self.mistakes.append(f"{match[1]} twice")
            else:
                self._values[match[1].lower()] = match[2]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def choice(self, name: str, of: tuple[str, ...]) -> str | None:
        """One of these words, in whatever case."""
        value = self._values.get(name)
        if value is not None and value.lower() not in of:
            self.mistakes.append(f"{name}={value}")
            return None
        return None if value is None else value.lower()

    def uris(self, name: str) -> tuple[str, ...]:
        return tuple(self._uris(name))[:MAX_URIS]

    def _uris(self, name: str) -> Iterator[str]:
        for part in self._values.get(name, "").split(","):
            text = OLD_SIZE.sub("", part.strip())
            match = URI.match(text)
            if match is not None and (match[1].lower() != "mailto" or "@" in match[2]):
                yield text
            elif text:
                self.mistakes.append(f"{name}={text}")

    def failure_options(self) -> str:
        """The options about single failures; RFC 9989 §4.7 has 0 and 1 exclude each other, and each only once."""
        value = self._values.get("fo", "0").lower()
        options = value.split(":")
        if len(set(options)) == len(options) and set(options) <= FAILURE_OPTIONS and not {"0", "1"} <= set(options):
            return value
        self.mistakes.append(f"fo={value}")
        return "0"
