"""Which mailboxes are meant, in NOTIFY and in ESEARCH (RFC 5465 §6, RFC 7377 §2.2: filter-mailboxes)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader

ALONE = frozenset({"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED"})
WITH_NAMES = frozenset({"SUBTREE", "SUBTREE-ONE", "MAILBOXES"})
MAX_NAMES = 200  # mailboxes named in one scope; ours


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind` is a word of ALONE or WITH_NAMES; `mailboxes` the names behind it, which need not exist."""

    kind: str
    mailboxes: tuple[str, ...] = ()


def parse(reader: Reader) -> Scope:
    kind = reader.atom().upper()
    if kind in ALONE:
        return Scope(kind)
    if kind not in WITH_NAMES:
        raise BadSyntax("unknown set of mailboxes")
    reader.space()
    named = reader.listed(reader.mailbox) if reader.comes(b"(") else [reader.mailbox()]
    if len(named) > MAX_NAMES:
        raise BadSyntax("too many mailboxes")
    return Scope(kind, tuple(dict.fromkeys(named)))
