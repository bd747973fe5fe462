"""Questions to the DNS and their answers, as values.

Rules that need the DNS in their middle (routing, SPF, DKIM) are generators that yield a Question and get an Answer.
They stay pure: a test answers from a dict, `net.resolver` answers from the network.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")

Kind = Literal["A", "AAAA", "MX", "TXT", "PTR", "CNAME", "NS", "SOA", "SRV", "CAA", "TLSA"]


@dataclass(frozen=True, slots=True)
class Question:
    """One name, one kind of record.  Names are A-labels in lower case, without the final dot."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the DNS said.

    `records` are in presentation form: an address, "10 mx.example.com" for an MX ("0 ." is the null MX), the joined
    strings of a TXT, "0 1 993 imap.example.com" for an SRV ("0 0 0 ." is none).

    Three kinds of "no" differ: the name does not exist (`exists` is False), it has no such record (no records), and
    nobody could say (`failure` names why: "servfail", "timeout", "refused", "malformed").
    """

    records: tuple[str, ...] = ()
    exists: bool = True
    failure: str = ""
    canonical: str = ""  # where a chain of CNAMEs led, when the name was an alias
    ttl: int = 0  # seconds this may be remembered
    authentic: bool = False  # a validating resolver that we trust vouches for it (AD, RFC 4035 §3.2.3)

    @property
    def failed(self) -> bool:
        """Nobody could say: ask again later, conclude nothing."""
        return bool(self.failure)


NO_SUCH_NAME = Answer(exists=False)
SERVFAIL = Answer(failure="servfail")
TIMEOUT = Answer(failure="timeout")

# A rule that asks: yields questions, is sent answers, returns what it found.
Asking = Generator[Question, Answer, T]

Zone = Mapping[tuple[str, str], "tuple[str, ...] | Answer"]


def answer_in(zone: Zone, question: Question) -> Answer:
    """What a zone given as a dict says: {("example.com", "MX"): ("10 mx.example.com",)}."""
    found = zone.get((question.name, question.kind))
    if isinstance(found, Answer):
        return found
    if found is not None:
        return Answer(found)
    if any(name == question.name for name, _ in zone):
        return Answer()
    return NO_SUCH_NAME


def answer_from(zone: Zone, asking: "Asking[T]") -> T:
    """Run a rule against a zone given as a dict."""
    try:
        question = next(asking)
        while True:
            question = asking.send(answer_in(zone, question))
    except StopIteration as stop:
        value: T = stop.value
        return value


def overheard(asking: "Asking[T]", heard: list[tuple[Question, Answer]]) -> "Asking[T]":
    """The same rule; each question and its answer is put down in `heard` as it comes."""
    try:
        question = next(asking)
        while True:
            answer = yield question
            heard.append((question, answer))
            question = asking.send(answer)
    except StopIteration as stop:
        value: T = stop.value
        return value
