"""The header of a message or a MIME part: where its fields are (RFC 5322 §2.2).

Nothing is copied: a Field is four numbers over the original octets, so that IMAP, DKIM and editing cut what was really
sent.  Lines may end in CRLF or bare LF.  A line that is no field ends the header even where the blank line is missing;
all readers here share this rule, so that a filter and a reader never see two different messages.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_FIELDS = 20_000  # fields listed; ours: the rest of a longer header is skipped, not read as body

# Possessive quantifiers on classes: each octet is looked at once, whatever the sender invents.  Not on groups: early
# releases of Python 3.11 (Debian 12 has 3.11.2) lose their place there (CPython issue 106052).
FIELD = re.compile(rb"([!-9;-~\x80-\xff]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*(?:\n|\Z))|")
HEADER = re.compile(rb"(?:[!-9;-~\x80-\xff]++[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*(?:\n|\Z))*(\r?\n)?")
MBOX_LINE = re.compile(rb">?From [^\n]*+\n")  # left in front by mbox tools and some gateways


class Field(NamedTuple):
    """One field: octets[start:end] with its line end, value from `value_start` (just after the colon)."""

    name: bytes  # lower case
    start: int
    value_start: int
    end: int


class Header:
    """The fields between `start` and `body` (offset of the first octet after the blank line)."""

    __slots__ = ("_index", "body", "fields", "fields_end", "octets", "start")

    def __init__(self, octets: bytes, start: int, fields: list[Field], fields_end: int, body: int) -> None:
        self.octets = octets
        self.start = start
        self.fields = fields
        self.fields_end = fields_end  # where the last field ends and a new one may be put
        self.body = body
        self._index: dict[bytes, list[Field]] | None = None

    @staticmethod
    def parse(octets: bytes, start: int = 0, end: int | None = None) -> "Header":
        """The same as `parse_header`."""
        return parse_header(octets, start, end)

    def get(self, name: bytes) -> bytes | None:
        """The unfolded value of the first field of this (lower-case) name; duplicates lose, everywhere."""
        found = self.named(name)
        return self.value(found[0]) if found else None

    def all(self, name: bytes) -> list[bytes]:
        """The unfolded values of all fields of this name, in their order."""
        return [self.value(field) for field in self.named(name)]

    def count(self, name: bytes) -> int:
        """How many fields have this name."""
        return len(self.named(name))

    def named(self, name: bytes) -> list[Field]:
        """The fields of this (lower-case) name."""
        index = self._index
        if index is None:
            self._index = index = {}
            for field in self.fields:
                if (same := index.get(field[0])) is None:
                    index[field[0]] = [field]
                else:
                    same.append(field)
        return index.get(name, [])

    def value(self, field: Field) -> bytes:
        """The unfolded value without white space around it (RFC 5322 §2.2.3)."""
        # Inside one field every line end is followed by white space, so removing them all is unfolding.
        return self.octets[field[2] : field[3]].replace(b"\r\n", b"").replace(b"\n", b"").strip()

    def text(self, name: bytes) -> str:
        """The first field of this name as str, for ids and tokens; "" where absent.  Words: `text.header_text`."""
        return (self.get(name) or b"").decode("utf-8", "replace")

    def raw(self, field: Field) -> bytes:
        """The field as it stands, with its line end."""
        return self.octets[field[1] : field[3]]

    @property
    def whole(self) -> bytes:
        """All of it as it stands, with its blank line."""
        return self.octets[self.start : self.body]

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def parse_header(octets: bytes, start: int = 0, end: int | None = None) -> Header:
    """The header that begins at `start`; any octets give a Header, at worst one without fields."""
    stop = len(octets) if end is None else end
    position = _after_mbox_line(octets, start, stop)
    fields: list[Field] = []
    add, new = fields.append, tuple.__new__  # what Field(…) does, in a frame of its own
    for match in FIELD.finditer(octets, position, stop):
        if match.lastindex is None:  # the empty alternative: not a field
            break
        (first, position), (_, name_end), (value_start, _) = match.regs
        add(new(Field, (octets[first:name_end].lower(), first, value_start, position)))
        if len(fields) == MAX_FIELDS:
            return Header(octets, start, fields, position, header_end(octets, position, stop))
    return Header(octets, start, fields, position, _skip_line_end(octets, position, stop))


def header_end(octets: bytes, start: int = 0, end: int | None = None) -> int:
    """The offset of the body, the first octet after the header and its blank line."""
    stop = len(octets) if end is None else end
    match = HEADER.match(octets, _after_mbox_line(octets, start, stop), stop)
    return match.end() if match else start


def _after_mbox_line(octets: bytes, start: int, stop: int) -> int:
    match = MBOX_LINE.match(octets, start, stop)
    return match.end() if match else start


def _skip_line_end(octets: bytes, position: int, stop: int) -> int:
    if octets.startswith(b"\r\n", position, stop):
        return position + 2
    return position + 1 if octets.startswith(b"\n", position, stop) else position
