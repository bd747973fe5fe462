"""The form in which texts are compared: without regard to case, width, composition, and how white space was written.

It is that of i;unicode-casemap (RFC 5051 §2), letters in title case and each taken apart into what it is made of, so
that "cafe" finds "café".  In the end it is small, and the case of what came out of a letter does not count: "fi" finds
"ﬁ", "STRASSE" finds "Straße".  Syllables of Hangul stay whole, as in the data the RFC goes by: "가" is not in "각".
Pieces of syllables are put together first, so "편지" finds itself however it was typed, and "(주)" finds "㈜".
"""

import re
from unicodedata import normalize

_UNSEEN = "\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
# What people do not see does not part what they search: soft hyphens, joiners, marks of direction and order.
UNSEEN = re.compile(f"[{_UNSEEN}]+")
CONTROL = re.compile(f"[{_CONTROL}]+")
NEITHER = re.compile(f"[{_CONTROL}{_UNSEEN}]+")
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\u3200-\u321e\u3260-\u327e\ua960-\ua97c\uac00-\ud7fb\uffa0-\uffdc]")
# Beside syllables: what may be taken apart.  ASCII, the usual signs and Chinese characters are not.
COMPOSED = re.compile("[^\x00-\x7f\xb7\u2012-\u2016\u2018-\u2023\u3001-\u3029\u4e00-\u9fff\uac00-\ud7a3]+")
SIGNS_OF_SYLLABLES = re.compile("([\u320e-\u321e\u326e-\u327e]+)")  # one or two of them in brackets or in a circle


def fold(text: str) -> str:
    """Runs of white space become one space, those at the ends stay one space, too; control characters go."""
    text = fold_characters(text)
    if not text:
        return ""
    words = " ".join(text.split())
    before = " " if text[0].isspace() and words else ""
    behind = " " if text[-1].isspace() else ""
    return before + words + behind


def fold_line(text: str) -> str:
    """The same without white space at the ends."""
    return " ".join(fold_characters(text).split())


def fold_characters(text: str) -> str:
    """Case, width and composition alone."""
    if text.isascii():
        return (text if text.isprintable() else CONTROL.sub("", text)).lower()
    text = normalize("NFC", NEITHER.sub("", text))
    if HANGUL.search(text):
        return COMPOSED.sub(_apart, text).casefold()
    return normalize("NFKD", text).upper().casefold()  # the same, all at once


def _apart(found: re.Match[str]) -> str:
    pieces = SIGNS_OF_SYLLABLES.split(found[0])  # every second one is signs
    return "".join(normalize("NFKC" if place % 2 else "NFKD", piece) for place, piece in enumerate(pieces)).upper()


def ordering(folded: str) -> str:
    """What is compared to put folded texts in order: capitals, with signs like "_" behind them (RFC 5051 §2)."""
    return folded.upper()
