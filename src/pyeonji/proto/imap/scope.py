"""Which mailboxes are meant, in NOTIFY and in ESEARCH (RFC 5465 §6, RFC 7377 §2.2: filter-mailboxes)."""

from collections.abc import Collection
from dataclasses import dataclass

from pyeonji.proto.imap.names import SEPARATOR, whose
from pyeonji.proto.imap.wire import BadSyntax, Reader

ALONE = frozenset({"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED"})
WITH_NAMES = frozenset({"SUBTREE", "SUBTREE-ONE", "MAILBOXES"})
MAX_NAMES = 200  # mailboxes named in one scope; ours


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind` is a word of ALONE or WITH_NAMES; `mailboxes` the names behind it, which need not exist."""

    kind: str
    mailboxes: tuple[str, ...] = ()

    @property
    def is_explicit(self) -> bool:
        """Is each of its mailboxes named?"""
        return self.kind == "MAILBOXES"

    def holds(self, name: str, subscribed: Collection[str]) -> bool:
        """Is a mailbox of this name among them?  Which one is selected is not known here."""
        match self.kind:
            case "PERSONAL" | "INBOXES":  # letters may be filed into any of one's own mailboxes
                return whose(name) is None
            case "SUBSCRIBED":
                return name in subscribed
            case "MAILBOXES":
                return name in self.mailboxes
            case "SUBTREE":
                return not _levels(name).isdisjoint(self.mailboxes)
            case "SUBTREE-ONE":
                return name in self.mailboxes or name.rpartition(SEPARATOR)[0] in self.mailboxes
        return False


def _levels(name: str) -> set[str]:
    """The name and those of all levels above it."""
    found = set()
    while name:
        found.add(name)
        name = name.rpartition(SEPARATOR)[0]
    return found


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
