"""LIST and LSUB: which mailboxes there are (RFC 3501 §6.3.8, §6.3.9; RFC 5258; RFC 5819; RFC 6154).

A pattern is matched in one pass with one step back: a "*" or "%" that fails is only ever tried one character later.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyeonji.proto.imap.command import status
from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.proto.imap.wire import BadSyntax, Reader

SELECTIONS = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})  # RFC 5258 §3.1, RFC 6154 §2
RETURNS = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE"})  # RFC 5258 §3.2, RFC 6154 §2; STATUS is read apart
MAX_PATTERNS = 32  # in one command; ours


@dataclass(frozen=True, slots=True)
class List:
    """`selections` and `returns` hold the options in capitals; `status` the items of RETURN (STATUS (...)).

    `extended` tells the syntax of RFC 5258; a plain LIST of an empty pattern asks for the separator.
    """

    reference: str
    patterns: tuple[str, ...]
    selections: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    extended: bool = False
    subscribed_only: bool = False  # LSUB


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
    returns: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()
    if reader.skip(b" "):
        extended = True
        returns, asked = _returns(reader)
    reader.end()
    return List(reference, patterns, selections, returns, asked, extended)


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


def _returns(reader: Reader) -> tuple[frozenset[str], tuple[str, ...]]:
    if reader.word() != "RETURN":
        raise BadSyntax("RETURN expected")
    reader.space()
    asked: tuple[str, ...] = ()

    def option() -> str:
        nonlocal asked
        name = reader.atom().upper()
        if name == "STATUS":
            reader.space()
            asked = status.items(reader)
        elif name not in RETURNS:
            raise BadSyntax("unknown return option")
        return name

    found = frozenset(reader.listed(option, empty=True))
    return found - {"STATUS"}, asked


def matcher(reference: str, pattern: str) -> Callable[[str], bool]:
    """Whether a mailbox name fits: "*" is anything, "%" anything within one level (RFC 3501 §6.3.8)."""
    whole = reference + pattern
    if whole.upper() == "INBOX":
        whole = "INBOX"
    return lambda name: _fits(name, whole)


def _fits(name: str, pattern: str) -> bool:
    at = here = 0
    star = percent = (-1, -1)  # (place in the pattern after the wildcard, place in the name it was last tried at)
    while at < len(name):
        if here < len(pattern) and pattern[here] == "*":
            here += 1
            star, percent = (here, at), (-1, -1)
        elif here < len(pattern) and pattern[here] == "%":
            here += 1
            percent = (here, at)
        elif here < len(pattern) and pattern[here] == name[at]:
            here += 1
            at += 1
        elif percent[0] >= 0 and name[percent[1]] != SEPARATOR:
            percent = (percent[0], percent[1] + 1)
            here, at = percent
        elif star[0] >= 0:
            star, percent = (star[0], star[1] + 1), (-1, -1)
            here, at = star
        else:
            return False
    return not pattern[here:].strip("*%")
