"""The folded text of a letter, which SEARCH compares: what it says, not how it was written down.

Sections are lines of one field each, `name: value`, or of one text part each.  White space within a line is one space:
a line end parts fields and parts, and no question reaches from one into the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.message.charset import Decoded, one_letter
from pyeonji.message.charset import decode as decode_charset
from pyeonji.message.codecs import decode
from pyeonji.message.flowed import in_paragraphs
from pyeonji.message.folded import fold_line
from pyeonji.message.header import Field, Header
from pyeonji.message.html_text import html_to_text
from pyeonji.message.mime import scan
from pyeonji.message.part import Part
from pyeonji.message.text import MAX_INNER, declared_charset
from pyeonji.message.words import decode_words

MAX_BODY = 1 << 20  # characters of body text of one letter that can be found; ours
MAX_HEADER = 1 << 18  # octets of header fields of one letter that can be found; ours
MAX_PART = 4 << 20  # octets of one part, as sent, that are looked at; ours

SUBJECT, AUTHOR, RECIPIENTS, HEADER, BODY, OPAQUE = range(6)  # sections, in their order
MARKS = "sarhbo"  # stand before the terms of each section in the index
# Fields that machines write for machines, kilobytes of base64 in each letter: the index knows their terms, but their
# wording is not kept beside the letter, where it would take as much room as all the rest.
OPAQUE_NAMES = frozenset({
    "dkim-signature", "domainkey-signature", "x-google-dkim-signature", "x-gm-message-state", "x-gm-features",
    "x-google-smtp-source", "x-received", "x-microsoft-antispam-message-info", "x-face", "face", "autocrypt",
    "autocrypt-gossip", "x-sg-eid", "x-sg-id", "x-ses-outgoing", "feedback-id", "x-mailgun-variables",
})  # fmt: skip
OPAQUE_FAMILIES = ("arc-", "x-ms-exchange-", "x-forefront-", "x-ms-office365-")
SECTION_OF = {"subject": SUBJECT, "from": AUTHOR, "to": RECIPIENTS, "cc": RECIPIENTS, "bcc": RECIPIENTS}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sections of one letter, each folded."""

    subject: str
    author: str
    recipients: str
    header: str  # all other fields; those of the MIME parts behind a blank
    body: str  # text parts, the text of HTML parts, attachment names, the main fields of enclosed letters
    opaque: str  # fields that machines write for machines

    @property
    def sections(self) -> tuple[str, ...]:
        """In the order of their numbers."""
        return self.subject, self.author, self.recipients, self.header, self.body, self.opaque

    @property
    def heading(self) -> bytes:
        """Subject, author and recipients in UTF-8, parted by NUL: what is looked at most, and small."""
        return _joined(self.subject, self.author, self.recipients)

    @property
    def text(self) -> bytes:
        """The other fields and the body."""
        return _joined(self.header, self.body)


def _joined(*sections: str) -> bytes:
    return "\0".join(sections).encode("utf-8", "replace")


def section_of(name: str) -> int:
    """Where a field of this lower-case name stands."""
    if name in OPAQUE_NAMES or name.startswith(OPAQUE_FAMILIES):
        return OPAQUE
    return SECTION_OF.get(name, HEADER)


def in_field(section: bytes, name: bytes, sought: bytes) -> bool:
    """Does a field of this lower-case name in its section hold the folded text?"""
    if sought not in section:
        return False
    start = name + b": "
    return any(line.startswith(start) and line.find(sought, len(start)) >= 0 for line in section.split(b"\n"))


@one_letter()
def wording(root: Part) -> Wording:
    """The wording of a scanned letter."""
    sections: tuple[list[str], ...] = ([], [], [], [], [], [])
    for section, field in _fields(root.header):
        sections[section].append(_line(root.header, field))
    sections[HEADER].extend(_part_fields(root))
    subject, author, recipients, header, _, opaque = ("\n".join(lines) for lines in sections)
    return Wording(subject, author, recipients, header, _body(root), opaque)


def _fields(header: Header) -> Iterator[tuple[int, Field]]:
    """The fields, each with its section; machines do not take the room of the others."""
    rooms = {False: MAX_HEADER, True: MAX_HEADER}
    for field in header:
        section = section_of(field.name.decode("ascii", "replace"))
        rooms[section == OPAQUE] -= field.end - field.start
        if rooms[section == OPAQUE] >= 0:
            yield section, field


def _part_fields(root: Part) -> Iterator[str]:
    """The header of each MIME part, for TEXT (RFC 9051 §6.4.4); no field of the letter itself begins with a blank."""
    room = MAX_HEADER
    for part in root.walk():
        if part is root:
            continue
        for field in part.header:
            room -= field.end - field.start
            if room < 0:
                return
            yield " " + _line(part.header, field)


def opaque(header: Header) -> str:
    """`Wording.opaque` of a letter with this header."""
    return "\n".join(_line(header, field) for section, field in _fields(header) if section == OPAQUE)


def _line(header: Header, field: Field) -> str:
    return f"{field.name.decode('ascii', 'replace')}: {fold_value(header.value(field))}"


def fold_value(value: bytes) -> str:
    """The folded text of an unfolded field value."""
    plain = value.isascii() and b"=?" not in value and b"\x1b" not in value
    return fold_line(value.decode("ascii") if plain else decode_words(value))


class _Pieces:
    """Lines of body text, until there are enough."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.room = MAX_BODY

    def add(self, text: str) -> None:
        line = fold_line(text)[: self.room]
        # The HTML of a letter mostly says what its plain text said.
        if line and not any(line in known for known in self.lines[-2:]):
            self.lines.append(line)
            self.room -= len(line)


def _body(root: Part) -> str:
    pieces = _Pieces()
    waiting: list[tuple[Part, int]] = [(root, 0)]
    while waiting and pieces.room > 0:
        part, inner = waiting.pop()
        if part.children:
            if part.is_message:
                _enclosed(pieces, part.children[0].header)
            waiting.extend((child, inner) for child in reversed(part.children))
        elif part.type == "message" and part.subtype in ("rfc822", "global") and inner < MAX_INNER:
            whole = scan(decode(part.body[:MAX_PART], part.encoding))
            _enclosed(pieces, whole.header)
            waiting.append((whole, inner + 1))
        else:
            if part.type in ("text", "message"):
                pieces.add(_text(part))
            if name := part.filename:
                pieces.add(name)
    return "\n".join(pieces.lines)


def _enclosed(pieces: _Pieces, header: Header) -> None:
    """The main fields of a letter inside the letter."""
    for name in (b"subject", b"from", b"to", b"cc", b"date"):
        if value := header.get(name):
            pieces.add(f"{name.decode()}: {decode_words(value[:MAX_HEADER])}")


def _text(part: Part) -> str:
    text = decoded(part).text
    if part.subtype == "html":
        return html_to_text(text, MAX_BODY)
    return in_paragraphs(text.replace("\r\n", "\n"), part.content_type)


def decoded(part: Part) -> Decoded:
    """The text of a part, of its first MAX_PART octets."""
    octets = decode(part.octets[part.body_start : min(part.body_end, part.body_start + MAX_PART)], part.encoding)
    return decode_charset(octets, declared_charset(part, octets))
