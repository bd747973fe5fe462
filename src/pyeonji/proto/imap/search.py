"""Whether a message fits a search (RFC 3501 §6.4.4): first what costs nothing, then what needs the message itself.

A Question answers True or False where flags, dates, size and numbers decide it, and None where the content must be
looked at.  Text is compared without regard to case, width and composition: "편지" finds itself however it was typed.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Protocol

from pyeonji.proto.imap import keys
from pyeonji.proto.imap.dates import day_of
from pyeonji.proto.imap.numbers import Range


class Facts(Protocol):
    """What is known of a message without reading it.  `keywords` in lower case."""

    @property
    def number(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def flags(self) -> int: ...
    @property
    def keywords(self) -> frozenset[str]: ...
    @property
    def internal_us(self) -> int: ...
    @property
    def size(self) -> int: ...


class Content(Protocol):
    """What must be read and decoded."""

    def field(self, name: str) -> Sequence[str]:
        """The decoded values of all fields of this lower-case name."""
        ...

    def sent_day(self) -> int | None:
        """The day of the Date field as written there, time and zone left out; None without a usable one."""
        ...

    def header(self) -> str:
        """The whole header, decoded."""
        ...

    def body(self) -> str:
        """The text of the body, decoded; of all its text parts."""
        ...


Test = Callable[[Facts, Content | None], bool | None]


class Question:
    """One search over one mailbox; `last_number` and `last_uid` are what "*" means there (0: it is empty)."""

    def __init__(self, key: keys.Key, last_number: int, last_uid: int) -> None:
        self._test = _made(key, last_number, last_uid)

    def cheap(self, facts: Facts) -> bool | None:
        """True, False, or None where the content decides."""
        return self._test(facts, None)

    def full(self, facts: Facts, content: Content) -> bool:
        """The answer, with the content at hand."""
        return self._test(facts, content) is True


def fold(text: str) -> str:
    """The form in which texts are compared."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _made(key: keys.Key, last_number: int, last_uid: int) -> Test:
    """The test of one key; as deep as the parser lets keys be nested."""
    match key:
        case keys.Not(inner):
            return _not(_made(inner, last_number, last_uid))
        case keys.Or(left, right):
            return _or(_made(left, last_number, last_uid), _made(right, last_number, last_uid))
        case keys.And(several):
            return _and([_made(one, last_number, last_uid) for one in several])
        case keys.Numbers(numbers):
            return _numbers(numbers.resolve(last_number))
        case keys.Uids(numbers):
            return _uids(numbers.resolve(last_uid))
        case keys.Field() | keys.InBody() | keys.InText() | keys.Sent():
            return _reading(_content_test(key))
        case _:
            return _facts_test(key)


def _facts_test(key: keys.Key) -> Test:
    match key:
        case keys.HasFlags(mask, wanted):
            return lambda facts, content: bool(facts.flags & mask) is wanted
        case keys.HasKeyword(keyword, wanted):
            return lambda facts, content: (keyword in facts.keywords) is wanted
        case keys.Arrived(first, last):
            return lambda facts, content: _within(day_of(facts.internal_us), first, last)
        case keys.Larger(octets):
            return lambda facts, content: facts.size > octets
        case keys.Smaller(octets):
            return lambda facts, content: facts.size < octets
        case keys.All():
            return lambda facts, content: True
    raise ValueError(f"{type(key).__name__} is not offered yet")


def _content_test(key: keys.Field | keys.InBody | keys.InText | keys.Sent) -> Callable[[Content], bool]:
    match key:
        case keys.Sent(first, last):
            return lambda content: (day := content.sent_day()) is not None and _within(day, first, last)
        case keys.Field(name, text):
            needle = fold(text)
            return lambda content: any(needle in fold(value) for value in content.field(name))
        case keys.InBody(text):
            needle = fold(text)
            return lambda content: needle in fold(content.body())
        case keys.InText(text):
            needle = fold(text)
            return lambda content: needle in fold(content.header()) or needle in fold(content.body())


def _reading(test: Callable[[Content], bool]) -> Test:
    return lambda facts, content: None if content is None else test(content)


def _within(day: int, first: int | None, last: int | None) -> bool:
    return (first is None or day >= first) and (last is None or day < last)


def _not(test: Test) -> Test:
    def negated(facts: Facts, content: Content | None) -> bool | None:
        found = test(facts, content)
        return None if found is None else not found

    return negated


def _and(tests: list[Test]) -> Test:
    def every(facts: Facts, content: Content | None) -> bool | None:
        result: bool | None = True
        for test in tests:
            found = test(facts, content)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    return every


def _or(left: Test, right: Test) -> Test:
    def either(facts: Facts, content: Content | None) -> bool | None:
        found = left(facts, content)
        if found is True:
            return True
        other = right(facts, content)
        return True if other is True else None if found is None or other is None else False

    return either


def _numbers(ranges: Sequence[Range]) -> Test:
    contains = _contains(ranges)
    return lambda facts, content: contains(facts.number)


def _uids(ranges: Sequence[Range]) -> Test:
    contains = _contains(ranges)
    return lambda facts, content: contains(facts.uid)


def _contains(ranges: Sequence[Range]) -> Callable[[int], bool]:
    firsts = [first for first, _ in ranges]

    def contains(number: int) -> bool:
        place = bisect_right(firsts, number) - 1
        return place >= 0 and number <= ranges[place][1]

    return contains
