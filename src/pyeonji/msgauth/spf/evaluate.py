"""check_host() of RFC 7208 §4: asks, and comes to one of seven results.

What a record's owner can make us do is bounded: ten terms that ask, with ten addresses of exchanges each, two questions
that lead nowhere, 16 more for names of the address and for an explanation.  How long that may take is the driver's
concern (RFC 7208 §4.6.4: 20 seconds at least, then "temperror").
"""

import ipaddress
from dataclasses import dataclass, field, replace

from pyeonji.address import NotADomain, parse_domain
from pyeonji.msgauth.spf.macro import NotAMacro, Pieces, explain_string, letters_of, name_from, text_from
from pyeonji.msgauth.spf.record import MAX_RECORD, Directive, NotARecord, Record, parse_record, records_in
from pyeonji.msgauth.verdict import Spf, SpfResult
from pyeonji.proto.dns import Answer, Asking, Kind, Question

MAX_LOOKUPS = 10  # terms that ask the DNS (RFC 7208 §4.6.4)
MAX_VOID = 2  # questions of a record that lead nowhere (RFC 7208 §4.6.4)
MAX_EXCHANGES = 10  # of one "mx" (RFC 7208 §4.6.4)
MAX_NAMES = 10  # of the address, whose own addresses are asked for (RFC 7208 §4.6.4)
MAX_ADDRESSES = 256  # of one name that are compared; ours: nobody sends from more under one name
MAX_LABEL = 63  # octets (RFC 1035 §2.3.4)
MAX_DOMAIN = 253  # characters

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Stop(Exception):
    """No conclusion can be drawn."""

    def __init__(self, result: SpfResult, why: str) -> None:
        super().__init__(why)
        self.result = result
        self.why = why


def check(ip: str, reverse_path: str, hello: str, receiver: str, now_s: int) -> "Asking[Spf]":
    """May `ip` send with this envelope?

    `reverse_path` is "local@domain"; "" is the null path, for which `hello` stands (RFC 7208 §2.4).  `receiver` is our
    own name and `now_s` the instant, in seconds since 1970: explanations may want them.
    """
    local_part, _, told = reverse_path.rpartition("@") if reverse_path else ("", "", hello)
    domain = checkable(told)
    blank = Spf(result="none", domain=domain or told[:MAX_DOMAIN], scope="mfrom" if reverse_path else "helo")
    if not domain:
        return replace(blank, why="it is no domain name of two labels or more")
    asked = _Check(mapped(ip), local_part or "postmaster", domain, hello, receiver, now_s)
    try:
        found = yield from asked.judge(domain)
    except Stop as stop:
        return replace(blank, result=stop.result, mechanism=asked.at, why=stop.why)
    if found is None:
        return replace(blank, why=f"{domain} has no SPF record")
    explanation = (yield from asked.explained(found)) if found.result == "fail" else ""
    why = "" if found.result == "pass" else found.why
    return replace(blank, result=found.result, mechanism=found.mechanism, explanation=explanation, why=why)


def mapped(ip: str) -> Ip:
    """The address a peer has: an IPv4 address that came in an IPv6 one is IPv4 (RFC 7208 §5)."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def checkable(text: str) -> str:
    """The name in A-labels and lower case; "" if nobody can be asked about it (RFC 7208 §4.3)."""
    if not text.isascii():
        try:
            text = parse_domain(text)
        except NotADomain:
            return ""
    name = text.removesuffix(".").lower()
    return name if "." in name and askable(name) else ""


def askable(name: str) -> bool:
    """Can the DNS be asked for it?"""
    labels = name.split(".")
    return len(name) <= MAX_DOMAIN and name.isascii() and all(0 < len(label) <= MAX_LABEL for label in labels)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one record says of the address."""

    result: SpfResult
    mechanism: str
    domain: str  # whose record it is
    explanation: Pieces = ()

    @property
    def why(self) -> str:
        if self.mechanism:
            return f"{self.mechanism[:80]} of {self.domain}"
        return f"nothing in the record of {self.domain} matches"


@dataclass(slots=True)
class _Check:
    """One evaluation, with what it has used up of its limits."""

    ip: Ip
    local_part: str
    origin: str  # domain of the identity
    hello: str
    receiver: str
    now_s: int
    lookups: int = 0
    void: int = 0
    at: str = ""  # the term that is looked at
    names: tuple[str, ...] | None = field(default=None)  # of the address, validated; None: not asked so far

    @property
    def kind(self) -> Kind:
        return "A" if self.ip.version == 4 else "AAAA"

    def judge(self, domain: str) -> "Asking[_Found | None]":
        """What the record of `domain` says; None if it has none.  Raises Stop."""
        record = yield from self._record(domain)
        if record is None:
            return None
        for directive in record.directives:
            self.at = directive.text
            if (yield from self._matches(directive, domain)):
                return _Found(directive.result, directive.text, domain, record.explanation)
        self.at = ""
        if not record.redirect:
            return _Found("neutral", "", domain)
        self._count_lookup()
        target = yield from self._name(record.redirect, domain)
        found = (yield from self.judge(target)) if checkable(target) else None
        if found is None:
            raise Stop("permerror", f"{domain} redirects to {target}, which has no SPF record")
        return found

    def _record(self, domain: str) -> "Asking[Record | None]":
        answer = yield Question(domain, "TXT")
        self._believe(answer, domain)
        texts = records_in(answer.records)
        if len(texts) > 1:
            raise Stop("permerror", f"{domain} has {len(texts)} SPF records")
        try:
            return parse_record(texts[0]) if texts else None
        except NotARecord as error:
            raise Stop("permerror", f"the record of {domain} cannot be read: {error}") from error

    def _matches(self, directive: Directive, domain: str) -> "Asking[bool]":
        if directive.name == "all":
            return True
        if directive.network is not None:
            return self.ip.version == directive.network.version and self.ip in directive.network
        self._count_lookup()
        if not self._said_in_ascii(directive.target):
            return False
        target = yield from self._name(directive.target, domain)
        if directive.name == "include":
            return (yield from self._includes(target, domain))
        if not askable(target):
            return False  # RFC 7208 §4.8 leaves it open; a name that cannot be is nobody's
        if directive.name == "ptr":
            return any(_within(name, target) for name in (yield from self._names()))
        if directive.name == "exists":
            return bool((yield from self._asked(target, "A")))
        if directive.name == "a":
            return (yield from self._is_at(target, directive))
        return (yield from self._is_exchange(target, directive))

    def _includes(self, target: str, domain: str) -> "Asking[bool]":
        """The table of RFC 7208 §5.2."""
        term = self.at
        found = (yield from self.judge(target)) if checkable(target) else None
        self.at = term
        if found is None:
            raise Stop("permerror", f"{domain} includes {target}, which has no SPF record")
        return found.result == "pass"

    def _is_exchange(self, target: str, directive: Directive) -> "Asking[bool]":
        exchanges = yield from self._asked(target, "MX")
        if len(exchanges) > MAX_EXCHANGES:
            raise Stop("permerror", f"{target} has more than {MAX_EXCHANGES} exchanges")
        for exchange in exchanges:
            name = exchange.partition(" ")[2].removesuffix(".").lower()
            if askable(name) and (yield from self._is_at(name, directive)):
                return True
        return False

    def _is_at(self, name: str, directive: Directive) -> "Asking[bool]":
        addresses = yield from self._asked(name, self.kind)
        return any(self._near(address, directive) for address in addresses[:MAX_ADDRESSES])

    def _near(self, text: str, directive: Directive) -> bool:
        """Does the address agree with ours in the bits that count?"""
        other = _address(text)
        if other is None or other.version != self.ip.version:
            return False
        free = 32 - directive.prefix4 if self.ip.version == 4 else 128 - directive.prefix6
        return int(other) >> free == int(self.ip) >> free

    def _asked(self, name: str, kind: Kind) -> "Asking[tuple[str, ...]]":
        """The records there are; those that are not there are counted (RFC 7208 §4.6.4)."""
        answer = yield Question(name, kind)
        self._believe(answer, name)
        if not answer.records:
            self.void += 1
            if self.void > MAX_VOID:
                raise Stop("permerror", f"more than {MAX_VOID} of its questions lead nowhere")
        return answer.records

    def _names(self) -> "Asking[tuple[str, ...]]":
        """Names of the address that lead back to it (RFC 7208 §5.5).  Whose they are is its owner's word, not the
        record's: nothing that goes wrong here counts."""
        if self.names is None:
            answer = yield Question(self.ip.reverse_pointer, "PTR")
            found = []
            for name in answer.records[:MAX_NAMES]:
                name = name.removesuffix(".").lower()
                if askable(name):
                    back = yield Question(name, self.kind)
                    if any(_address(text) == self.ip for text in back.records[:MAX_ADDRESSES]):
                        found.append(name)
            self.names = tuple(found)
        return self.names

    def _name(self, pieces: Pieces, domain: str) -> "Asking[str]":
        """The target-name: in lower case, as questions are."""
        if not pieces:
            return domain
        if "p" in letters_of(pieces):
            self._count_lookup()
        values = yield from self._values(pieces, domain)
        # A backslash would be read as the beginning of an escape (RFC 1035 §5.1).
        return name_from(pieces, values).lower().replace("\\", "\\\\")

    def _values(self, pieces: Pieces, domain: str) -> "Asking[dict[str, str]]":
        """What the letters stand for (RFC 7208 §7.2)."""
        values = {
            "s": f"{self.local_part}@{self.origin}",
            "l": self.local_part,
            "o": self.origin,
            "d": domain,
            "i": _dotted(self.ip),
            "c": str(self.ip),
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.hello,
            "r": self.receiver,
            "t": str(self.now_s),
        }
        if "p" in letters_of(pieces):
            names = yield from self._names()
            nearest = sorted((name for name in names if _within(name, domain)), key=lambda name: name != domain)
            values["p"] = (*nearest, *names, "unknown")[0]
        return values

    def explained(self, found: _Found) -> "Asking[str]":
        """What the owner of the record says to a fail: a stranger's words, or none (RFC 7208 §6.2)."""
        if not found.explanation:
            return ""
        name = yield from self._explanation_name(found)
        if not askable(name):
            return ""
        answer = yield Question(name, "TXT")
        if len(answer.records) != 1:
            return ""
        try:
            pieces = explain_string(answer.records[0][:MAX_RECORD])
        except NotAMacro:
            return ""
        text = text_from(pieces, (yield from self._values(pieces, found.domain)))
        return text if text.isascii() and text.isprintable() else ""

    def _explanation_name(self, found: _Found) -> "Asking[str]":
        try:
            return (yield from self._name(found.explanation, found.domain))
        except Stop:  # a %{p} beyond the limit spoils the words, not the result
            return ""

    def _said_in_ascii(self, pieces: Pieces) -> bool:
        """A term that wants a local part outside ASCII never matches (RFC 8616 §4)."""
        return self.local_part.isascii() or not letters_of(pieces) & {"s", "l"}

    def _count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise Stop("permerror", f"{MAX_LOOKUPS} look-ups are the most")

    @staticmethod
    def _believe(answer: Answer, name: str) -> None:
        if answer.failed:
            raise Stop("temperror", f"nobody could say what {name} has: {answer.failure}")


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _address(text: str) -> Ip | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _dotted(ip: Ip) -> str:
    """As %{i} has it: an IPv6 address in its 32 digits, in capitals as the published suite has them."""
    return str(ip) if ip.version == 4 else ".".join(f"{int(ip):032X}")
