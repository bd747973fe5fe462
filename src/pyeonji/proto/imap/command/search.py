"""SEARCH and UID SEARCH: a question as a tree (RFC 3501 §6.4.4; RETURN options, RFC 4731).

The parser keeps its own stack: each open NOT, OR or parenthesis is one frame, and no more than MAX_DEPTH may be open.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import MAX_DEPTH, MAX_NUMBER64, WORD, BadCharset, BadSyntax, Reader

DIGITS = tuple(b"%d" % digit for digit in range(1, 10))
MAX_KEYS = 2000  # keys in one SEARCH; ours
RETURNS = frozenset({"MIN", "MAX", "ALL", "COUNT"})  # RFC 4731 §3.1

# What Korean and western clients have been seen to search in.  The answer to others names the two of the standard.
CHARSETS = {
    "US-ASCII": "utf-8", "UTF-8": "utf-8", "ISO-8859-1": "iso8859-1",
    "EUC-KR": "cp949", "KS_C_5601-1987": "cp949", "CP949": "cp949",
}  # fmt: skip


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
class Larger:
    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    octets: int


@dataclass(frozen=True, slots=True)
class Uids:
    numbers: NumberSet


@dataclass(frozen=True, slots=True)
class Numbers:
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
class Not:
    key: "Key"


@dataclass(frozen=True, slots=True)
class Or:
    left: "Key"
    right: "Key"


@dataclass(frozen=True, slots=True)
class And:
    keys: "tuple[Key, ...]"


Key = (
    All | HasFlags | HasKeyword | Arrived | Sent | Larger | Smaller | Uids | Numbers
    | Field | InBody | InText | Not | Or | And
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """`returns` is None for the plain answer, else the options of RFC 4731 ({"ALL"} for none)."""

    key: Key
    returns: frozenset[str] | None = None
    uid: bool = False


FLAG_KEYS: dict[str, Key] = {
    "ALL": All(),
    "ANSWERED": HasFlags(flags.ANSWERED),
    "DELETED": HasFlags(flags.DELETED),
    "DRAFT": HasFlags(flags.DRAFT),
    "FLAGGED": HasFlags(flags.FLAGGED),
    "RECENT": HasFlags(flags.RECENT),
    "SEEN": HasFlags(flags.SEEN),
    "UNANSWERED": HasFlags(flags.ANSWERED, False),
    "UNDELETED": HasFlags(flags.DELETED, False),
    "UNDRAFT": HasFlags(flags.DRAFT, False),
    "UNFLAGGED": HasFlags(flags.FLAGGED, False),
    "UNSEEN": HasFlags(flags.SEEN, False),
    "OLD": HasFlags(flags.RECENT, False),
    "NEW": And((HasFlags(flags.RECENT), HasFlags(flags.SEEN, False))),
}
Words = Callable[[], str]
WITH_ARGUMENT: dict[str, Callable[[Reader, Words], Key]] = {
    "BCC": lambda reader, text: Field("bcc", text()),
    "BEFORE": lambda reader, text: Arrived(None, reader.date()),
    "BODY": lambda reader, text: InBody(text()),
    "CC": lambda reader, text: Field("cc", text()),
    "FROM": lambda reader, text: Field("from", text()),
    "HEADER": lambda reader, text: _header(reader, text),
    "KEYWORD": lambda reader, text: _keyword(reader, True),
    "LARGER": lambda reader, text: Larger(reader.number(MAX_NUMBER64)),
    "ON": lambda reader, text: _on(Arrived, reader),
    "SENTBEFORE": lambda reader, text: Sent(None, reader.date()),
    "SENTON": lambda reader, text: _on(Sent, reader),
    "SENTSINCE": lambda reader, text: Sent(reader.date(), None),
    "SINCE": lambda reader, text: Arrived(reader.date(), None),
    "SMALLER": lambda reader, text: Smaller(reader.number(MAX_NUMBER64)),
    "SUBJECT": lambda reader, text: Field("subject", text()),
    "TEXT": lambda reader, text: InText(text()),
    "TO": lambda reader, text: Field("to", text()),
    "UID": lambda reader, text: Uids(reader.sequence_set()),
    "UNKEYWORD": lambda reader, text: _keyword(reader, False),
}


@dataclass(slots=True)
class Open:
    """A NOT, OR or parenthesis that waits for keys: `wants` of them, or as many as come before ")"."""

    wants: int | None
    close: Callable[[list[Key]], Key]
    keys: list[Key]


def parse(reader: Reader, *, uid: bool = False) -> Search:
    returns = None
    word = _peek_word(reader)
    if word == "RETURN":
        returns = _returns(reader)
        reader.space()
        word = _peek_word(reader)
    codec = "utf-8"
    if word == "CHARSET":
        codec = _charset(reader)
        reader.space()
    key = _keys(reader, lambda: _text(reader, codec))
    return Search(key, returns, uid)


def parse_uid(reader: Reader) -> Search:
    return parse(reader, uid=True)


def _keys(reader: Reader, text: Words) -> Key:
    """All keys to the end of the command, as one."""
    stack = [Open(None, _all_of, [])]
    for _ in range(MAX_KEYS):
        key = _one(reader, text, stack)
        if key is None:
            continue
        while _give(key, stack[-1], reader, bottom=len(stack) == 1):
            closed = stack.pop()
            key = closed.close(closed.keys)
        if len(stack) == 1 and reader.at_end():
            return _all_of(stack[0].keys)
        reader.space()
    raise BadSyntax("too many search keys")


def _give(key: Key, top: Open, reader: Reader, *, bottom: bool) -> bool:
    """Add the key to what is open; True when that is complete by it."""
    top.keys.append(key)
    if top.wants is None:
        return not bottom and reader.skip(b")")
    return len(top.keys) == top.wants


def _one(reader: Reader, text: Words, stack: list[Open]) -> Key | None:
    """The next key; None when it only opened something."""
    if len(stack) > MAX_DEPTH + 1:  # the command itself is the first
        raise BadSyntax("search keys nested too deep")
    if reader.skip(b"("):
        stack.append(Open(None, _all_of, []))
        return None
    if reader.data[reader.at : reader.at + 1] in (b"*", *DIGITS):
        return Numbers(reader.sequence_set())
    word = reader.word()
    if word in FLAG_KEYS:
        return FLAG_KEYS[word]
    reader.space()
    if word == "NOT":
        stack.append(Open(1, lambda keys: Not(keys[0]), []))
        return None
    if word == "OR":
        stack.append(Open(2, lambda keys: Or(keys[0], keys[1]), []))
        return None
    if word not in WITH_ARGUMENT:
        raise BadSyntax("unknown search key")
    return WITH_ARGUMENT[word](reader, text)


def _all_of(keys: list[Key]) -> Key:
    return keys[0] if len(keys) == 1 else And(tuple(keys))


def _on(kind: type[Arrived] | type[Sent], reader: Reader) -> Key:
    day = reader.date()
    return kind(day, day + 1)


def _header(reader: Reader, text: Words) -> Key:
    name = reader.astring().decode("ascii", "replace").lower()
    reader.space()
    return Field(name, text())


def _keyword(reader: Reader, wanted: bool) -> Key:
    word = reader.atom()
    bit = flags.BITS.get(word.lower())
    return HasFlags(bit, wanted) if bit else HasKeyword(word.lower(), wanted)


def _text(reader: Reader, codec: str) -> str:
    octets = reader.astring()
    try:
        return octets.decode(codec)
    except UnicodeDecodeError as error:
        raise BadSyntax("text is not in the charset") from error


def _charset(reader: Reader) -> str:
    reader.word()
    reader.space()
    name = reader.astring().decode("latin-1").upper()
    if name not in CHARSETS:
        raise BadCharset("charset not known")
    return CHARSETS[name]


def _returns(reader: Reader) -> frozenset[str]:
    reader.word()
    reader.space()
    found = frozenset(reader.listed(reader.word, empty=True))
    if not found <= RETURNS:
        raise BadSyntax("unknown RETURN option")
    return found or frozenset({"ALL"})


def _peek_word(reader: Reader) -> str:
    found = WORD.match(reader.data, reader.at)
    return found[0].decode("ascii").upper() if found else ""
