"""i;unicode-casemap, written from RFC 5051 §2 and the character data alone: what our folding is held to."""

import itertools
import re
import unicodedata

PIECES = re.compile("[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2\uac00-\ud7a3]+")  # of syllables, and syllables


def collated(text: str) -> str:
    """Steps 2 and 3 for each code point; marks in their order, as §4 allows where a library has put them there."""
    return _in_order("".join(_apart(_titled(char)) for char in text))


def joined(text: str) -> str:
    """The same text with whole syllables, which the RFC leaves to the writer: 회의 is 회의 however it was typed."""
    return PIECES.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)


def caseless(text: str) -> str:
    """Without the case of what letters were made of, which the RFC leaves as it is: "ﬁ" is "fi", and not "FI"."""
    return text.upper().casefold()


def _titled(char: str) -> str:
    """Step 2a.  UnicodeData.txt knows only of titles of one letter: that of "ß" is in another file."""
    title = char.title()
    return title if len(title) == 1 else char


def _apart(char: str) -> str:
    """Step 2b.  Python knows of decompositions of Hangul, UnicodeData.txt not."""
    kind, *codes = unicodedata.decomposition(char).split() or [""]
    if kind and not kind.startswith("<"):
        codes.insert(0, kind)
    if not codes or "가" <= char <= "힣":
        return char
    return joined("".join(_apart(chr(int(code, 16))) for code in codes))


def _in_order(text: str) -> str:
    """Unicode's canonical ordering: marks behind a letter by their class."""
    runs = itertools.groupby(text, lambda char: unicodedata.combining(char) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs)
