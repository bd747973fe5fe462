"""What lies in a maildrop folder and is never picked up: told to whoever looks at the server, and left where it is.

Letters that are read and are none are put aside with the reason (`submission.maildrop`); this is the rest.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pyeonji.submission.maildrop import ASIDE, QUARANTINE, SUFFIX

UNFINISHED = ".tmp"  # behind a dot and a name: sendmail is writing it
WRITTEN_S = 3_600  # seconds after which nobody writes it any more
PICKED_UP_S = 60  # seconds in which a server that runs has looked a dozen times
MAX_LOOKED = 10_000  # entries of one folder: whoever may write there may write any number
WHYS = ("name", "kind", "unfinished", "refused", "waiting")


@dataclass(frozen=True, slots=True)
class Unread:
    """So many entries of a folder, and which is the first by name; `why` is one of WHYS."""

    folder: Path
    why: str
    count: int
    first: str


def unread(folder: Path, now_s: float, *, running: bool) -> Iterator[Unread]:
    """One for each reason; nothing where we may not look.  `running`: a server looks into the folder."""
    found: dict[str, list[str]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, MAX_LOOKED):
                found.setdefault(_why(entry, now_s, running=running), []).append(entry.name)
    except OSError:
        return
    for why in WHYS:
        if names := found.get(why):
            yield Unread(folder, why, len(names), min(names))


def _why(entry: "os.DirEntry[str]", now_s: float, *, running: bool) -> str:
    """ "" for what is as it should be."""
    try:
        about = entry.stat(follow_symlinks=False)
    except OSError:
        return ""  # gone meanwhile
    age_s = now_s - about.st_mtime
    if not stat.S_ISREG(about.st_mode):
        return "" if entry.name == Path(QUARANTINE).name and stat.S_ISDIR(about.st_mode) else "kind"
    if entry.name.endswith(SUFFIX):
        return "waiting" if running and age_s > PICKED_UP_S else ""
    if entry.name.endswith(ASIDE):
        return "refused"
    if entry.name.startswith(".") and entry.name.endswith(UNFINISHED):
        return "unfinished" if age_s > WRITTEN_S else ""
    return "name"
