"""DANE for SMTP (RFC 7672): what a host's TLSA records say of the certificate it will show.

Only answers that a validating resolver vouches for count, from the MX over the addresses to the TLSA records; whether
there is such a resolver is `net.resolver`'s to know.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyeonji.proto.dns import Answer, Asking, Question
from pyeonji.relay.hops import Host

State = Literal["none", "records", "unusable", "failed"]

TA, EE = 2, 3  # usages of RFC 7218 that count for SMTP; 0 and 1 do not (RFC 7672 §3.1.3)
SPKI = 1  # selector: the public key alone; 0 is the whole certificate
DIGESTS = {1: "sha256", 2: "sha512"}  # matching types, weakest first; 0 is the thing itself
MAX_RECORDS = 100  # of one name that are looked at; ours
MAX_DATA = 16 * 1024  # octets of one record
SHAPE = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3}) ([0-9a-fA-F ]+)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tlsa:
    """RFC 6698 §2.1."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def is_usable(self) -> bool:
        """RFC 7672 §3.1: can we compare a certificate with it?"""
        if self.usage not in (TA, EE) or self.selector not in (0, SPKI):
            return False
        name = DIGESTS.get(self.matching)
        if name is None:
            return self.matching == 0 and bool(self.data)
        return len(self.data) == hashlib.new(name).digest_size

    def matches(self, thing: bytes) -> bool:
        """`thing`: the certificate, or its public key, in DER."""
        name = DIGESTS.get(self.matching)
        return self.data == (thing if name is None else hashlib.new(name, thing).digest())


@dataclass(frozen=True, slots=True)
class Dane:
    """What the DNS says of one host.  `base` is the name the records were found at (RFC 7672 §2.2.3)."""

    state: State = "none"
    base: str = ""
    records: tuple[Tlsa, ...] = ()
    why: str = ""


def dane_of(host: Host, port: int, *, secure_route: bool) -> Asking[Dane]:
    """`secure_route`: the answer that named this host is vouched for, or nobody had to name it (RFC 7672 §2.1).

    Where the addresses are not vouched for, nothing is asked: name servers of such zones may not even answer (§2.1.2).
    """
    if not secure_route or not host.authentic:
        return Dane(why="the DNS vouches for neither" if not secure_route else "the DNS does not vouch for its address")
    for name in dict.fromkeys(filter(None, (host.canonical, host.name))):
        answer = yield Question(f"_{port}._tcp.{name}", "TLSA")
        if answer.failed:
            return Dane("failed", name, why=f"the DNS does not say what its certificate is ({answer.failure})")
        if answer.authentic and answer.records:
            return found_at(name, answer)
    return Dane(why="it has no TLSA records")


def found_at(name: str, answer: Answer) -> Dane:
    usable = strongest([record for record in parsed(answer.records) if record.is_usable])
    if not usable:
        return Dane("unusable", name, why="none of its TLSA records can be used")
    return Dane("records", name, usable, f"{len(usable)} TLSA records")


def parsed(records: Sequence[str]) -> list[Tlsa]:
    """Records in presentation form ("3 1 1 2bb1..."); what is none is left out."""
    found = []
    for text in records[:MAX_RECORDS]:
        shape = SHAPE.match(text)
        digits = shape[4].replace(" ", "") if shape else ""
        if shape is not None and len(digits) % 2 == 0 and len(digits) <= 2 * MAX_DATA:
            found.append(Tlsa(int(shape[1]), int(shape[2]), int(shape[3]), bytes.fromhex(digits)))
    return found


def strongest(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    """Of each usage and selector only the strongest digest counts, and what is no digest (RFC 7671 §9)."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        if record.matching in DIGESTS:
            key = (record.usage, record.selector)
            best[key] = max(record.matching, best.get(key, 0))
    return tuple(r for r in records if r.matching not in DIGESTS or r.matching == best[r.usage, r.selector])
