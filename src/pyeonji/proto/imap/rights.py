"""What somebody may do with a mailbox: the letters of RFC 4314 §2.1.

l sees it in LIST, r reads it, s keeps \\Seen, w changes other flags, i puts letters in, p may send to its address,
k creates mailboxes below it, x deletes or renames it, t marks letters \\Deleted, e expunges them, a administers it.
"""

from dataclasses import dataclass

from pyeonji.proto.imap.flags import DELETED, SEEN, STORED, Flags

ALL = "lrswipkxtea"  # in the order of the standard
# RFC 4314 §2.1.1: what RFC 2086 called "c" and "d".
OLD = {"c": "kx", "d": "te"}


class NotRights(ValueError):
    """A letter that is no right."""


CHANGES = frozenset("ieswt")  # without any of these a mailbox is open for reading only (RFC 4314 §5.2)


@dataclass(frozen=True, slots=True)
class Settable:
    """Which flags somebody may change: bits of `mask`, and keywords."""

    mask: int = STORED
    keywords: bool = True

    def of(self, flags: Flags) -> Flags:
        """Those of `flags` he may change."""
        return Flags(flags.mask & self.mask, flags.keywords if self.keywords else frozenset())

    def __bool__(self) -> bool:
        return bool(self.mask) or self.keywords


EVERY_FLAG = Settable()


def settable(rights: str) -> Settable:
    """What s, t and w allow (RFC 4314 §4)."""
    mask = (SEEN if "s" in rights else 0) | (DELETED if "t" in rights else 0)
    return Settable(mask | (STORED & ~(SEEN | DELETED) if "w" in rights else 0), "w" in rights)


def parsed(letters: str) -> str:
    """These rights in the order of ALL, each once, old letters replaced by what they mean; raises NotRights."""
    for old, new in OLD.items():
        letters = letters.replace(old, new)
    if not frozenset(ALL).issuperset(letters):
        raise NotRights("unknown right")
    return ordered(letters)


def ordered(letters: str) -> str:
    """Known rights in the order of ALL, each once."""
    return "".join(right for right in ALL if right in letters)


def with_old(rights: str) -> str:
    """With "c" and "d" where a right that belongs to them is there: clients of RFC 2086 look for these."""
    return rights + "".join(old for old, new in OLD.items() if not set(new).isdisjoint(rights))
