"""What happens on the stage of the lab, one value after another, without a language: for terminals and for pages.

Nothing here is invented by whoever shows it: each beat was made by something that took place.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pyeonji.catalog.say import Words
from pyeonji.journey.receipt import compact
from pyeonji.lab.voice import Voice

INDENT = "       "
BETWEEN = "  "  # lines of one reply
Slots = dict[str, object]


@dataclass(frozen=True, slots=True)
class Act:
    """A new part begins."""

    key: str
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tell:
    """The narrator says a sentence."""

    key: str
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """A line that crossed a wire, and what it means.  `out` as seen from whom we stand beside."""

    out: bool
    encrypted: bool
    text: str
    key: str = ""
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody has in front of him: lines as they are."""

    key: str
    lines: tuple[str, ...]
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Side by side.  A cell that is `Words` is said in the reader's language."""

    key: str
    columns: tuple[str, ...]  # keys
    rows: tuple[tuple[str | Words, ...], ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Whether what was shown came true."""

    good: bool
    key: str
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """The journey of a letter can be read."""

    number: int


Beat = Act | Tell | Wire | Screen | Table | Check | Letter
Heard = Callable[[Beat], None]  # who is told of each
Url = Callable[[int], str]  # where the journey of a letter is read
Told = Callable[[Beat, Voice, Url], Iterator[str]]  # lines of a beat


def said(voice: Voice, cell: str | Words) -> str:
    return ", ".join(voice(key) for key in cell.keys) if isinstance(cell, Words) else cell


def harmless(text: str) -> str:
    """What somebody else wrote cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printed(beat: Beat, voice: Voice, url: Url) -> Iterator[str]:
    """The lines of a beat on a terminal."""
    match beat:
        case Act(key, slots):
            yield f"\n── {voice(key, **slots)}"
        case Tell(key, slots):
            yield f"   {voice(key, **slots)}"
        case Wire(out, encrypted, text, key, slots):
            yield f" {'🔒' if encrypted else '  '}{'→' if out else '←'} {harmless(text)}"
            if key:
                yield f"{INDENT}{voice(key, **slots)}"
        case Screen(key, lines, slots):
            yield f"\n   {voice(key, **slots)}"
            yield from (f"   │ {harmless(line)}" for line in lines)
        case Table():
            yield from _table(beat, voice)
        case Check(good, key, slots):
            yield f"   {'✓' if good else '✕'} {voice(key, **slots)}"
        case Letter(number):
            yield f"   {voice('scene.story', url=url(number))}"


def facts_of(beat: Beat, voice: Voice, url: Url) -> dict[str, object]:
    """A beat as JSON: `kind`, what a person reads (`says`), and what took place."""
    match beat:
        case Act(key, slots):
            return {"kind": "act", "says": voice(key, **slots)}
        case Tell(key, slots):
            return {"kind": "tell", "says": voice(key, **slots)}
        case Wire(out, encrypted, text, key, slots):
            says = voice(key, **slots) if key else ""
            return {"kind": "line", "dir": "out" if out else "in", "enc": encrypted, "text": text, "says": says}
        case Screen(key, lines, slots):
            return {"kind": "screen", "says": voice(key, **slots), "lines": list(lines)}
        case Table(key, columns, rows):
            cells = [[said(voice, cell) for cell in row] for row in rows]
            return {"kind": "table", "says": voice(key), "columns": [voice(one) for one in columns], "rows": cells}
        case Check(good, key, slots):
            return {"kind": "check", "good": good, "says": voice(key, **slots)}
        case Letter(number):
            return {"kind": "letter", "id": compact(number), "journey_url": url(number)}


def told_as_json(beat: Beat, voice: Voice, url: Url) -> Iterator[str]:
    """The same in one line."""
    yield json.dumps(facts_of(beat, voice, url), ensure_ascii=False)


def _table(table: Table, voice: Voice) -> Iterator[str]:
    """Each row as a block of lines: Korean is too wide for columns on a narrow terminal."""
    yield f"\n   {voice(table.key)}"
    names = [voice(key) for key in table.columns]
    for row in table.rows:
        first, *rest = (said(voice, cell) for cell in row)
        yield f"   • {first}"
        yield from (f"       {name}: {cell}" for name, cell in zip(names[1:], rest, strict=True))
