"""The form in which texts are compared: without regard to case, width, composition, and how white space was written.

A superset of i;unicode-casemap (RFC 5051): "편지" finds itself however it was typed, "STRASSE" finds "Straße".
"""

import re
import unicodedata

# What people do not see does not part what they search: soft hyphens, joiners, marks of direction and order.
UNSEEN = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]+")
# What may be taken apart.  Syllables of Hangul are not: the data that RFC 5051 §2 goes by keeps them whole.
COMPOSED = re.compile("[^\x00-\x7f\u4e00-\u9fff\uac00-\ud7a3]+")
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]+")


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
    text = unicodedata.normalize("NFKC", UNSEEN.sub("", CONTROL.sub("", text)))
    folded = text.casefold()
    return folded if folded == text else unicodedata.normalize("NFKC", folded)


def ordering(folded: str) -> str:
    """What is compared to put folded texts in order: capitals, with marks behind their letters (RFC 5051 §2)."""
    text = folded.upper()
    return text if text.isascii() else COMPOSED.sub(lambda found: unicodedata.normalize("NFKD", found[0]), text)
