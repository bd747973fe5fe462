"""Flags of a message: a bit for each well-known one, words for the rest (RFC 3501 §2.3.2, RFC 9051 §2.3.2).

The bits are stored: their order never changes, new ones go to the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

SEEN = 1
ANSWERED = 2
FLAGGED = 4
DELETED = 8
DRAFT = 16
FORWARDED = 32
MDN_SENT = 64
JUNK = 128
NOT_JUNK = 256
IMPORTANT = 512
PHISHING = 1024
RECENT = 2048  # only while a mailbox is open; never stored, never set by a client (RFC 3501 §2.3.2)

NAMES = {
    SEEN: "\\Seen",
    ANSWERED: "\\Answered",
    FLAGGED: "\\Flagged",
    DELETED: "\\Deleted",
    DRAFT: "\\Draft",
    FORWARDED: "$Forwarded",
    MDN_SENT: "$MDNSent",
    JUNK: "$Junk",
    NOT_JUNK: "$NotJunk",
    IMPORTANT: "$Important",  # RFC 8457
    PHISHING: "$Phishing",
    RECENT: "\\Recent",
}
BITS = {name.lower(): bit for bit, name in NAMES.items()}
SYSTEM = SEEN | ANSWERED | FLAGGED | DELETED | DRAFT
STORED = RECENT - 1  # every bit a client can set
MAX_KEYWORD = 100  # octets of a keyword's name; ours
MAX_KEYWORDS = 64  # free keywords in one command; ours: a message must not become a dictionary


class NotAFlag(ValueError):
    """The word is no flag we can keep."""


@dataclass(frozen=True, slots=True)
class Flags:
    """Some flags: `mask` of the bits above and other keywords as they were written."""

    mask: int = 0
    keywords: frozenset[str] = frozenset()

    def __bytes__(self) -> bytes:
        return printed(self.mask, " ".join(sorted(self.keywords)))


NONE = Flags()


def gathered(words: Iterable[str]) -> Flags:
    """The flags of these words (RFC 3501 §9, flag); raises NotAFlag.

    "\\Recent" is passed over: a client that copies flags from another server sends it, and nothing depends on it.
    """
    mask = 0
    keywords = []
    for word in words:
        bit = BITS.get(word.lower(), 0)
        mask |= bit
        if bit == 0:
            keywords.append(_keyword(word))
    known = with_words((), keywords)
    if len(known) > MAX_KEYWORDS:
        raise NotAFlag("too many keywords")
    return Flags(mask & STORED, known)


def with_words(keywords: Iterable[str], more: Iterable[str]) -> frozenset[str]:
    """All of them.  A keyword is the same in capitals and small letters (RFC 8621 §4.1.1): the first spelling stays."""
    spelt: dict[str, str] = {}
    for word in (*keywords, *more):
        spelt.setdefault(word.lower(), word)
    return frozenset(spelt.values())


def without_words(keywords: Iterable[str], gone: Iterable[str]) -> frozenset[str]:
    """Those that are not among the others in any spelling."""
    known = {word.lower() for word in gone}
    return frozenset(word for word in keywords if word.lower() not in known)


def _keyword(word: str) -> str:
    if word.startswith("\\"):
        raise NotAFlag("unknown system flag")
    if len(word) > MAX_KEYWORD:
        raise NotAFlag("keyword too long")
    return word


@lru_cache(maxsize=4096)  # 12 bits: every mask there is, for a mailbox without free keywords
def printed(mask: int, keywords: str = "") -> bytes:
    """A flag list in parentheses; `keywords` separated by one space each, as they are stored."""
    return listed(mask, [keywords] if keywords else [])


def listed(mask: int, keywords: Sequence[str]) -> bytes:
    """The same, not remembered: all keywords of a mailbox may be many, and new ones come."""
    words = [name for bit, name in NAMES.items() if mask & bit]
    return f"({' '.join([*words, *keywords])})".encode("ascii", "replace")
