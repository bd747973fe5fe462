"""Lists of addresses that are asked by DNS: whether somebody else thinks ill, or well, of a peer (RFC 5782).

A list says "listed" with an address in 127.0.0.0/8 whose octets say why.  Everything else it says is no listing: an
address outside (the domain was sold, a resolver lies), 127.255.255.x (the list refuses our resolver).  A list that has
127.0.0.1 on it has everybody on it; it is not believed until that has changed.
"""

import asyncio
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pyeonji.address import NotADomain, parse_domain
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Answer, Asking, Question

CHECKED_US = 3_600 * SECOND_US  # how long it is believed that a list does not list everybody
DEADLINE_S = 4.0  # seconds for all lists of one peer; who has not answered by then says nothing
MAX_WHY = 200  # characters of a list's own words
MAX_WEIGHT = 100
NOBODY = {4: "127.0.0.1", 6: "::ffff:7f00:1"}  # never listed, RFC 5782 §5
ANSWERS = ipaddress.ip_network("127.0.0.0/8")
ERRORS = ipaddress.ip_network("127.255.255.0/24")  # as Spamhaus and others say that they do not answer us
PART = r"(?:\d{1,3}|\[\d{1,3}(?:\.\.\d{1,3})?(?:;\d{1,3}(?:\.\.\d{1,3})?)*\])"
WRITTEN = re.compile(rf"([A-Za-z0-9_.-]+)(?:=({PART}(?:\.{PART}){{3}}))?(?:\*(-?\d{{1,3}}))?\Z")
Part = tuple[range, ...]


class NotAList(ValueError):
    """The setting is no list."""


@dataclass(frozen=True, slots=True)
class DnsList:
    """One list; `only` are the answers that count, each octet as ranges; without it all of 127.0.0.0/8."""

    zone: str
    weight: int = 1  # below zero: those on it are trusted
    only: tuple[Part, ...] = ()

    def counts(self, record: str) -> bool:
        return not self.only or all(
            any(int(octet) in one for one in part) for octet, part in zip(record.split("."), self.only, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A list has the peer on it."""

    zone: str
    records: tuple[str, ...]
    weight: int
    why: str  # in the list's own words, with the place where to ask for removal


@dataclass(frozen=True, slots=True)
class Finding:
    """What one list said; `trouble` when that is not to be believed."""

    hit: Hit | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What all lists said of one peer.  `troubles`: zone and trouble of each that could not be believed."""

    hits: tuple[Hit, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()

    @property
    def score(self) -> int:
        return sum(hit.weight for hit in self.hits)

    @property
    def worst(self) -> Hit:
        return max(self.hits, key=lambda hit: hit.weight)


UNKNOWN = Standing()


def parse_list(text: str) -> DnsList:
    """ "zen.example.org", "zen.example.org=127.0.0.[2..11]*3", "good.example.org*-2"; raises NotAList."""
    match = WRITTEN.match(text)
    if match is None:
        raise NotAList(text)
    weight = int(match[3]) if match[3] else 1
    try:
        zone = parse_domain(match[1].rstrip("."))
    except NotADomain as error:
        raise NotAList(text) from error
    if not weight or abs(weight) > MAX_WEIGHT:
        raise NotAList(text)
    only = tuple(_part(one) for one in re.findall(PART, match[2])) if match[2] else ()
    return DnsList(zone, weight, only)


def _part(text: str) -> Part:
    found = []
    for one in text.strip("[]").split(";"):
        first, dots, last = one.partition("..")
        found.append(range(int(first), int(last if dots else first) + 1))
    return tuple(found)


def name_of(ip: str, zone: str) -> str:
    """The name under which a list has this address (RFC 5782 §2.1, §2.4)."""
    address = ipaddress.ip_address(ip)
    labels = address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    return f"{labels}.{zone}"


def listed(one: DnsList, answer: Answer) -> tuple[tuple[str, ...], str]:
    """The records of an answer that mean "listed", and what is wrong with it, if anything."""
    if answer.failed:
        return (), f"does not answer: {answer.failure}"
    addresses = [ipaddress.ip_address(record) for record in answer.records]
    if strange := [str(address) for address in addresses if address not in ANSWERS]:
        return (), f"says {strange[0]}, which no list says"
    if refusals := [str(address) for address in addresses if address in ERRORS]:
        return (), f"does not answer our resolver: {refusals[0]}"
    return tuple(record for record in answer.records if one.counts(record)), ""


def look_up(one: DnsList, ip: str) -> Asking[Finding]:
    """Whether this list has that address, and why."""
    name = name_of(ip, one.zone)
    records, trouble = listed(one, (yield Question(name, "A")))
    if not records:
        return Finding(trouble=trouble)
    told = yield Question(name, "TXT")
    return Finding(Hit(one.zone, records, one.weight, _harmless(told.records[0] if told.records else "")))


def lists_everybody(one: DnsList, version: int) -> Asking[bool]:
    """Has the list the one address on it that never is (RFC 5782 §5)?"""
    answer = yield Question(name_of(NOBODY[version], one.zone), "A")
    return bool(answer.records)


def standing_of(lists: Iterable[DnsList], ip: str) -> Asking[Standing]:
    """The same as `DnsLists.standing`, one list after the other: for whoever wants to see each question."""
    version = ipaddress.ip_address(ip).version
    found = []
    for one in lists:
        everybody = yield from lists_everybody(one, version)
        finding = yield from look_up(one, ip)
        found.append((one.zone, believed(finding, everybody)))
    return _standing(found)


def believed(finding: Finding, everybody: bool) -> Finding:
    """What a list says of one address, when it may say so of everybody."""
    return Finding(trouble="lists everybody (127.0.0.1)") if finding.hit and everybody else finding


def _standing(found: Iterable[tuple[str, Finding]]) -> Standing:
    found = list(found)
    return Standing(
        tuple(finding.hit for _, finding in found if finding.hit),
        tuple((zone, finding.trouble) for zone, finding in found if finding.trouble),
    )


def _harmless(text: str) -> str:
    """Printable ASCII: it goes into a reply."""
    return "".join(char for char in text[:MAX_WHY] if " " <= char <= "~")


class DnsLists:
    """Asks all lists at once; remembers which of them are not to be believed."""

    def __init__(self, lists: tuple[str, ...], resolver: Resolver, clock: Clock) -> None:
        self._lists = [parse_list(text) for text in lists]
        self._resolver = resolver
        self._clock = clock
        self._checked: dict[tuple[str, int], tuple[int, bool]] = {}  # until when, and whether it lists everybody

    async def standing(self, ip: str) -> Standing:
        """What they say of this address within the deadline.  Never raises."""
        if not self._lists:
            return UNKNOWN
        tasks = [asyncio.ensure_future(self._finding(one, ip)) for one in self._lists]
        _, late = await asyncio.wait(tasks, timeout=DEADLINE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        found = [
            (one.zone, NO_ANSWER if task in late else task.result())
            for one, task in zip(self._lists, tasks, strict=True)
        ]
        return _standing(found)

    async def _finding(self, one: DnsList, ip: str) -> Finding:
        finding, everybody = await asyncio.gather(self._resolver.answer_with(look_up(one, ip)), self._is_off(one, ip))
        return believed(finding, everybody)

    async def _is_off(self, one: DnsList, ip: str) -> bool:
        version = ipaddress.ip_address(ip).version
        until, everybody = self._checked.get((one.zone, version), (0, False))
        if until <= self._clock.now_us():
            everybody = await self._resolver.answer_with(lists_everybody(one, version))
            self._checked[one.zone, version] = (self._clock.now_us() + CHECKED_US, everybody)
        return everybody


NO_ANSWER = Finding(trouble="does not answer: timeout")
