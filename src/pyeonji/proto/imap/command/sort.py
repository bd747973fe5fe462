"""SORT and UID SORT: messages in an order (RFC 5256; DISPLAYFROM, RFC 5957; RETURN, RFC 5267; RELEVANCY, RFC 6203)."""

from dataclasses import dataclass

from pyeonji.proto.imap import key_grammar
from pyeonji.proto.imap.command import search
from pyeonji.proto.imap.keys import Key
from pyeonji.proto.imap.wire import BadSyntax, Reader

CRITERIA = frozenset({
    "ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO", "RELEVANCY",
})  # fmt: skip
MAX_CRITERIA = 20  # in one command; ours: twice as many as there are


@dataclass(frozen=True, slots=True)
class Criterion:
    """A word of CRITERIA, turned round by REVERSE."""

    by: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """The first criterion decides, then the second ...; last the message number.  `returns` as in Search."""

    criteria: tuple[Criterion, ...]
    key: Key
    returns: search.Returns | None = None
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Sort:
    wanted = None
    if reader.skip_word("RETURN"):
        wanted = search.return_options(reader)
        reader.space()
    criteria = tuple(reader.listed(lambda: _criterion(reader)))
    if len(criteria) > MAX_CRITERIA:
        raise BadSyntax("too many criteria")
    reader.space()
    return Sort(criteria, program(reader, wanted), wanted, uid)


def parse_uid(reader: Reader) -> Sort:
    return parse(reader, uid=True)


def program(reader: Reader, returns: search.Returns | None = None) -> Key:
    """A charset, which must be said here, and keys to the end of the command (RFC 5256 §5, search-criteria)."""
    codec = key_grammar.charset(reader, saving=returns is not None and returns.save)
    reader.space()
    return key_grammar.parse(reader, codec)


def _criterion(reader: Reader) -> Criterion:
    word = reader.word()
    reverse = word == "REVERSE"
    if reverse:
        reader.space()
        word = reader.word()
    if word not in CRITERIA:
        raise BadSyntax("unknown sort criterion")
    return Criterion(word, reverse)
