"""What a command says: sentences and tables for people, JSON for programs."""

import json as json_
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from pyeonji.catalog.cli import say

BOLD, USUAL = "\x1b[1m", "\x1b[22m"


class Problem(Exception):
    """The answer is no; `key` and `slots` name the sentence, which ends with what to do."""

    def __init__(self, key: str, code: int = 1, **slots: str) -> None:
        super().__init__(key)
        self.key = key
        self.code = code
        self.slots = slots


class Out:
    """Where a command speaks."""

    def __init__(self, language: str, *, json: bool = False, plain: bool = False) -> None:
        self.language = language
        self.json = json
        self.plain = plain or not sys.stdout.isatty()

    def words(self, key: str, **slots: object) -> str:
        return say(self.language, key, **slots)

    def say(self, key: str, **slots: object) -> None:
        """A sentence for people; silent when a program reads."""
        if not self.json:
            self.line(self.words(key, **slots))

    def answer(self, value: Any, key: str, **slots: object) -> None:
        """What is true now: for programs the data, for people the sentence."""
        if self.json:
            self.data(value)
        else:
            self.say(key, **slots)

    def line(self, text: str = "") -> None:
        sys.stdout.write(f"{_printable(text)}\n")
        sys.stdout.flush()

    def hit(self, text: str, start: int, end: int) -> None:
        """A line below another one; what was looked for stands out where a person reads."""
        before, found, behind = (_printable(part) for part in (text[:start], text[start:end], text[end:]))
        if found and not self.plain:
            found = f"{BOLD}{found}{USUAL}"
        sys.stdout.write(f"    {before}{found}{behind}\n")
        sys.stdout.flush()

    def data(self, value: Any) -> None:
        sys.stdout.write(json_.dumps(value, ensure_ascii=not _takes_all(), indent=2, default=str) + "\n")
        sys.stdout.flush()

    def record(self, value: Any) -> None:
        """One line of JSON: for what comes little by little."""
        sys.stdout.write(json_.dumps(value, ensure_ascii=not _takes_all(), default=str) + "\n")
        sys.stdout.flush()

    def error(self, key: str, **slots: object) -> None:
        sys.stderr.write(f"{_printable(self.words(key, **slots))}\n")

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Columns as wide as their widest cell, a Hangul syllable counting two."""
        cells = [[str(cell) for cell in row] for row in rows]
        lines = [[self.words(f"title.{title}") for title in titles], *cells]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
            self.line("  ".join(padded).rstrip())


def _takes_all() -> bool:
    """Is standard output in UTF-8?  JSON has another way to write what an older set of characters lacks."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fitted(text: str, columns: int) -> str:
    """As much of a line as there is room for, without control characters."""
    text = _printable(text)
    while _width(text) > columns:
        text = text[: max(0, len(text) - max(1, (_width(text) - columns) // 2))]
    return text


def _printable(text: str) -> str:
    """No control octets of a stranger reach a terminal."""
    return (
        "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
        .encode("utf-8", "replace")
        .decode()
    )
