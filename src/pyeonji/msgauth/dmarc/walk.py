"""Up the tree of names: whose policy holds for a domain, and which organization it belongs to (RFC 9989 §4.10).

RFC 7489 looked the organization up in a list of public suffixes; RFC 9989 asks the DNS instead, and those who run a
public suffix say so in their own record ("psd=y").
"""

from dataclasses import dataclass

from pyeonji.msgauth.dmarc.record import Record, parse_record
from pyeonji.proto.dns import Asking, Question

MAX_QUESTIONS = 8  # of one walk, RFC 9989 §4.10


class CannotTell(Exception):
    """The DNS could not say: nothing is concluded.  The text is the name that was asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record, whose it is, and as it was published."""

    domain: str
    record: Record
    text: str


class Walks:
    """Walks for one letter; no name is asked for twice."""

    def __init__(self) -> None:
        self._known: dict[str, Found | None] = {}

    def record_of(self, domain: str) -> Asking[Found | None]:
        """The one record at this very name; of several none counts.  Raises CannotTell."""
        if domain not in self._known:
            question = Question(f"_dmarc.{domain}", "TXT")
            answer = yield question
            if answer.failed:
                raise CannotTell(question.name)
            read = [(text, record) for text in answer.records if (record := parse_record(text)) is not None]
            self._known[domain] = Found(domain, read[0][1], read[0][0]) if len(read) == 1 else None
        return self._known[domain]

    def walk(self, domain: str) -> Asking[tuple[Found, ...]]:
        """All records from `domain` upwards, up to one that says where the organization ends."""
        found = []
        for target in targets(domain):
            one = yield from self.record_of(target)
            if one is not None:
                found.append(one)
                if one.record.psd != "u":
                    break
        return tuple(found)

    def organization_of(self, domain: str) -> Asking[str]:
        """The organizational domain."""
        return organization(domain, (yield from self.walk(domain)))


def targets(domain: str) -> tuple[str, ...]:
    """The names to ask for, the longest first: a name of more labels than questions is shortened after the first."""
    labels = domain.split(".")
    rest = labels[1:] if len(labels) < MAX_QUESTIONS else labels[1 - MAX_QUESTIONS :]
    return (domain, *(".".join(rest[at:]) for at in range(len(rest))))


def records_wanted(domain: str) -> tuple[Question, ...]:
    """What a walk from `domain` may ask for, for whoever wants to ask it all at once."""
    return tuple(Question(f"_dmarc.{target}", "TXT") for target in targets(domain))


def organization(domain: str, found: tuple[Found, ...]) -> str:
    """Which domain stands for the organization, after a walk that began at `domain` (RFC 9989 §4.10.2)."""
    for one in found:
        if one.record.psd == "n":
            return one.domain
        if one.record.psd == "y" and one.domain != domain:
            return _one_below(one.domain, domain)
    return found[-1].domain if found else domain


def is_within(domain: str, parent: str) -> bool:
    """The same domain, or one below it."""
    return domain == parent or domain.endswith(f".{parent}")


def _one_below(parent: str, domain: str) -> str:
    """The name on the way from `parent` to `domain` that has one label more than `parent`."""
    return ".".join(domain.split(".")[-parent.count(".") - 2 :])
