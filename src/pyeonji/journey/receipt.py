"""Receipt numbers: the one id that a letter has everywhere (docs/journey.md).

Sixty bits in time order, written as twelve characters of Crockford base32 in three groups: "K7M3-2QXD-9TAB".  No I, L,
O or U, so that it can be read out over the telephone.  ".2" names the second recipient, "#3" the third attempt.
"""

from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = {char: value for value, char in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]  # ten bits are two characters
LENGTH = 12  # characters, 5 bits each
MAX_NUMBER = (1 << 5 * LENGTH) - 1
MAX_DIGITS = 9  # of a recipient and of an attempt; ours


class NotAReceipt(ValueError):
    """The text is no receipt number."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message, or one recipient of it, or one attempt for that recipient.  0 means "not said"."""

    number: int
    recipient: int = 0
    attempt: int = 0


def compact(number: int) -> str:
    """Twelve characters, as in "250 2.0.0 Ok: queued as K7M32QXD9TAB"."""
    return (
        PAIRS[number >> 50 & 1023] + PAIRS[number >> 40 & 1023] + PAIRS[number >> 30 & 1023]
        + PAIRS[number >> 20 & 1023] + PAIRS[number >> 10 & 1023] + PAIRS[number & 1023]
    )  # fmt: skip


def written(number: int, recipient: int = 0, attempt: int = 0) -> str:
    """As people read it: K7M3-2QXD-9TAB, K7M3-2QXD-9TAB.2, K7M3-2QXD-9TAB.2#3."""
    text = compact(number)
    text = f"{text[:4]}-{text[4:8]}-{text[8:]}"
    if recipient:
        text += f".{recipient}"
    return text + (f"#{attempt}" if attempt else "")


def parse_receipt(text: str) -> Receipt:
    """Accepts any case, with or without hyphens, O for 0, I and L for 1; raises NotAReceipt."""
    body, hash_, attempt = text.strip().partition("#")
    body, dot, recipient = body.partition(".")
    code = body.replace("-", "").upper()
    if len(code) != LENGTH or not all(char in DIGITS for char in code):
        raise NotAReceipt(text)
    if (dot and not _is_number(recipient)) or (hash_ and not (dot and _is_number(attempt))):
        raise NotAReceipt(text)
    number = 0
    for char in code:
        number = number << 5 | DIGITS[char]
    return Receipt(number, int(recipient or 0), int(attempt or 0))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
