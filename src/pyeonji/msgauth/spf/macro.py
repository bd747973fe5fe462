"""Macros of SPF: text with holes, read once and filled in from values (RFC 7208 §7).

Reading and filling cost what the text is long: of a name only the last 253 characters are ever made, of an
explanation the first 400.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

MAX_NAME = 253  # characters of a name in the DNS (RFC 7208 §7.3)
MAX_EXPLANATION = 400  # characters; ours: it has to fit into one line of a reply (RFC 5321 §4.5.3.1.5)

UNRESERVED = "-._~"  # besides letters and digits (RFC 3986 §2.3)
macro_literal = re.compile(r"[\x21-\x24\x26-\x7e]+")
explain_literal = re.compile(r"[\x20-\x24\x26-\x7e]+")
macro_expand = re.compile(r"%(?:([%_-])|\{([A-Za-z])(\d*)([rR]?)([-.+,/_=]*)\})", re.ASCII)
toplabel = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
SHORT = {"%": "%", "_": " ", "-": "%20"}
IN_NAMES = frozenset("slodipvh")
IN_EXPLANATIONS = IN_NAMES | frozenset("crt")


class NotAMacro(ValueError):
    """The text breaks the grammar; the words say how."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A hole: which value, and what of it."""

    letter: str  # in lower case
    parts: int = 0  # right-hand parts that are taken; 0: all
    reverse: bool = False
    delimiters: str = ""  # "": dots
    escape: bool = False  # for a URL

    def of(self, value: str) -> str:
        """What is put in for `value`."""
        if self.parts or self.reverse or self.delimiters:
            parts = re.split(f"[{re.escape(self.delimiters or '.')}]", value)
            if self.reverse:
                parts.reverse()
            value = ".".join(parts[-self.parts :])
        return quote(value, safe=UNRESERVED) if self.escape else value


Pieces = tuple[str | Macro, ...]


def macro_string(text: str, letters: frozenset[str] = IN_NAMES, literal: re.Pattern[str] = macro_literal) -> Pieces:
    """A macro-string as pieces; raises NotAMacro."""
    pieces: list[str | Macro] = []
    at = 0
    while at < len(text):
        if found := literal.match(text, at):
            pieces.append(found[0])
        elif found := macro_expand.match(text, at):
            short = found[1]
            pieces.append(SHORT[short] if short else _macro(found, letters))
        else:
            raise NotAMacro(f"{text[at : at + 10]!r} is no macro")
        at = found.end()
    return tuple(pieces)


def explain_string(text: str) -> Pieces:
    """The text of an explanation; raises NotAMacro."""
    return macro_string(text, IN_EXPLANATIONS, explain_literal)


def domain_spec(text: str) -> Pieces:
    """A macro-string that ends as names do: with a top label or a macro; raises NotAMacro."""
    pieces = macro_string(text)
    if not pieces:
        raise NotAMacro("a name is missing")
    ends_in_macro = isinstance(pieces[-1], Macro) or text.endswith(("%%", "%_", "%-"))
    if not ends_in_macro:
        _, dot, last = str(pieces[-1]).removesuffix(".").rpartition(".")
        if not dot or last.isdecimal() or not toplabel.match(last):
            raise NotAMacro(f"{text[-20:]!r} does not end in a top level domain")
    return pieces


def _macro(found: re.Match[str], letters: frozenset[str]) -> Macro:
    letter, digits = found[2], found[3].lstrip("0")
    if letter.lower() not in letters:
        raise NotAMacro(f"{found[0][:20]!r} is not allowed here")
    if found[3] and not digits:
        raise NotAMacro(f"{found[0][:20]!r} takes no parts at all")
    parts = int(digits[:4] or 0)  # four digits are more than any name has
    return Macro(letter.lower(), parts, bool(found[4]), found[5], letter.isupper())


def letters_of(pieces: Pieces) -> frozenset[str]:
    """Which values are needed to fill the holes."""
    return frozenset(piece.letter for piece in pieces if isinstance(piece, Macro))


def name_from(pieces: Pieces, values: Mapping[str, str]) -> str:
    """The name the pieces make: without labels on its left when it would be too long for the DNS."""
    made = "".join(reversed(_until(MAX_NAME + 1, _filled(reversed(pieces), values)))).removesuffix(".")
    while len(made) > MAX_NAME:
        made = made.partition(".")[2] if "." in made else ""
    return made


def text_from(pieces: Pieces, values: Mapping[str, str]) -> str:
    """The text the pieces make, cut where it becomes too long for a reply."""
    return "".join(_until(MAX_EXPLANATION, _filled(pieces, values)))[:MAX_EXPLANATION]


def _filled(pieces: Iterable[str | Macro], values: Mapping[str, str]) -> Iterator[str]:
    return (piece.of(values[piece.letter]) if isinstance(piece, Macro) else piece for piece in pieces)


def _until(length: int, texts: Iterator[str]) -> list[str]:
    """As many of the texts as make more than `length` characters."""
    taken: list[str] = []
    total = 0
    for text in texts:
        taken.append(text)
        total += len(text)
        if total > length:
            break
    return taken
