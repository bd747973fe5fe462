"""Letters of mbox files: one file, or a folder of them (Thunderbird's ".sbd", Apple's "Name.mbox/mbox" among them)."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from pyeonji.message.header import Header, parse_header
from pyeonji.proto.imap.flags import Flags
from pyeonji.transfer.files import MAX_DEPTH, children, dated_us, is_folder, modified_us, open_plain, reason
from pyeonji.transfer.gather import Gathering
from pyeonji.transfer.lines import Crlf, Lines, unquoted
from pyeonji.transfer.marks import MBOX_FIELDS, MOZILLA_EXPUNGED, OUR_FIELDS, from_mbox, mozilla_bits
from pyeonji.transfer.mbox_scan import Found, NotAnMbox, Scanner
from pyeonji.transfer.places import USE_OF
from pyeonji.transfer.source import Coming, Desk, Folder

BELOW = ".sbd"  # Thunderbird's folder of the folders below one
SUFFIX = ".mbox"
INSIDE = "mbox"  # Apple's file in a folder "Name.mbox"
NO_LETTERS = (".msf", ".dat", ".lock", ".index", ".cache", ".log", ".html", ".json")  # what lies beside them
# The first "letter" of c-client and Pine says where their counters stand.
INTERNAL = b"DON'T DELETE THIS MESSAGE"
DIALECTS = ("auto", "mboxo", "mboxrd", "mboxcl", "mboxcl2")
QUOTES = {"mboxo": True, "mboxrd": True, "mboxcl": True, "mboxcl2": False}  # lines that begin with "From "


class Mbox:
    """See the top of this module.  A source of `pyeonji import`.

    A file alone is the inbox, unless its name is that of a special folder; of several files each is a folder.
    """

    unit = "octets"

    def __init__(self, paths: list[Path], *, dialect: str = "auto", keep_duplicates: bool = False) -> None:
        self._paths = paths
        self._quotes = QUOTES.get(dialect)
        self._keep_duplicates = keep_duplicates
        self.label = f"mbox {paths[0].resolve()}"

    def folders(self) -> list[Folder]:
        found = []
        for path in self._paths:
            if is_folder(path):
                found += list(_walk(path, (), MAX_DEPTH))
            else:
                named = path.name.removesuffix(SUFFIX)
                levels = (named,) if len(self._paths) > 1 or named.casefold() in USE_OF else ()
                found.append(Folder(path.name, levels, total=path.stat().st_size, paths=(path,)))
        return found

    def letters(self, folder: Folder, desk: Desk) -> Iterator[Coming]:
        (path,) = folder.paths
        try:
            fd = open_plain(path)
        except OSError as error:
            desk.troubles.add(str(path), reason(error))
            return
        with os.fdopen(fd, "rb", buffering=0) as stream:
            try:
                yield from self._scan(Scanner(stream), modified_us(fd), desk)
            except NotAnMbox:
                desk.troubles.add(str(path), "not an mbox file")
            except OSError as error:
                desk.troubles.add(str(path), reason(error))

    def _scan(self, scanner: Scanner, modified: int, desk: Desk) -> Iterator[Coming]:
        times: dict[str, int] = {}  # how often a letter came, where duplicates are kept
        while (found := scanner.next()) is not None:
            reading = Reading(desk.spool, found.is_quoted if self._quotes is None else self._quotes)
            scanner.take(reading.add)
            coming = reading.coming(found, modified, scanner.offset - found.offset)
            if reading.is_letter:
                yield coming if not self._keep_duplicates else _numbered(coming, times)
            else:
                reading.gathering.discard()
                desk.tally.passed += 1


class Reading:
    """One letter between the file and the mailbox: unquoted, with CR LF, without what mbox programs wrote into it."""

    def __init__(self, spool: Callable[[], Path | None], is_quoted: bool) -> None:
        self.gathering = Gathering(spool, self._edited)
        self.is_letter = True
        self._lines, self._crlf = Lines(unquoted if is_quoted else bytes), Crlf()
        self._flags = Flags()

    def add(self, octets: bytes) -> None:
        self.gathering.add(self._crlf.feed(self._lines.feed(octets)))

    def coming(self, found: Found, modified: int, octets: int) -> Coming:
        self.gathering.add(self._crlf.feed(self._lines.end()) + self._crlf.end())
        gathered = self.gathering.finish()
        at_us = found.at_us if found.at_us is not None else dated_us(gathered.header)
        internal_us = max(1, at_us) if at_us is not None else modified
        return Coming(gathered.digest.hex(), gathered, self._flags, internal_us, self._crlf.mended, octets)

    def _edited(self, head: bytes) -> bytes:
        if ours := OUR_FIELDS.match(head):
            self._flags = from_mbox(parse_header(ours[0]))
            return head[ours.end() :]
        header = parse_header(head)
        self._flags = from_mbox(header)
        if mozilla_bits(header) & MOZILLA_EXPUNGED or _is_internal(header):
            self.is_letter = False
        return without_marks(header)


def without_marks(header: Header) -> bytes:
    """The header without the fields that say something about a place."""
    fields = list(header)
    if MBOX_FIELDS.isdisjoint(field.name for field in fields):
        return header.octets
    kept = [header.raw(field) for field in fields if field.name not in MBOX_FIELDS]
    return b"".join(kept) + header.octets[header.fields_end :]


def _is_internal(header: Header) -> bool:
    return (header.get(b"subject") or b"").startswith(INTERNAL) and header.count(b"x-imap") > 0


def _numbered(coming: Coming, times: dict[str, int]) -> Coming:
    """The second of two equal letters is another item than the first."""
    count = times[coming.item] = times.get(coming.item, 0) + 1
    return coming if count == 1 else replace(coming, item=f"{coming.item}#{count}")


def _walk(path: Path, levels: tuple[str, ...], depth: int) -> Iterator[Folder]:
    for entry in children(path):
        here = path / entry.name
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_file(follow_symlinks=False):
            if not entry.name.endswith(NO_LETTERS):
                named = (*levels, entry.name.removesuffix(SUFFIX))
                yield Folder("/".join(named), named, total=entry.stat().st_size, paths=(here,))
        elif depth:
            yield from _below(here, levels, depth)


def _below(path: Path, levels: tuple[str, ...], depth: int) -> Iterator[Folder]:
    name = path.name
    if name.endswith(SUFFIX) and (path / INSIDE).is_file():
        named = (*levels, name.removesuffix(SUFFIX))
        yield Folder("/".join(named), named, total=(path / INSIDE).stat().st_size, paths=(path / INSIDE,))
        return
    yield from _walk(path, (*levels, name.removesuffix(BELOW).removesuffix(SUFFIX)), depth - 1)
