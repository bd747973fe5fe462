"""format=flowed: lines that only their width has broken become one again (RFC 3676 §4)."""

import re

from pyeonji.message.parameters import Parameters

QUOTES = re.compile(">*")
SIGNATURE = "-- "


def in_paragraphs(text: str, said: Parameters) -> str:
    """The lines of a text (ends: LF) as its Content-Type says they are to be read."""
    if (said.get("format") or "").lower() != "flowed":
        return text
    return unflowed(text, delsp=(said.get("delsp") or "").lower() == "yes")


def unflowed(text: str, *, delsp: bool) -> str:
    """`text` with LF line ends, its paragraphs in one line each; `delsp`: the space at the break belongs to nobody.

    Quotes are shown as they were written, "> " before each paragraph of theirs.
    """
    paragraphs: list[list[str]] = []
    open_depth = -1  # of the paragraph that goes on with the next line; -1: none does
    for line in text.split("\n"):
        depth = len(QUOTES.match(line)[0])  # type: ignore[index]  # matches every line
        words = line[depth:].removeprefix(" ")  # space-stuffing
        flows = words.endswith(" ") and words != SIGNATURE
        if flows and delsp:
            words = words[:-1]
        if depth == open_depth and words != SIGNATURE:
            paragraphs[-1].append(words)
        else:
            paragraphs.append([">" * depth + " " * bool(depth) + words])
        open_depth = depth if flows else -1
    return "\n".join(["".join(pieces) for pieces in paragraphs])
