"""LIST and LSUB: which mailboxes there are (RFC 9051 §6.3.9, RFC 3501 §6.3.9).

Also extended LIST (RFC 5258) with STATUS (RFC 5819), SPECIAL-USE (RFC 6154), MYRIGHTS (RFC 8440), METADATA (RFC 9590).

Patterns are matched without going back: no pattern is slower than its length times that of the name.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from pyeonji.proto.imap.command import metadata, status
from pyeonji.proto.imap.names import INBOX, SEPARATOR
from pyeonji.proto.imap.wire import BadSyntax, Reader

SELECTIONS = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})  # RFC 5258 §3.1, RFC 6154 §2
RETURNS = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"})  # those without a list of their own
WILDCARDS = re.compile(r"[*%]{2,}")
MAX_PATTERNS = 32  # in one command; ours


@dataclass(frozen=True, slots=True)
class List:
    """`selections` and `returns` hold the options in capitals; `status` the items of RETURN (STATUS (...)), `metadata`
    the entries of RETURN (METADATA (...)), as in GETMETADATA.

    `extended` tells the syntax of RFC 5258; a plain LIST of an empty pattern asks for the separator.
    """

    reference: str
    patterns: tuple[str, ...]
    selections: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    extended: bool = False
    subscribed_only: bool = False  # LSUB
    rev2: bool = False

    @property
    def knows_nonexistent(self) -> bool:
        """RFC 5258 and RFC 9051 have a word for levels that are no mailbox; RFC 3501 only knows \\Noselect."""
        return self.extended or self.rev2


def parse(reader: Reader) -> List:
    selections: frozenset[str] = frozenset()
    extended = reader.comes(b"(")
    if extended:
        selections = _selections(reader)
        reader.space()
    reference = reader.list_mailbox()
    reader.space()
    if reader.comes(b"("):
        extended = True
        patterns = tuple(reader.listed(reader.list_mailbox))
        if len(patterns) > MAX_PATTERNS:
            raise BadSyntax("too many patterns")
    else:
        patterns = (reader.list_mailbox(),)
    wanted = _Returns()
    if reader.skip(b" "):
        extended = True
        if reader.word() != "RETURN":
            raise BadSyntax("RETURN expected")
        reader.space()
        reader.listed(lambda: _return_option(reader, wanted), empty=True)
    reader.end()
    return List(
        reference, patterns, selections, frozenset(wanted.words), wanted.status, wanted.metadata, extended,
        rev2=reader.enabled.rev2,
    )  # fmt: skip


def parse_lsub(reader: Reader) -> List:
    reference = reader.list_mailbox()
    reader.space()
    pattern = reader.list_mailbox()
    reader.end()
    return List(reference, (pattern,), subscribed_only=True)


def _selections(reader: Reader) -> frozenset[str]:
    found = frozenset(reader.listed(lambda: reader.atom().upper(), empty=True))
    if not found <= SELECTIONS:
        raise BadSyntax("unknown selection option")
    if "RECURSIVEMATCH" in found and not found - {"RECURSIVEMATCH", "REMOTE"}:
        raise BadSyntax("RECURSIVEMATCH needs another option")  # RFC 5258 §3.1
    return found


@dataclass(slots=True)
class _Returns:
    words: set[str] = field(default_factory=set)
    status: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()


def _return_option(reader: Reader, found: _Returns) -> None:
    name = reader.atom().upper()
    if name == "STATUS":
        reader.space()
        found.status = status.items(reader)
    elif name == "METADATA":
        reader.space()
        found.metadata = metadata.entries(reader)
    elif name in RETURNS:
        found.words.add(name)
    else:
        raise BadSyntax("unknown return option")


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits reference and pattern, joined: "*" is anything, "%" anything within one level.

    All places in the pattern where the name may have got to are the bits of one number, so that each character of the
    name is looked at once, whatever the pattern is.
    """
    equal, star, percent, end = _places(pattern)
    wild = star | percent
    here = 1
    for character in name:
        here |= (here & wild) << 1
        stay = star if character == SEPARATOR else wild
        here = (here & equal.get(character, 0)) << 1 | here & stay
        if not here:
            return False
    return bool((here | (here & wild) << 1) & end)


def collapsed(pattern: str) -> str:
    """The same pattern with neighbouring wildcards as one: "*" if there is one among them."""
    return WILDCARDS.sub(lambda found: "*" if "*" in found[0] else "%", pattern)


@lru_cache(maxsize=64)
def _places(pattern: str) -> tuple[dict[str, int], int, int, int]:
    """Where each character stands in the pattern, where "*", where "%", and its end, all as bits."""
    pattern = collapsed(pattern)
    if pattern.upper() == INBOX:
        pattern = INBOX  # in any case, RFC 3501 §5.1
    equal: dict[str, int] = {}
    for place, character in enumerate(pattern):
        equal[character] = equal.get(character, 0) | 1 << place
    return equal, equal.pop("*", 0), equal.pop("%", 0), 1 << len(pattern)
