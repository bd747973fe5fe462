"""What a source of letters is: a Maildir, mbox files, single files, another server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pyeonji.proto.imap.flags import NONE, Flags
from pyeonji.transfer.gather import Gathered


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a source.  No `levels` are the inbox; `total` letters (or octets) are in it, 0: nobody knows."""

    name: str  # as the source calls it
    levels: tuple[str, ...]
    special_use: str = ""
    total: int = 0
    paths: tuple[Path, ...] = ()  # files or directories it consists of


@dataclass(frozen=True, slots=True)
class Coming:
    """A letter that a source offers.  `item` is its name in the folder, the same in every run."""

    item: str
    gathered: Gathered
    flags: Flags = NONE
    internal_us: int = 0
    mended: bool = False  # lines ended in bare LF
    done: int = 1  # how much of the folder's total this was


@dataclass(slots=True)
class Tally:
    """What became of the letters of a folder, or of all."""

    taken: int = 0
    octets: int = 0  # of those taken
    again: int = 0  # taken by an earlier run
    twice: int = 0  # a duplicate was there
    passed: int = 0  # not letters to keep: deleted in the source, or its own notes
    broken: int = 0  # of those taken
    mended: int = 0  # of those taken
    went: int = 0  # away while we read

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Troubles:
    """What could not be read.  All are counted, the first ones named."""

    count: int = 0
    named: list[tuple[str, str]] = field(default_factory=list)

    def add(self, what: str, why: str) -> None:
        self.count += 1
        if len(self.named) < MAX_NAMED:
            self.named.append((what, why))


MAX_NAMED = 100  # troubles told one by one


class Desk(Protocol):
    """What a source needs of whoever takes its letters."""

    tally: Tally
    troubles: Troubles

    def known(self, items: Sequence[str]) -> set[str]:
        """Those of these items of the present folder that need not be read again."""
        ...

    def spool(self) -> Path | None:
        """Where a large letter is written; None when nothing is kept."""
        ...


class Source(Protocol):
    """Letters, folder by folder."""

    label: str  # names it in every run: "maildir /srv/old/Maildir"
    unit: str  # of a folder's total: "letters" or "octets"

    def folders(self) -> list[Folder]:
        """None when there is nothing to read at all."""
        ...

    def letters(self, folder: Folder, desk: Desk) -> Iterator[Coming]: ...
