"""One text that is looked for: how the index narrows it, and how the wording of a letter decides it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pyeonji.message import wording
from pyeonji.message.charset import one_letter
from pyeonji.message.folded import fold
from pyeonji.message.header import parse_header
from pyeonji.message.terms import Asked, asked
from pyeonji.proto.imap import keys
from pyeonji.store.engine.base import SECTIONS

TextKey = keys.Field | keys.InBody | keys.InText


class Needs(Enum):
    """What of a letter must be looked at."""

    HEADING = 1  # `Wording.heading`
    WORDING = 2  # both parts of it
    OCTETS = 3  # the header itself


@dataclass(frozen=True, slots=True)
class Leaf:
    """`sections` are those of the index that `asks` is put to; where `exact`, its answer needs no second look.

    `test` takes heading and text of the wording, or the octets of the header and b"".
    """

    needs: Needs
    sections: tuple[str, ...]
    asks: Asked
    exact: bool
    test: Callable[[bytes, bytes], bool]


def leaf(key: TextKey) -> Leaf:
    """The question of one key."""
    text = fold(key.text)
    sought, asks = text.encode("utf-8", "replace"), asked(text)
    match key:
        case keys.InBody():
            return Leaf(Needs.WORDING, (SECTIONS[wording.BODY],), asks, asks.exact, _in_body(sought))
        case keys.InText():
            return Leaf(Needs.WORDING, SECTIONS, asks, asks.exact, _in_text(sought))
    section, name = wording.section_of(key.name), key.name.encode("utf-8", "replace")
    if section is None:
        return Leaf(Needs.OCTETS, (), asks, False, _in_octets(name, text))
    # Subject and author have a section of their own, whose lines begin with the name.
    exact = asks.exact and section in (wording.SUBJECT, wording.AUTHOR) and text not in f"{key.name}: "
    if section == wording.HEADER:
        return Leaf(Needs.WORDING, (SECTIONS[section],), asks, exact, _in_header(name, sought))
    return Leaf(Needs.HEADING, (SECTIONS[section],), asks, exact, _in_heading(section, name, sought))


def _in_heading(section: int, name: bytes, sought: bytes) -> Callable[[bytes, bytes], bool]:
    return lambda heading, text: wording.in_field(heading.split(b"\0")[section], name, sought)


def _in_header(name: bytes, sought: bytes) -> Callable[[bytes, bytes], bool]:
    return lambda heading, text: wording.in_field(text.partition(b"\0")[0], name, sought)


def _in_body(sought: bytes) -> Callable[[bytes, bytes], bool]:
    return lambda heading, text: text.find(sought, text.find(b"\0") + 1) >= 0


def _in_text(sought: bytes) -> Callable[[bytes, bytes], bool]:
    return lambda heading, text: sought in heading or sought in text


def _in_octets(name: bytes, sought: str) -> Callable[[bytes, bytes], bool]:
    def found(octets: bytes, _: bytes) -> bool:
        with one_letter():
            return any(sought in wording.fold_value(value) for value in parse_header(octets).all(name))

    return found
