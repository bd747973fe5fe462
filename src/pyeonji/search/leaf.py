"""One text that is looked for: how the index narrows it, and how the wording or the header of a letter decides it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pyeonji.message import wording
from pyeonji.message.charset import one_letter
from pyeonji.message.folded import fold
from pyeonji.message.header import parse_header
from pyeonji.message.terms import END, Asked, Term, asked
from pyeonji.message.wording import MARKS, OPAQUE
from pyeonji.proto.imap import keys

TextKey = keys.Field | keys.InBody | keys.InText
NO_NAME = re.compile(r"[\x00-\x20:\x7f]|\A\Z")  # no field is called like that, RFC 5322 §2.2


class Needs(Enum):
    """What of a letter must be looked at."""

    HEADING = 1  # `Wording.heading`
    TEXT = 2  # `Wording.text`
    EITHER = 3  # one of both
    HEADER = 4  # the header itself


Test = Callable[[bytes], bool]  # of what is needed


@dataclass(frozen=True, slots=True)
class Leaf:
    """`marks` are those of the sections that `asks` is put to; where `exact`, its answer needs no second look."""

    needs: Needs
    marks: str
    asks: Asked
    exact: bool
    test: Test


NOTHING = Leaf(Needs.HEADING, MARKS[wording.SUBJECT], Asked((Term(END + END),), True), True, lambda heading: False)


def leaves(key: TextKey) -> tuple[Leaf, ...]:
    """The questions of one key: a letter fits where one of them says so."""
    text = fold(key.text)
    sought, asks = text.encode("utf-8", "replace"), asked(text)
    match key:
        case keys.InBody():
            return (Leaf(Needs.TEXT, MARKS[wording.BODY], asks, asks.exact, _in_body(sought)),)
        case keys.InText():
            of_machines = Leaf(Needs.HEADER, MARKS[OPAQUE], asks, asks.exact, _in_opaque(text))
            return Leaf(Needs.EITHER, MARKS[:OPAQUE], asks, asks.exact, lambda octets: sought in octets), of_machines
    return (NOTHING if NO_NAME.search(key.name) else _of_field(key.name, text, sought, asks),)


def _of_field(name: str, text: str, sought: bytes, asks: Asked) -> Leaf:
    section, octets = wording.section_of(name), name.encode("utf-8", "replace")
    mark = MARKS[section]
    if section == OPAQUE:
        return Leaf(Needs.HEADER, mark, asks, False, _in_octets(octets, text))
    if section == wording.HEADER:
        return Leaf(Needs.TEXT, mark, asks, False, _in_header(octets, sought))
    # Subject and author have a section of their own, whose lines begin with the name.
    exact = asks.exact and section != wording.RECIPIENTS and text not in f"{name}: "
    return Leaf(Needs.HEADING, mark, asks, exact, _in_heading(section, octets, sought))


def _in_heading(section: int, name: bytes, sought: bytes) -> Test:
    return lambda heading: wording.in_field(heading.split(b"\0")[section], name, sought)


def _in_header(name: bytes, sought: bytes) -> Test:
    return lambda text: wording.in_field(text.partition(b"\0")[0], name, sought)


def _in_body(sought: bytes) -> Test:
    return lambda text: text.find(sought, text.find(b"\0") + 1) >= 0


def _in_opaque(sought: str) -> Test:
    def found(octets: bytes) -> bool:
        with one_letter():
            return sought in wording.opaque(parse_header(octets))

    return found


def _in_octets(name: bytes, sought: str) -> Test:
    def found(octets: bytes) -> bool:
        with one_letter():
            return any(sought in wording.fold_value(value) for value in parse_header(octets).all(name))

    return found
