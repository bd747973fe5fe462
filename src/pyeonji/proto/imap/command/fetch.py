"""FETCH and UID FETCH: what the client wants of which messages (RFC 3501 §6.4.5)."""

import re
from dataclasses import dataclass, replace

from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.response import astring
from pyeonji.proto.imap.wire import MAX_NUMBER64, BadSyntax, Reader

MAX_ITEMS = 100  # in one command; ours: a hundred times the whole message is a flood, not a question
MAX_PATH = 32  # part numbers in a section, as deep as parts are looked for
MAX_FIELDS = 200  # names in one HEADER.FIELDS; ours

PLAIN = frozenset({"ENVELOPE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY", "BODYSTRUCTURE", "UID"})
MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
SECTION_TEXTS = frozenset({"HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"})
PARTS = re.compile(rb"[1-9][0-9]{0,8}(?:\.[1-9][0-9]{0,8})*")
FIELD_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+\Z")  # RFC 5322 §2.2, ftext


@dataclass(frozen=True, slots=True)
class Section:
    """A place in a message: part numbers, and which text of that part ("" for the part itself)."""

    path: tuple[int, ...] = ()
    text: str = ""  # "", HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME
    fields: tuple[bytes, ...] = ()

    def __bytes__(self) -> bytes:
        words = [str(number) for number in self.path]
        if self.text:
            words.append(self.text)
        out = ".".join(words).encode("ascii")
        if self.fields:
            out += b" (" + b" ".join(astring(name) for name in self.fields) + b")"
        return out


@dataclass(frozen=True, slots=True)
class Body:
    """Octets of a message.  `partial` is (first octet, how many); `peek` leaves \\Seen as it is.

    `label` is the name the answer carries, such as b"BODY[1.MIME]<0>".
    """

    section: Section
    partial: tuple[int, int] | None
    peek: bool
    label: bytes


@dataclass(frozen=True, slots=True)
class Fetch:
    """`items` each once, in the order asked for: a word of PLAIN or a Body."""

    numbers: NumberSet
    items: tuple[str | Body, ...]
    uid: bool = False

    @property
    def sets_seen(self) -> bool:
        return any(isinstance(item, Body) and not item.peek for item in self.items)


RFC822 = {
    "RFC822": Body(Section(), None, False, b"RFC822"),
    "RFC822.HEADER": Body(Section(text="HEADER"), None, True, b"RFC822.HEADER"),
    "RFC822.TEXT": Body(Section(text="TEXT"), None, False, b"RFC822.TEXT"),
}


def parse(reader: Reader) -> Fetch:
    numbers = reader.sequence_set()
    reader.space()
    items: list[str | Body] = []
    if reader.comes(b"("):
        items = reader.listed(lambda: _item(reader, reader.word()))
    else:
        word = reader.word()
        items.extend(MACROS[word] if word in MACROS else (_item(reader, word),))
    reader.end()
    if len(items) > MAX_ITEMS:
        raise BadSyntax("too many items")
    return Fetch(numbers, tuple(dict.fromkeys(items)))


def parse_uid(reader: Reader) -> Fetch:
    """UID FETCH tells the UID whether asked for it or not (RFC 3501 §6.4.8)."""
    fetch = parse(reader)
    items = fetch.items if "UID" in fetch.items else ("UID", *fetch.items)
    return replace(fetch, items=items, uid=True)


def _item(reader: Reader, word: str) -> str | Body:
    if word in ("BODY", "BODY.PEEK") and reader.comes(b"["):
        return _body(reader, peek=word == "BODY.PEEK")
    if word in PLAIN:
        return word
    if word in RFC822:
        return RFC822[word]
    raise BadSyntax("unknown FETCH item")


def _body(reader: Reader, *, peek: bool) -> Body:
    reader.expect(b"[")
    section = _section(reader)
    reader.expect(b"]")
    label = b"BODY[%b]" % bytes(section)
    if not reader.skip(b"<"):
        return Body(section, None, peek, label)
    first = reader.number(MAX_NUMBER64)
    reader.expect(b".")
    count = reader.nz_number(MAX_NUMBER64)
    reader.expect(b">")
    return Body(section, (first, count), peek, b"%b<%d>" % (label, first))


def _section(reader: Reader) -> Section:
    path: tuple[int, ...] = ()
    if reader.data[reader.at : reader.at + 1].isdigit():
        path = tuple(int(number) for number in reader.take(PARTS, "part number").split(b"."))
        if len(path) > MAX_PATH:
            raise BadSyntax("part too deep")
        if not reader.skip(b"."):
            return Section(path)
    elif reader.comes(b"]"):
        return Section()
    text = reader.word()
    if text not in SECTION_TEXTS or (text == "MIME" and not path):
        raise BadSyntax("unknown section")
    if not text.startswith("HEADER.FIELDS"):
        return Section(path, text)
    reader.space()
    fields = reader.listed(reader.astring)
    if len(fields) > MAX_FIELDS or not all(FIELD_NAME.match(name) for name in fields):
        raise BadSyntax("field names expected")
    return Section(path, text, tuple(fields))
