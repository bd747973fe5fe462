"""What of a letter is signed: header fields and bodies in their simple and relaxed forms (RFC 6376 §3.4).

A body comes in pieces, cut anywhere, and goes out in pieces; what is held between two of them is a space, a CR and a
number, whatever the letter is made of (A09).
"""

import re
from collections.abc import Iterator
from typing import Literal

Form = Literal["simple", "relaxed"]

STEP = 1 << 18  # octets looked at together
BLANK_STEP = 1 << 12  # empty lines written together
WHITE = re.compile(rb"[ \t]+")
RUNS = re.compile(rb"[ \t]{2,}|\t")
BLANK_BACKWARDS = re.compile(rb"(?:\n\r)*")
BARE_LF = re.compile(rb"(?<!\r)\n")
CRLF = b"\r\n"


def field_in(form: Form, name: bytes, raw: bytes) -> bytes:
    """A header field with its CRLF.  `raw` is as it stands in the letter, `name` its name in lower case."""
    if form == "simple":
        return with_line_ends(raw if raw.endswith(b"\n") else raw + CRLF)
    return name + b":" + relaxed(raw[raw.index(b":") + 1 :]) + CRLF


def relaxed(value: bytes) -> bytes:
    """Unfolded, with one space for any white space, and none at the ends (RFC 6376 §3.4.2)."""
    return WHITE.sub(b" ", value.replace(CRLF, b"").replace(b"\n", b"")).strip(b" ")


def with_line_ends(raw: bytes) -> bytes:
    """A field of a file with bare LF line ends, as it went over the wire."""
    return raw if raw.count(b"\n") == raw.count(CRLF) else BARE_LF.sub(CRLF, raw)


class Canonical:
    """A body on its way into one form."""

    __slots__ = ("_blank", "_carried", "_empty", "_relaxed")

    def __init__(self, form: Form) -> None:
        self._relaxed = form == "relaxed"
        self._carried = b""  # at most a space and a CR, whose meaning the next octet decides
        self._blank = 0  # line ends not written yet: those at the end of a body do not count
        self._empty = True

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """What is certain of the form so far."""
        for start in range(0, len(octets), STEP):
            yield from self._step(self._carried + octets[start : start + STEP])

    def finish(self) -> Iterator[bytes]:
        """The rest.  A simple body ends in CRLF even when it is empty, a relaxed one only when it is not."""
        if self._carried not in (b"", b" "):
            yield from self._written(self._carried, 0)
        if not self._empty or not self._relaxed:
            yield CRLF

    def _step(self, octets: bytes) -> Iterator[bytes]:
        octets = self._without_end(octets)
        if self._relaxed:
            octets = one_space(octets).replace(b" \r\n", CRLF)
        text = octets.rstrip(CRLF)
        if len(text) == len(octets):
            blank = 0
        else:
            found = BLANK_BACKWARDS.match(octets[len(text) :][::-1])
            blank = found.end() // 2 if found else 0
            text = octets[: len(octets) - 2 * blank]
        yield from self._written(text, blank)

    def _without_end(self, octets: bytes) -> bytes:
        """The octets whose meaning is certain; what may belong to the next ones is carried over."""
        text = octets.removesuffix(b"\r")
        carriage_return = octets[len(text) :]
        if not self._relaxed:
            self._carried = carriage_return
            return text
        stripped = text.rstrip(b" \t")
        self._carried = (b" " if len(stripped) < len(text) else b"") + carriage_return
        return stripped

    def _written(self, text: bytes, blank: int) -> Iterator[bytes]:
        if text:
            while self._blank:
                step = min(self._blank, BLANK_STEP)
                self._blank -= step
                yield CRLF * step
            self._empty = False
            yield text
        self._blank += blank


def one_space(octets: bytes) -> bytes:
    """Runs of white space as one space."""
    return RUNS.sub(b" ", octets) if b"  " in octets or b"\t" in octets else octets
