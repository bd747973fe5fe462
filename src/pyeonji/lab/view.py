"""Beats as a template shows them: plain values in one language."""

from typing import Any

from pyeonji.journey.receipt import written
from pyeonji.lab.beat import Act, Beat, Check, Letter, Screen, Table, Tell, Wire, said
from pyeonji.lab.voice import Voice


def seen(beat: Beat, voice: Voice) -> dict[str, Any]:
    """`kind` says which of the template's shapes it has."""
    match beat:
        case Act(key, slots):
            return {"kind": "act", "text": voice(key, **slots)}
        case Tell(key, slots):
            return {"kind": "tell", "text": voice(key, **slots)}
        case Wire(out, encrypted, text, key, slots):
            sentence = voice(key, **slots) if key else ""
            return {"kind": "wire", "out": out, "locked": encrypted, "text": text, "sentence": sentence}
        case Screen(key, lines, slots):
            return {"kind": "screen", "text": voice(key, **slots), "lines": lines}
        case Table(key, columns, rows):
            return {
                "kind": "table", "text": voice(key), "columns": [voice(column) for column in columns],
                "rows": [[said(voice, cell) for cell in row] for row in rows],
            }  # fmt: skip
        case Check(good, key, slots):
            return {"kind": "check", "good": good, "text": voice(key, **slots)}
        case Letter(number):
            return {"kind": "letter", "number": written(number)}
