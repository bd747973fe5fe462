"""SEARCH and UID SEARCH (RFC 9051 §6.4.4), and which results a client wants of it (RFC 4731).

RETURN also takes SAVE (RFC 5182), PARTIAL (RFC 9394), CONTEXT and UPDATE (RFC 5267), RELEVANCY (RFC 6203).
"""

from dataclasses import dataclass, field

from pyeonji.proto.imap import key_grammar
from pyeonji.proto.imap.command import fetch
from pyeonji.proto.imap.keys import Key
from pyeonji.proto.imap.numbers import Partial
from pyeonji.proto.imap.wire import BadSyntax, Reader

RESULTS = frozenset({"MIN", "MAX", "ALL", "COUNT", "RELEVANCY"})  # RFC 4731 §3.1, RFC 6203 §4
ALL = frozenset({"ALL"})


@dataclass(frozen=True, slots=True)
class Returns:
    """`results` holds words of RESULTS.

    `save` keeps the result as "$"; `update` asks to be told of changes from now on, with `update_items` of messages
    that come in (RFC 5465 §5.2); `context` is a hint that more is to come.
    """

    results: frozenset[str] = ALL
    save: bool = False
    partial: Partial | None = None
    context: bool = False
    update: bool = False
    update_items: tuple[fetch.Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """`returns` is None for the plain answer of RFC 3501, else what the answer of RFC 4731 holds."""

    key: Key
    returns: Returns | None = None
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Search:
    # A client of RFC 9051 always gets the answer of RFC 4731.
    returns = Returns() if reader.enabled.rev2 else None
    if reader.skip_word("RETURN"):
        returns = return_options(reader)
        reader.space()
    return Search(program(reader, returns), returns, uid)


def parse_uid(reader: Reader) -> Search:
    return parse(reader, uid=True)


def program(reader: Reader, returns: Returns | None) -> Key:
    """A charset if there is one, and keys to the end of the command (RFC 9051 §9, search-program)."""
    codec = "utf-8"
    if reader.skip_word("CHARSET"):
        if reader.enabled.utf8_accept:
            raise BadSyntax("no charset after UTF8=ACCEPT")  # RFC 9755 §3
        reader.space()
        codec = key_grammar.charset(reader, saving=returns is not None and returns.save)
        reader.space()
    return key_grammar.parse(reader, codec)


def return_options(reader: Reader) -> Returns:
    """What stands behind the word RETURN."""
    reader.space()
    options = _Options()
    reader.listed(lambda: _option(reader, options), empty=True)
    if not options.words:
        return Returns()
    if "ALL" in options.words and options.partial:
        raise BadSyntax("either ALL or PARTIAL")  # RFC 9394 §3.1
    return Returns(
        frozenset(options.words & RESULTS), "SAVE" in options.words, options.partial, "CONTEXT" in options.words,
        "UPDATE" in options.words, options.update_items,
    )  # fmt: skip


@dataclass(slots=True)
class _Options:
    words: set[str] = field(default_factory=set)
    partial: Partial | None = None
    update_items: tuple[fetch.Item, ...] = ()


def _option(reader: Reader, found: _Options) -> None:
    word = reader.word()
    if word == "PARTIAL" and found.partial is None:
        reader.space()
        found.partial = reader.partial()
    elif word == "UPDATE":
        if reader.comes(b" (") or reader.comes(b"("):  # RFC 5465 §8 has no space there, its examples have one
            reader.skip(b" ")
            found.update_items = fetch.items(reader)
    elif word not in RESULTS and word not in ("SAVE", "CONTEXT"):
        raise BadSyntax("unknown RETURN option")
    found.words.add(word)
