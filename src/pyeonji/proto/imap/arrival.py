"""APPEND and REPLACE, which bring messages: what stands between the literals (RFC 3501 §6.3.11; RFC 8508).

One command may bring several messages (RFC 3502), put one together from literals and URLs (RFC 4469), and mark a
literal as binary (RFC 3516) or as UTF-8 (RFC 6855 §4).  Its text is read from literal to literal: an Arrival is where
in the grammar the command has got to, and how much it has brought.  It is a value; reading gives the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

from pyeonji.proto.imap.event import AppendEnd, Catenate, Limits, NewLiteral, NewMessage
from pyeonji.proto.imap.flags import NONE
from pyeonji.proto.imap.wire import BadSyntax, Reader, StringExpected, TooBig

Step = NewMessage | NewLiteral | Catenate | AppendEnd


class Place(Enum):
    """What has just been read."""

    NAME = auto()  # of the command, and a space
    MESSAGE = auto()
    PIECE = auto()  # of CATENATE
    UTF8_MESSAGE = auto()  # the literal of UTF8 (...), its parenthesis still open
    UTF8_PIECE = auto()


class Arrival(Struct, frozen=True):
    """`octets` are those of all literals, `message` those of the last message alone."""

    limits: Limits
    several: bool  # more than one message may come
    place: Place = Place.NAME
    messages: int = 0
    pieces: int = 0
    octets: int = 0
    message: int = 0


@dataclass(slots=True)
class _Reading:
    """One stretch of text: `literal` is the size that was announced at its end."""

    reader: Reader
    literal: int | None
    at: Arrival
    steps: list[Step]


def read(
    arrival: Arrival, reader: Reader, literal: int | None, target: Callable[[Reader], object] | None = None
) -> tuple[Arrival, object, list[Step]] | None:
    """What the text says, up to the literal of this size or to the end of the command (`literal` is None).

    `target` reads what stands before the first message and is only given then.  None where the literal belongs to the
    text itself: a mailbox name, or a URL.  Raises BadSyntax, TooBig.
    """
    reading = _Reading(reader, literal, arrival, [])
    args = None
    try:
        if target is not None:
            args = target(reader)
        _messages(reading)
    except StringExpected:
        if literal is None:
            raise
        return None
    return reading.at, args, reading.steps


def _messages(reading: _Reading) -> None:
    reader = reading.reader
    if reading.at.place in (Place.UTF8_MESSAGE, Place.UTF8_PIECE):
        reader.expect(b")")
    if reading.at.place in (Place.PIECE, Place.UTF8_PIECE) and _pieces(reading):
        return
    if reading.at.place is Place.NAME and reader.at_end():
        raise BadSyntax("literal expected")
    while not reader.at_end():
        if reading.at.messages and not reading.at.several:
            reader.end()
        if _message(reading):
            return
    if reading.literal is not None:
        raise BadSyntax("literal not expected")
    reading.steps.append(AppendEnd())


def _message(reading: _Reading) -> bool:
    """Flags, date and content of one message; True when its octets come as the literal."""
    reader = reading.reader
    reader.space()
    flags = NONE
    if reader.comes(b"("):
        flags = reader.flag_list()
        reader.space()
    internal_us = None
    if reader.comes(b'"'):
        internal_us = reader.date_time()
        reader.space()
    at = replace(reading.at, place=Place.MESSAGE, messages=reading.at.messages + 1, message=0)
    if at.messages > at.limits.messages:
        raise BadSyntax("too many messages")
    reading.at = at
    reading.steps.append(NewMessage(flags, internal_us))
    if reader.skip_word("CATENATE"):
        reader.space()
        reader.expect(b"(")
        return _pieces(reading, first=True)
    return _content(reading, Place.MESSAGE, Place.UTF8_MESSAGE)


def _pieces(reading: _Reading, *, first: bool = False) -> bool:
    """Texts and URLs up to the parenthesis; True when a literal comes before it."""
    reader = reading.reader
    while first or not reader.skip(b")"):
        if not first:
            reader.space()
        first = False
        at = replace(reading.at, pieces=reading.at.pieces + 1)
        if at.pieces > at.limits.pieces:
            raise BadSyntax("too many pieces")
        reading.at = at
        if reader.skip_word("URL"):
            reader.space()
            reading.steps.append(Catenate(reader.text()))
        elif reader.skip_word("TEXT"):
            reader.space()
            return _content(reading, Place.PIECE, Place.UTF8_PIECE)
        else:
            return _content(reading, Place.PIECE, Place.UTF8_PIECE, only_utf8=True)
    reading.at = replace(reading.at, place=Place.MESSAGE)
    return False


def _content(reading: _Reading, plain: Place, utf8: Place, *, only_utf8: bool = False) -> bool:
    """The announced literal is content of the message: True, or BadSyntax."""
    reader, size = reading.reader, reading.literal
    is_utf8 = reader.skip_word("UTF8")
    if is_utf8:
        reader.expect(b" (~")
    elif only_utf8:
        raise BadSyntax("URL, TEXT or UTF8 expected")
    binary = is_utf8 or reader.skip(b"~")
    if size is None or not reader.at_end():
        raise BadSyntax("literal expected")
    at = replace(reading.at, octets=reading.at.octets + size, message=reading.at.message + size)
    if at.message > at.limits.message or at.octets > at.limits.append:
        raise TooBig
    reading.at = replace(at, place=utf8 if is_utf8 else plain)
    reading.steps.append(NewLiteral(size, binary))
    return True
