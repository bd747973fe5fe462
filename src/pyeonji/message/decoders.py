"""Transfer encodings undone piece by piece (RFC 2045 §6.7, §6.8), tolerant, and the same wherever the pieces are cut.

What must be seen before it can be decided is held back, HELD octets at most: the end of a line of quoted-printable,
what follows the padding of base64, what stands in front of uuencoded lines.
"""

import binascii
import re
from typing import Protocol

HELD = 1 << 16  # octets; ours: lines of mail have 998 at most

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOT_BASE64 = bytes(octet for octet in range(256) if octet not in ALPHABET and octet != ord("="))
NOT_IN_TAIL = re.compile(rb"[^A-Za-z0-9+/= \t\r\n]")
PADDING = re.compile(rb"=++")
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
WHITE_LINE_ENDS = (b" \n", b"\t\n", b" \r\n", b"\t\r\n")


class Decoder(Protocol):
    """Encoded octets in, decoded octets out; `end` gives what is left."""

    def feed(self, octets: bytes) -> bytes: ...
    def end(self) -> bytes: ...


def decoder(encoding: str) -> Decoder | None:
    """For an encoding as `codecs.encoding_name` says it; None for one that nobody knows."""
    made = DECODERS.get(encoding)
    return made() if made is not None else None


class AsItIs:
    """7bit, 8bit and binary."""

    def feed(self, octets: bytes) -> bytes:
        return octets

    def end(self) -> bytes:
        return b""


class Base64:
    """Junk is skipped, missing padding is added.  What follows the padding counts only if it is whole base64 again.

    The second rule reads text encoded line by line, and drops the footer a mailing list put below.
    """

    def __init__(self) -> None:
        self._spare = b""  # less than four characters
        self._tail: bytes | None = None  # from the first padding on, as long as it may be anything
        self._goes_on = False  # there is base64 behind the padding
        self._over = False

    def feed(self, octets: bytes) -> bytes:
        if self._over:
            return b""
        if self._goes_on:
            return self._behind(octets)
        if self._tail is not None:
            self._tail += octets
            return self._look()
        padding = octets.find(b"=")
        if padding < 0:
            return self._decoded(octets)
        self._tail = octets[padding:]
        return self._decoded(octets[:padding]) + self._flush() + self._look()

    def end(self) -> bytes:
        tail, self._tail = self._tail, None
        if tail is not None and not self._over and not self._goes_on:
            characters = tail.translate(None, b" \t\r\n").lstrip(b"=")
            if not NOT_IN_TAIL.search(tail) and len(characters) % 4 == 0:
                return self._behind(tail) + self._flush()
        return self._flush()

    def _look(self) -> bytes:
        """So much behind the padding is no footer any more, if it is base64."""
        tail = self._tail or b""
        if len(tail) <= HELD:
            return b""
        self._tail = b""
        if NOT_IN_TAIL.search(tail, 0, HELD):
            self._over = True
            return b""
        self._goes_on = True
        return self._behind(tail)

    def _behind(self, octets: bytes) -> bytes:
        """Base64 behind padding, up to what is none."""
        foreign = NOT_IN_TAIL.search(octets)
        if foreign:
            self._over = True
            octets = octets[: foreign.start()]
        first, *others = PADDING.split(octets)
        return b"".join([self._decoded(first), *(self._flush() + self._decoded(piece) for piece in others)])

    def _decoded(self, octets: bytes) -> bytes:
        characters = self._spare + octets.translate(None, NOT_BASE64)
        whole = len(characters) - len(characters) % 4
        self._spare = characters[whole:]
        return binascii.a2b_base64(characters[:whole])

    def _flush(self) -> bytes:
        spare, self._spare = self._spare, b""
        # Six bits alone make no octet.
        return binascii.a2b_base64(spare + b"==="[: 4 - len(spare)]) if len(spare) > 1 else b""


class QuotedPrintable:
    """Malformed "=" stays as text; white space at the end of a line is transport padding (RFC 2045 §6.7)."""

    def __init__(self) -> None:
        self._line = b""  # its end has not come

    def feed(self, octets: bytes) -> bytes:
        octets = self._line + octets
        end = octets.rfind(b"\n") + 1
        self._line = octets[end:]
        return _lines(octets[:end]) + (self._cut() if len(self._line) > HELD else b"")

    def end(self) -> bytes:
        return _lines(self._line)

    def _cut(self) -> bytes:
        """Most of a line that is too long to wait for its end."""
        line = self._line
        end = line.rfind(b"=", len(line) - 2)  # "=4" may become "=41"
        end = len(line[: end if end >= 0 else len(line)].rstrip(b" \t\r")) or len(line)
        self._line = line[end:]
        return _lines(line[:end])


def _lines(octets: bytes) -> bytes:
    if any(white in octets for white in WHITE_LINE_ENDS):
        lines = octets.split(b"\n")
        octets = b"\n".join([_without_padding(line) for line in lines[:-1]] + lines[-1:])
    return binascii.a2b_qp(octets)


def _without_padding(line: bytes) -> bytes:
    return line[:-1].rstrip(b" \t") + b"\r" if line.endswith(b"\r") else line.rstrip(b" \t")


class Uuencode:
    """The file between "begin" and "end"; lines that are no uuencode are skipped, and "begin" may be missing."""

    def __init__(self) -> None:
        self._held = b""
        self._begun = self._over = False

    def feed(self, octets: bytes) -> bytes:
        if self._over:
            return b""
        self._held += octets
        if not self._begun:
            begin = UU_BEGIN.search(self._held)
            if begin is None and len(self._held) <= HELD:
                return b""
            self._begin(begin)
        end = self._held.rfind(b"\n") + 1
        lines, self._held = self._held[:end], self._held[end:][:HELD]
        return self._decoded(lines)

    def end(self) -> bytes:
        if not self._begun:
            self._begin(UU_BEGIN.search(self._held))
        return b"" if self._over else self._decoded(self._held)

    def _begin(self, begin: "re.Match[bytes] | None") -> None:
        self._begun = True
        self._held = self._held[begin.end() if begin else 0 :]

    def _decoded(self, octets: bytes) -> bytes:
        decoded = []
        for line in octets.split(b"\n"):
            line = line.rstrip(b"\r")
            self._over = self._over or line == b"end"
            if self._over:
                break
            decoded.append(_uu_line(line))
        return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    """b"" where the line is none, or shorter than it says: zeros would take the place of what is missing."""
    if not line or len(line) <= ((line[0] - 32 & 63) + 2) // 3 * 4:
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


DECODERS: dict[str, type[Decoder]] = {
    "7bit": AsItIs, "8bit": AsItIs, "binary": AsItIs, "base64": Base64, "quoted-printable": QuotedPrintable,
    "x-uuencode": Uuencode,
}  # fmt: skip
