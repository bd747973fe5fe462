"""format=flowed: lines that only their width has broken become one again (RFC 3676 §4)."""

import re

QUOTES = re.compile(">*")
SIGNATURE = "-- "


def unflowed(text: str, *, delsp: bool) -> str:
    """`text` with LF line ends, its paragraphs in one line each; `delsp`: the space at the break belongs to nobody.

    Quotes are shown as they were written, "> " before each paragraph of theirs.
    """
    lines: list[str] = []
    open_depth = -1  # of the paragraph that goes on with the next line; -1: none does
    for line in text.split("\n"):
        depth = len(QUOTES.match(line)[0])  # type: ignore[index]  # matches every line
        words = line[depth:].removeprefix(" ")  # space-stuffing
        flows = words.endswith(" ") and words != SIGNATURE
        if flows and delsp:
            words = words[:-1]
        if depth == open_depth and words != SIGNATURE:
            lines[-1] += words
        else:
            lines.append(">" * depth + " " * bool(depth) + words)
        open_depth = depth if flows else -1
    return "\n".join(lines)
