"""What SEARCH, SORT and THREAD ask for, as a tree (RFC 9051 §6.4.4)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyeonji.proto.imap.numbers import NumberSet


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class HasFlags:
    """Any bit of `mask` is set (`wanted`) or none is."""

    mask: int
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """A free keyword, in lower case."""

    keyword: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """The internal date lies in [first, last), as days (`dates`); None is open."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date field lies in [first, last), as days; None is open."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Saved:
    """The message came into this mailbox in [first, last), as days (RFC 8514); None is open."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Younger:
    """The internal date is at most so many seconds ago (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Older:
    """The internal date is at least so many seconds ago (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ModSeq:
    """Changed at or after this MODSEQ (RFC 7162 §3.1.5); which flag was changed is not kept."""

    at_least: int


@dataclass(frozen=True, slots=True)
class EmailId:
    """The content has this id (RFC 8474 §5.3)."""

    id: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    """The message belongs to this thread (RFC 8474 §5.3)."""

    id: str


@dataclass(frozen=True, slots=True)
class Larger:
    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    octets: int


@dataclass(frozen=True, slots=True)
class Uids:
    """A set of UIDs, or numbers.SAVED."""

    numbers: NumberSet


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of message numbers, or numbers.SAVED."""

    numbers: NumberSet


@dataclass(frozen=True, slots=True)
class Field:
    """A header field holds the text; any value does where it is empty."""

    name: str  # lower case
    text: str


@dataclass(frozen=True, slots=True)
class InBody:
    text: str


@dataclass(frozen=True, slots=True)
class InText:
    """Header or body."""

    text: str


@dataclass(frozen=True, slots=True)
class Attached:
    """Something to save is attached (`wanted`), or nothing is; no client of IMAP can say this."""

    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Not:
    key: "Key"


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """What resembles the key will do (RFC 6203)."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class Or:
    left: "Key"
    right: "Key"


@dataclass(frozen=True, slots=True)
class And:
    keys: "tuple[Key, ...]"


Key = (
    All | HasFlags | HasKeyword | Arrived | Sent | Saved | Younger | Older | ModSeq | EmailId | ThreadId | Larger
    | Smaller | Uids | Numbers | Attached | Field | InBody | InText | Not | Fuzzy | Or | And
)  # fmt: skip


def rewritten(key: Key, change: Callable[[Key], Key]) -> Key:
    """The same question with what `change` makes of the keys that hold no others; as deep as the parser allows."""
    match key:
        case Not(inner):
            return Not(rewritten(inner, change))
        case Fuzzy(inner):
            return Fuzzy(rewritten(inner, change))
        case Or(left, right):
            return Or(rewritten(left, change), rewritten(right, change))
        case And(several):
            return And(tuple(rewritten(one, change) for one in several))
    return change(key)


def walk(key: Key) -> Iterator[Key]:
    """The key and all keys within it."""
    waiting = [key]
    while waiting:
        key = waiting.pop()
        yield key
        match key:
            case Not(inner) | Fuzzy(inner):
                waiting.append(inner)
            case Or(left, right):
                waiting += (left, right)
            case And(several):
                waiting += several
