"""Letters of single files: files that are named, and all *.eml in folders that are named."""

import os
from collections.abc import Iterator
from pathlib import Path

from pyeonji.transfer.files import MAX_DEPTH, blocks, children, dated_us, is_folder, modified_us, open_plain, reason
from pyeonji.transfer.gather import Gathering
from pyeonji.transfer.lines import Crlf
from pyeonji.transfer.source import Coming, Desk, Folder

SUFFIX = ".eml"
LOOK = 500  # names asked for at once


class Eml:
    """See the top of this module.  A source of `pyeonji import`."""

    unit = "letters"

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self.label = f"eml {paths[0].resolve()}"

    def folders(self) -> list[Folder]:
        files = tuple(path for path in self._paths if not is_folder(path))
        found = [Folder("INBOX", (), total=len(files), paths=files)] if files else []
        for path in self._paths:
            if is_folder(path):
                found += _walk(path, (), MAX_DEPTH)
        return found

    def letters(self, folder: Folder, desk: Desk) -> Iterator[Coming]:
        for start in range(0, len(folder.paths), LOOK):
            some = folder.paths[start : start + LOOK]
            known = desk.known([item_of(path) for path in some])
            for path in some:
                if item_of(path) not in known and (coming := _read(path, desk)) is not None:
                    yield coming


def item_of(path: Path) -> str:
    return str(path.absolute())


def _walk(path: Path, levels: tuple[str, ...], depth: int) -> list[Folder]:
    entries = [entry for entry in children(path) if not entry.name.startswith(".")]
    files = tuple(
        path / entry.name
        for entry in entries
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(SUFFIX)
    )
    found = [Folder("/".join(levels) or "INBOX", levels, total=len(files), paths=files)] if files else []
    for entry in entries if depth else ():
        if entry.is_dir(follow_symlinks=False):
            found += _walk(path / entry.name, (*levels, entry.name), depth - 1)
    return found


def _read(path: Path, desk: Desk) -> Coming | None:
    gathering, crlf = Gathering(desk.spool), Crlf()
    try:
        fd = open_plain(path)
        try:
            for block in blocks(fd):
                gathering.add(crlf.feed(block))
            modified = modified_us(fd)
        finally:
            os.close(fd)
    except OSError as error:
        gathering.discard()
        desk.troubles.add(str(path), reason(error))
        return None
    gathering.add(crlf.end())
    gathered = gathering.finish()
    internal_us = dated_us(gathered.header) or modified
    return Coming(item_of(path), gathered, internal_us=internal_us, mended=crlf.mended)
