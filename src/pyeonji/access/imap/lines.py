"""FETCH responses of what needs no octets, many letters at once, straight from the columns.

One template for a whole run of letters and one `%`: half the time of a formatting for each line.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.dates import EPOCH_DAY, print_date
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.store.columns import Columns

SHOWN = {
    "UID": "UID %d",
    "FLAGS": "FLAGS %s",
    "INTERNALDATE": "INTERNALDATE %s",
    "RFC822.SIZE": "RFC822.SIZE %d",
    "MODSEQ": "MODSEQ (%d)",
}
KNOWN = frozenset(SHOWN)  # the items that need no octets
DAY_S = 86_400

Recent = Callable[[int], bool]  # is the letter of this UID \Recent to the session?
Run = tuple[int, int, int]  # message number of the first letter, its place in the columns, how many there are


def known_lines(letters: Columns, run: Run, items: tuple[str, ...], recent: Recent | None = None) -> bytes:
    """FETCH responses with these items of KNOWN."""
    number, place, count = run
    span = slice(place, place + count)
    columns = [column(letters, span, item, recent) for item in items]
    template = f"* %d FETCH ({' '.join(map(SHOWN.__getitem__, items))})\r\n"
    values = zip(range(number, number + count), *columns, strict=True)
    return (template * count % tuple(chain.from_iterable(values))).encode("ascii", "replace")


def column(letters: Columns, span: slice, item: str, recent: Recent | None = None) -> Iterable[int | str]:
    """What stands for "%d" or "%s" in SHOWN, for each letter."""
    match item:
        case "UID":
            return letters.uids[span]
        case "FLAGS":
            return _flags(letters, span, recent)
        case "INTERNALDATE":
            return [_date(at_us // 1_000_000) for at_us in letters.dates[span]]
        case "RFC822.SIZE":
            return letters.sizes[span]
    return letters.modseqs[span]


def _flags(letters: Columns, span: slice, recent: Recent | None) -> Iterable[str]:
    masks = letters.flags[span]
    if not letters.keywords and recent is None:
        return map(_printed, masks)
    words = letters.keywords
    return [
        _printed(mask | flags.RECENT if recent is not None and recent(uid) else mask, words.get(uid, ""))
        for uid, mask in zip(letters.uids[span], masks, strict=True)
    ]


def flag_items(enabled: Enabled) -> tuple[str, ...]:
    """What is said of a letter whose flags changed (RFC 7162 §3.2.4)."""
    return ("UID", "FLAGS", "MODSEQ") if enabled.condstore else ("FLAGS",)


@lru_cache(maxsize=4096)
def _printed(mask: int, words: str = "") -> str:
    return flags.printed(mask, words).decode("ascii")


def _date(second: int) -> str:
    day, rest = divmod(second, DAY_S)
    minute, left = divmod(rest, 60)
    return f'"{_day(day)} {_minute(minute)}:{left:02d} +0000"'


@lru_cache(maxsize=4096)
def _day(day: int) -> str:
    return print_date(EPOCH_DAY + day).rjust(11, "0")


@lru_cache(maxsize=1440)
def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
