"""FETCH and UID FETCH: what the client wants of which messages (RFC 9051 §6.4.5).

Also CHANGEDSINCE, VANISHED and MODSEQ (RFC 7162), BINARY (RFC 3516), PREVIEW (RFC 8970), SAVEDATE (RFC 8514), EMAILID
and THREADID (RFC 8474), PARTIAL (RFC 9394).
"""

import re
from dataclasses import dataclass

from pyeonji.proto.imap.numbers import NumberSet, Partial
from pyeonji.proto.imap.response import astring
from pyeonji.proto.imap.wire import MAX_NUMBER64, BadSyntax, Reader

MAX_ITEMS = 100  # in one command; ours: a hundred times the whole message is a flood, not a question
MAX_PATH = 32  # part numbers in a section, as deep as parts are looked for
MAX_FIELDS = 200  # names in one HEADER.FIELDS; ours

PLAIN = frozenset({
    "ENVELOPE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY", "BODYSTRUCTURE", "UID", "MODSEQ", "SAVEDATE", "EMAILID",
    "THREADID",
})  # fmt: skip
MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
SECTION_TEXTS = frozenset({"HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"})
PARTS = re.compile(rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9})*")
FIELD_NAME = re.compile(rb"[\x20-\x7e]*\Z")  # RFC 9051 §9, header-fld-name: also what no field is called


@dataclass(frozen=True, slots=True)
class Section:
    """A place in a message: part numbers, and which text of that part ("" for the part itself)."""

    path: tuple[int, ...] = ()
    text: str = ""  # "", HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME
    fields: tuple[bytes, ...] = ()

    @property
    def is_fields_of_whole(self) -> bool:
        """Some header fields of the message itself, by name."""
        return self.text == "HEADER.FIELDS" and not self.path

    @property
    def field_names(self) -> frozenset[bytes]:
        """In lower case."""
        return frozenset(name.lower() for name in self.fields)

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
class Binary:
    """Octets of a part with its transfer encoding undone; the whole message where `path` is empty."""

    path: tuple[int, ...]
    partial: tuple[int, int] | None
    peek: bool
    label: bytes


@dataclass(frozen=True, slots=True)
class BinarySize:
    """How many octets Binary would be."""

    path: tuple[int, ...]
    label: bytes


@dataclass(frozen=True, slots=True)
class Preview:
    """The first words; with `lazy` only if they are at hand (RFC 8970 §3.1)."""

    lazy: bool = False


Item = str | Body | Binary | BinarySize | Preview


@dataclass(frozen=True, slots=True)
class Fetch:
    """`items` each once, in the order asked for: a word of PLAIN or one of the values above.

    `changed_since` is a MODSEQ, None without CHANGEDSINCE; `vanished` asks for the UIDs that went away since then;
    `partial` is which of the chosen messages, in the order of their UIDs.
    """

    numbers: NumberSet
    items: tuple[Item, ...]
    uid: bool = False
    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None

    @property
    def sets_seen(self) -> bool:
        return any(isinstance(item, Body | Binary) and not item.peek for item in self.items)

    @property
    def is_condstore(self) -> bool:
        """Whether it switches CONDSTORE on (RFC 7162 §3.1.8)."""
        return self.changed_since is not None or "MODSEQ" in self.items


RFC822 = {
    "RFC822": Body(Section(), None, False, b"RFC822"),
    "RFC822.HEADER": Body(Section(text="HEADER"), None, True, b"RFC822.HEADER"),
    "RFC822.TEXT": Body(Section(text="TEXT"), None, False, b"RFC822.TEXT"),
}


def parse(reader: Reader, *, uid: bool = False) -> Fetch:
    numbers = reader.sequence_set(uid=uid)
    reader.space()
    wanted = items(reader)
    modifiers = _Modifiers()
    if reader.skip(b" "):
        reader.listed(lambda: _modifier(reader, modifiers, uid))
    reader.end()
    if modifiers.vanished and modifiers.changed_since is None:
        raise BadSyntax("VANISHED needs CHANGEDSINCE")  # RFC 7162 §3.2.6
    if uid and "UID" not in wanted:
        wanted = ("UID", *wanted)  # told whether asked for or not (RFC 9051 §6.4.9)
    if modifiers.changed_since is not None and "MODSEQ" not in wanted:
        wanted = (*wanted, "MODSEQ")  # RFC 7162 §3.1.4.1
    return Fetch(numbers, wanted, uid, modifiers.changed_since, modifiers.vanished, modifiers.partial)


def parse_uid(reader: Reader) -> Fetch:
    return parse(reader, uid=True)


@dataclass(slots=True)
class _Modifiers:
    """What comes behind the items."""

    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None


def _modifier(reader: Reader, found: _Modifiers, uid: bool) -> None:
    match reader.word():
        case "CHANGEDSINCE" if found.changed_since is None:
            reader.space()
            found.changed_since = reader.modseq(least=0)  # zero is what a client has that knows nothing yet
        case "VANISHED" if uid and reader.enabled.qresync and not found.vanished:
            found.vanished = True
        case "PARTIAL" if uid and found.partial is None:
            reader.space()
            found.partial = reader.partial()
        case _:
            raise BadSyntax("unknown FETCH modifier, or not here")


def items(reader: Reader) -> tuple[Item, ...]:
    """One item, a list of them in parentheses, or a macro; each once."""
    found: list[Item] = []
    if reader.comes(b"("):
        found = reader.listed(lambda: _item(reader, reader.word()))
    else:
        word = reader.word()
        found.extend(MACROS[word] if word in MACROS else (_item(reader, word),))
    if len(found) > MAX_ITEMS:
        raise BadSyntax("too many items")
    return tuple(dict.fromkeys(found))


def _item(reader: Reader, word: str) -> Item:
    if word in ("BODY", "BODY.PEEK") and reader.comes(b"["):
        return _body(reader, peek=word == "BODY.PEEK")
    if word in ("BINARY", "BINARY.PEEK"):
        path = _path_in_brackets(reader)
        partial, origin = _partial_octets(reader)
        return Binary(path, partial, word == "BINARY.PEEK", b"BINARY" + _bracketed(path) + origin)
    if word == "BINARY.SIZE":
        path = _path_in_brackets(reader)
        return BinarySize(path, b"BINARY.SIZE" + _bracketed(path))
    if word == "PREVIEW":
        return _preview(reader)
    if word in PLAIN:
        return word
    if word in RFC822:
        return RFC822[word]
    raise BadSyntax("unknown FETCH item")


def _preview(reader: Reader) -> Preview:
    """Other parentheses behind it hold modifiers of the command."""
    behind = reader.at
    if reader.skip(b" (") and reader.skip_word("LAZY") and reader.skip(b")"):
        return Preview(lazy=True)
    reader.at = behind
    return Preview()


def _body(reader: Reader, *, peek: bool) -> Body:
    reader.expect(b"[")
    found = section(reader)
    reader.expect(b"]")
    partial, origin = _partial_octets(reader)
    return Body(found, partial, peek, b"BODY[%b]%b" % (bytes(found), origin))


def _partial_octets(reader: Reader) -> tuple[tuple[int, int] | None, bytes]:
    """<first.count>, and how the answer says where it begins."""
    if not reader.skip(b"<"):
        return None, b""
    first = reader.number(MAX_NUMBER64)
    reader.expect(b".")
    count = reader.nz_number(MAX_NUMBER64)
    reader.expect(b">")
    return (first, count), b"<%d>" % first


def _path(reader: Reader) -> tuple[int, ...]:
    path = tuple(int(number) for number in reader.take(PARTS, "part number").split(b"."))
    if len(path) > MAX_PATH:
        raise BadSyntax("part too deep")
    return path


def _path_in_brackets(reader: Reader) -> tuple[int, ...]:
    reader.expect(b"[")
    path = () if reader.comes(b"]") else _path(reader)
    reader.expect(b"]")
    return path


def _bracketed(path: tuple[int, ...]) -> bytes:
    return b"[%b]" % ".".join(map(str, path)).encode("ascii")


def section(reader: Reader) -> Section:
    """What stands between the brackets (RFC 9051 §9, section)."""
    path: tuple[int, ...] = ()
    if reader.data[reader.at : reader.at + 1].isdigit():
        path = _path(reader)
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
