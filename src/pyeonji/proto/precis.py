"""Which characters names and passwords may be set with (PRECIS: RFC 8264, RFC 8265), judged when they are set.

What is read at a login is only brought to its one form (`prepared`): an odd password that was set before stays good.
The form is NFKC and not the NFC of OpaqueString: SCRAM asks for SASLprep (RFC 5802 §2.2), whose form that is, and the
characters on which the two disagree in other ways cannot be set.
"""

import stringprep
import unicodedata

# Controls, format characters, unassigned ones, private ones, halves of characters, ends of lines: RFC 8264 §9.
FORBIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def prepared(text: str) -> str:
    """The one form of what people type as a name or a password: composed, with one kind of space."""
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)  # RFC 8265 §4.2.2
    return unicodedata.normalize("NFKC", spaced)


def is_password(text: str) -> bool:
    """May it be set?  RFC 8265 §4.2.1: FreeformClass, not empty."""
    form = prepared(text)
    return bool(form) and not any(_is_forbidden(char) for char in text + form) and not any(map(_is_jamo, form))


def is_name(text: str) -> bool:
    """May a mailbox be called that, in front of the "@"?  What cannot be seen or told apart from another may not."""
    if not text or unicodedata.normalize("NFC", text) != text:
        return False
    return not any(_is_forbidden(char) or _is_jamo(char) or unicodedata.category(char) == "Zs" for char in text)


def _is_forbidden(char: str) -> bool:
    """Controls, what is not assigned, and what SASLprep maps to nothing (RFC 3454 §B.1) and others keep."""
    return unicodedata.category(char) in FORBIDDEN or stringprep.in_table_b1(char)


def _is_jamo(char: str) -> bool:
    """A piece of a Hangul syllable that does not compose (RFC 8264 §9.9)."""
    return "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ua97f" or "\ud7b0" <= char <= "\ud7ff"
