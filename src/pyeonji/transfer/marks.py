"""Flags as Maildir file names, mbox header fields and Mozilla write them, and as we do; values in, values out."""

import re
from collections.abc import Iterable, Mapping

from pyeonji.message.header import Header
from pyeonji.proto.imap.flags import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    FORWARDED,
    MAX_KEYWORDS,
    SEEN,
    Flags,
    NotAFlag,
    gathered,
)

# The letters behind ":2," of a Maildir name, in the order they must stand in.
MAILDIR = {"D": DRAFT, "F": FLAGGED, "P": FORWARDED, "R": ANSWERED, "S": SEEN, "T": DELETED}
MAX_LETTERS = 26  # keywords that a Maildir's file names can tell apart, "a" to "z"
# X-Status of mbox; Status says "R" for read and "O" for not new.
X_STATUS = {"A": ANSWERED, "F": FLAGGED, "D": DELETED, "T": DRAFT}
# Bits of X-Mozilla-Status, four hexadecimal digits.
MOZILLA = {0x0001: SEEN, 0x0002: ANSWERED, 0x0004: FLAGGED, 0x1000: FORWARDED}
MOZILLA_EXPUNGED = 0x0008  # deleted already, and only not yet cut out of the file
# "unique:2,FLAGS"; ";" and "!" where a file system knows no ":".
INFO = re.compile(r"(.*?)(?:[:;!]2,([A-Za-z]*)[^/]*)?\Z", re.DOTALL)
# What `mbox_fields` writes, with a measure on top where a letter does not end in a line end.
OUR_FIELDS = re.compile(
    rb"(?:Content-Length: \d+\r?\n)?Status: R?O\r?\nX-Status:(?: [AFDT]+)?\r?\nX-Keywords:(?: [^\r\n]*)?\r?\n"
)
KEYWORD_LINE = re.compile(r"(\d{1,2}) (\S+)\Z")
NOT_ATOM = re.compile(r'[\x00-\x20(){%*"\\\]\x7f-\uffff]')  # what a keyword cannot hold (RFC 9051 §9, atom)
# Fields of mbox files that say something about a place, not about the letter.
MBOX_FIELDS = frozenset(
    {
        b"status", b"x-status", b"x-keywords", b"x-uid", b"x-imap", b"x-imapbase", b"content-length",
        b"x-mozilla-status", b"x-mozilla-status2", b"x-mozilla-keys",
    }
)  # fmt: skip


# ── Maildir ──


def split_name(name: str) -> tuple[str, str]:
    """(unique part, flag letters) of a file name in cur/ or new/."""
    found = INFO.match(name)
    assert found is not None  # matches anything
    return found[1], found[2] or ""


def from_maildir(letters: str, keywords: Mapping[str, str]) -> Flags:
    """`keywords` are those of dovecot-keywords, by their letter."""
    mask = 0
    for letter in letters:
        mask |= MAILDIR.get(letter, 0)
    named = tolerated(keywords[letter] for letter in letters if letter in keywords)
    return Flags(mask | named.mask, named.keywords)


def to_maildir(flags: Flags, letters: Mapping[str, str]) -> str:
    """The letters for a file name; `letters` are those of keywords (those that have none are left out)."""
    system = "".join(letter for letter, bit in MAILDIR.items() if flags.mask & bit)
    return system + "".join(sorted(letters[word] for word in words_beyond(flags, MAILDIR.values()) if word in letters))


def read_keywords(text: str) -> dict[str, str]:
    """dovecot-keywords: "0 name" is the keyword whose letter is "a"."""
    found = {}
    for line in text.splitlines():
        if (match := KEYWORD_LINE.match(line)) and int(match[1]) < MAX_LETTERS:
            found[chr(ord("a") + int(match[1]))] = match[2]
    return found


# ── mbox ──


def from_mbox(header: Header) -> Flags:
    """From Status, X-Status, X-Keywords, and what Thunderbird writes."""
    status, x_status = header.text(b"status").upper(), header.text(b"x-status").upper()
    mask = SEEN if "R" in status else 0
    for letter in x_status:
        mask |= X_STATUS.get(letter, 0)
    bits = mozilla_bits(header)
    for bit, flag in MOZILLA.items():
        mask |= flag if bits & bit else 0
    words = header.text(b"x-keywords").split() + header.text(b"x-mozilla-keys").split()
    named = tolerated(words)
    return Flags(mask | named.mask, named.keywords)


def mozilla_bits(header: Header) -> int:
    try:
        return int(header.text(b"x-mozilla-status") or "0", 16)
    except ValueError:
        return 0


def mbox_fields(flags: Flags) -> bytes:
    """The fields that say the same: always all three, so that whoever reads them again knows where they end."""
    x_status = "".join(letter for letter, bit in X_STATUS.items() if flags.mask & bit)
    words = " ".join(words_beyond(flags, (SEEN, *X_STATUS.values())))
    status = "RO" if flags.mask & SEEN else "O"
    lines = (f"Status: {status}", f"X-Status: {x_status}".rstrip(), f"X-Keywords: {words}".rstrip())
    return "".join(f"{line}\n" for line in lines).encode("ascii", "replace")


# ── words ──


def tolerated(words: Iterable[str]) -> Flags:
    """The flags of these words; those that we cannot keep are passed over, as another server's own flags must be."""
    mask = 0
    keywords: set[str] = set()
    for word in words:
        try:
            flags = gathered([NOT_ATOM.sub("_", word) if not word.startswith("\\") else word])
        except NotAFlag:
            continue
        mask |= flags.mask
        keywords |= flags.keywords
        if len(keywords) == MAX_KEYWORDS:
            break
    return Flags(mask, frozenset(keywords))


def words_beyond(flags: Flags, system: Iterable[int]) -> list[str]:
    """The names of all flags that are not among these bits, in order."""
    known = 0
    for bit in system:
        known |= bit
    rest = bytes(Flags(flags.mask & ~known, flags.keywords)).decode("ascii").strip("()")
    return sorted(rest.split())
