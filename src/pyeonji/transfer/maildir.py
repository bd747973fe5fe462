"""Letters of a Maildir: Maildir++ folders (".Work.2026") and folders within folders ("Work/2026"), flags, keywords."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pyeonji.proto.imap.flags import Flags
from pyeonji.transfer.files import MAX_DEPTH, blocks, children, is_folder, modified_us, open_plain, reason
from pyeonji.transfer.gather import Gathering
from pyeonji.transfer.lines import Crlf
from pyeonji.transfer.marks import from_maildir, read_keywords, split_name
from pyeonji.transfer.source import Coming, Desk, Folder

BOXES = ("cur", "new")
KEYWORDS = "dovecot-keywords"
MAX_KEYWORDS_FILE = 64 * 1024  # octets
LOOK = 500  # names asked for at once
TIME = re.compile(r"\d{1,12}")


class Maildir:
    """See the top of this module.  A source of `pyeonji import`."""

    unit = "letters"

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.label = f"maildir {self._root}"

    def folders(self) -> list[Folder]:
        return list(_walk(self._root, (), MAX_DEPTH))

    def letters(self, folder: Folder, desk: Desk) -> Iterator[Coming]:
        (path,) = folder.paths
        keywords = _keywords(path)
        names = sorted((name for box in BOXES for name in _names(path / box)), key=_arrival)
        for start in range(0, len(names), LOOK):
            some = names[start : start + LOOK]
            known = desk.known([split_name(name)[0] for _, name in some])
            for box, name in some:
                unique, letters = split_name(name)
                if unique not in known:
                    yield from _read(path, box, name, from_maildir(letters, keywords), desk)


def _walk(path: Path, levels: tuple[str, ...], depth: int) -> Iterator[Folder]:
    """The Maildir here, if it is one, and all below it."""
    here = [box for box in BOXES if is_folder(path / box)]
    if here:
        count = sum(len(_names(path / box)) for box in here)
        yield Folder("/".join(levels) or "INBOX", levels, total=count, paths=(path,))
    if not depth:
        return
    for entry in children(path):
        below = path / entry.name
        if not entry.is_dir(follow_symlinks=False) or entry.name in (*BOXES, "tmp"):
            continue
        if not entry.name.startswith("."):
            yield from _walk(below, (*levels, entry.name), depth - 1)
        elif any(is_folder(below / box) for box in BOXES):
            # Maildir++ has its folders beside each other, with dots between the levels.
            yield from _walk(below, (*levels, *entry.name[1:].split(".")), depth - 1)


def _names(box: Path) -> list[tuple[str, str]]:
    """(cur or new, file name) of the letters in one of the two."""
    with contextlib.suppress(OSError), os.scandir(box) as found:
        return [(box.name, entry.name) for entry in found if not entry.name.startswith(".")]
    return []


def _arrival(named: tuple[str, str]) -> tuple[int, str]:
    """Names begin with the second of delivery: in this order letters get their UIDs."""
    match = TIME.match(named[1])
    return int(match[0]) if match else 0, named[1]


def _keywords(path: Path) -> dict[str, str]:
    with contextlib.suppress(OSError):
        fd = open_plain(path / KEYWORDS)
        try:
            return read_keywords(os.read(fd, MAX_KEYWORDS_FILE).decode("utf-8", "replace"))
        finally:
            os.close(fd)
    return {}


def _read(folder: Path, box: str, name: str, flags: Flags, desk: Desk) -> Iterator[Coming]:
    """The letter in a file; nothing when it cannot be had."""
    gathering, crlf = Gathering(desk.spool), Crlf()
    try:
        fd = _opened(folder, box, name)
        try:
            for block in blocks(fd):
                gathering.add(crlf.feed(block))
            internal_us = modified_us(fd)
        finally:
            os.close(fd)
    except FileNotFoundError:
        desk.tally.went += 1
        return
    except OSError as error:
        gathering.discard()
        desk.troubles.add(str(folder / box / name), reason(error))
        return
    gathering.add(crlf.end())
    yield Coming(split_name(name)[0], gathering.finish(), flags, internal_us, crlf.mended)


def _opened(folder: Path, box: str, name: str) -> int:
    """A client that reads the letter meanwhile gives it another name: it is looked for once more."""
    try:
        return open_plain(folder / box / name)
    except FileNotFoundError:
        unique = split_name(name)[0]
        for now, other in _names(folder / "cur"):
            if split_name(other)[0] == unique:
                return open_plain(folder / now / other)
        raise
