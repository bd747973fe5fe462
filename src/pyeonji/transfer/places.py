"""Where a folder of another mail system goes: into the mailbox of the same use, or of the same name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyeonji.proto.imap.names import INBOX, MAX_NAME, OTHERS, SEPARATOR, UNPRINTABLE, NotAName, checked, whose
from pyeonji.transfer.names import plain_level

NAMELESS = "Imported"  # for a folder whose name cannot be kept
VIRTUAL = frozenset({"\\Flagged", "\\Important"})  # views of letters that are elsewhere, too (RFC 6154, RFC 8457)
PREFIXES = frozenset({"[gmail]", "[google mail]"})  # above the special folders of Gmail

# What programs and services call their special folders, without regard to case.
WELL_KNOWN: dict[str, tuple[str, ...]] = {
    "\\Sent": (
        "sent", "sent items", "sent mail", "sent messages", "sent-mail", "sentmail",
        "보낸편지함", "보낸 편지함", "보낸메일함", "보낸 메일함", "보낸 메일", "보낸 항목",
    ),
    "\\Drafts": (
        "drafts", "draft", "임시보관함", "임시 보관함", "임시편지함", "임시 편지함", "임시메일함", "초안",
    ),
    "\\Trash": (
        "trash", "deleted", "deleted items", "deleted messages", "bin", "wastebasket",
        "휴지통", "지운편지함", "지운 편지함", "지운메일함", "지운 메일함", "지운 항목", "삭제된 항목",
    ),
    "\\Junk": (
        "junk", "junk mail", "junk e-mail", "junk email", "spam", "bulk mail",
        "스팸", "스팸함", "스팸편지함", "스팸 편지함", "스팸메일함", "스팸 메일함", "정크 메일", "정크메일",
    ),
    "\\Archive": ("archive", "archives", "보관함", "보관편지함", "보관 편지함", "보관메일함"),
    "\\All": ("all mail", "전체보관함", "전체편지함"),
    "\\Flagged": ("starred", "별표편지함"),
    "\\Important": ("important", "중요편지함"),
    "": ("inbox", "받은편지함", "받은 편지함", "받은메일함", "받은 메일함"),
}  # fmt: skip
USE_OF = {name: use for use, names in WELL_KNOWN.items() for name in names}


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox here.  `special_use` is given to it when it has to be made; `is_view`: nothing is taken from there."""

    name: str
    special_use: str = ""
    is_view: bool = False
    holds_all: bool = False  # letters lie there that also lie in other folders: only those that do not are taken


def place_of(levels: Sequence[str], special_use: str, ours: Mapping[str, str], into: str = "") -> Place:
    """The place of a folder with these levels; no levels are the inbox.

    `ours` are the names of this account's mailboxes by their special use.  With `into` everything goes below that
    mailbox, and nothing is special.
    """
    levels = [level for level in map(readable, levels) if level]
    while len(levels) > 1 and levels[0].upper() == INBOX:
        levels = levels[1:]
    if into:
        below = [] if not levels or levels[0].upper() == INBOX else levels
        return Place(kept_name([into, *below]))
    bare = levels[1:] if len(levels) > 1 and levels[0].casefold() in PREFIXES else levels
    if not special_use and len(bare) == 1:
        special_use = USE_OF.get(bare[0].casefold(), special_use)
        if not special_use and bare[0].casefold() in WELL_KNOWN[""]:
            return Place(INBOX)
    if not bare or bare[0].upper() == INBOX:
        return Place(INBOX)
    if special_use in VIRTUAL:
        return Place(kept_name(bare), is_view=True)
    if special_use == "\\All":
        return Place(ours.get("\\Archive", "Archive"), "\\Archive", holds_all=True)
    if special_use in WELL_KNOWN:
        return Place(ours.get(special_use) or kept_name(bare), special_use)
    return Place(kept_name(bare))


def kept_name(levels: Iterable[str]) -> str:
    """A name as mailboxes here have it, whatever the levels are called."""
    parts = [part for level in levels for part in level.split(SEPARATOR) if part]
    text = SEPARATOR.join(parts)[:MAX_NAME].rstrip(SEPARATOR)
    try:
        name = checked(text)
    except NotAName:
        return NAMELESS
    # Names below "Shared" lead to other people's mailboxes.
    return name if whose(name) is None else f"{OTHERS}_{name[len(OTHERS) :]}"


def readable(level: str) -> str:
    """A level of a folder's name as people read it: modified UTF-7 or UTF-8, without control characters."""
    level = level.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return UNPRINTABLE.sub("", plain_level(level))
