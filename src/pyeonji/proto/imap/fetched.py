"""What FETCH tells of one letter whose parts are known (RFC 9051 §7.5.2, RFC 3516 §4.3)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pyeonji.message.codecs import decode
from pyeonji.message.facts import thread
from pyeonji.message.part import Part
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.fetch import Binary, BinarySize, Body, Item, Preview
from pyeonji.proto.imap.section import Run, UnknownEncoding, cut, find, find_decoded
from pyeonji.proto.imap.structure import envelope, structure

NOTHING, HEADER, WHOLE = range(3)  # how much of a letter an item takes
OF_HEADER = frozenset({"ENVELOPE", "THREADID"})
HEADER_TEXTS = frozenset({"HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT"})
WHOLE_WORDS = frozenset({"BODY", "BODYSTRUCTURE"})


class Answer(NamedTuple):
    """One item: `value` is said behind the label as it is, or a place in the letter whose octets are said."""

    label: bytes
    value: bytes | Run
    binary: bool = False  # NUL may be said
    only_size: bool = False


class Answers(NamedTuple):
    """All items of one letter; `undecodable` where one was left out because of its encoding."""

    items: list[Answer]
    undecodable: bool


def takes(item: Item) -> int:
    """How much of a letter must be read for it."""
    if isinstance(item, str):
        return WHOLE if item in WHOLE_WORDS else HEADER if item in OF_HEADER else NOTHING
    return HEADER if isinstance(item, Body) and item.section.text in HEADER_TEXTS and not item.section.path else WHOLE


def needs_parts(item: Item) -> bool:
    """Must the parts be known, or is it some octets of the whole letter?"""
    match item:
        case Body():
            return bool(item.section.path or item.section.text)
        case Binary() | BinarySize():
            return bool(item.path)
    return True


def answers(items: Sequence[Item], root: Part | None, size: int, words: Callable[[], str], *, utf8: bool) -> Answers:
    """What is said of a letter of `size` octets; `words` gives its preview, `root` is None where no item needs it."""
    found, undecodable = [], False
    for item in items:
        try:
            found.append(_answer(item, root, size, words, utf8=utf8))
        except UnknownEncoding:
            undecodable = True
    return Answers(found, undecodable)


def _answer(item: Item, root: Part | None, size: int, words: Callable[[], str], *, utf8: bool) -> Answer:
    if isinstance(item, Preview):
        return Answer(b"", response.preview_item(words(), utf8=utf8))
    if isinstance(item, str):
        assert root is not None
        if item == "THREADID":
            return Answer(b"", response.thread_id_item(thread(root.header)))
        if item == "ENVELOPE":
            return Answer(b"ENVELOPE", envelope(root.header, utf8=utf8))
        return Answer(item.encode("ascii"), structure(root, extended=item == "BODYSTRUCTURE", utf8=utf8))
    place: Run | bytes | None = Run(0, size)
    if root is not None:
        place = find(root, item.section, utf8=utf8) if isinstance(item, Body) else find_decoded(root, item.path)
    if place is None:
        return Answer(item.label, b"0" if isinstance(item, BinarySize) else response.NIL)
    place = cut(place, None if isinstance(item, BinarySize) else item.partial)
    if isinstance(place, bytes):
        return Answer(item.label, response.literal(place))
    return Answer(item.label, place, binary=not isinstance(item, Body), only_size=isinstance(item, BinarySize))


def said(answer: Answer, content: bytes) -> bytes:
    """An item of a letter whose octets are here."""
    value = answer.value
    if isinstance(value, bytes):
        return answer.label + b" " + value if answer.label else value
    octets = content[value.start : value.end]
    if value.encoding:
        octets = decode(octets, value.encoding)[value.first : value.first + value.most]
    if answer.only_size:
        return b"%b %d" % (answer.label, len(octets))
    return answer.label + b" " + (response.binary(octets) if answer.binary else response.literal(octets))
