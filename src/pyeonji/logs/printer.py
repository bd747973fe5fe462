"""From journey rows to lines, in the style that was chosen; and where they go."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pyeonji.logs.facts import Facts
from pyeonji.logs.lines import as_json, as_text
from pyeonji.logs.postfix import Postfix
from pyeonji.logs.record import Record, records
from pyeonji.store.journey import JourneyRow

FILE_MODE = 0o640  # a group of those who read logs may be given the file's folder


class Printer(Protocol):
    """Makes lines of rows."""

    def lines(self, row: JourneyRow, facts: Facts) -> Iterator[str]: ...


class Records:
    """One line for each record of at least this level."""

    def __init__(self, as_line: Callable[[Record], str], least: str) -> None:
        self._as_line = as_line
        self._least = least

    def lines(self, row: JourneyRow, facts: Facts) -> Iterator[str]:
        return map(self._as_line, records(row, facts, self._least))


def printer(style: str, level: str, hostname: str, *, terminal: bool = False) -> Printer | None:
    """That of `logs.settings.LogSettings.style`; None prints nothing."""
    match style:
        case "none":
            return None
        case "postfix":
            return Postfix(hostname)
        case "text":
            return Records(as_text, level)
        case "auto":
            return Records(as_text if terminal else as_json, level)
    return Records(as_json, level)


class Sink:
    """A file lines are appended to, opened anew when it was moved away; or stderr."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._fd = -1

    def write(self, lines: Sequence[str]) -> None:
        """Raises OSError: what was not written stands in the journey all the same."""
        octets = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        if self._path is None:
            sys.stderr.buffer.write(octets)
            sys.stderr.buffer.flush()
            return
        if self._fd < 0 or self._was_moved(self._path):
            self.close()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._fd = os.open(self._path, flags, FILE_MODE)
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _was_moved(self, path: Path) -> bool:
        try:
            there = path.stat()
        except FileNotFoundError:
            return True
        ours = os.fstat(self._fd)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)
