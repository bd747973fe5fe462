"""ESEARCH: one question to several mailboxes (RFC 7377)."""

from dataclasses import dataclass

from pyeonji.proto.imap import scope
from pyeonji.proto.imap.command import search
from pyeonji.proto.imap.keys import Key
from pyeonji.proto.imap.wire import BadSyntax, Reader

MAX_SCOPES = 20  # in one command; ours


@dataclass(frozen=True, slots=True)
class Esearch:
    """The answers tell UIDs.  `scopes` is empty for the selected mailbox."""

    scopes: tuple[scope.Scope, ...]
    key: Key
    returns: search.Returns


def parse(reader: Reader) -> Esearch:
    scopes: list[scope.Scope] = []
    if reader.skip_word("IN"):
        reader.space()
        scopes = reader.listed(lambda: _scope(reader))
        if len(scopes) > MAX_SCOPES:
            raise BadSyntax("too many sets of mailboxes")
        reader.space()
    returns = search.Returns()
    if reader.skip_word("RETURN"):
        returns = search.return_options(reader)
        reader.space()
    return Esearch(tuple(dict.fromkeys(scopes)), search.program(reader, returns), returns)


def _scope(reader: Reader) -> scope.Scope:
    found = scope.parse(reader)
    if found.kind == "SELECTED-DELAYED":
        raise BadSyntax("unknown set of mailboxes")  # RFC 7377 §4
    return found
