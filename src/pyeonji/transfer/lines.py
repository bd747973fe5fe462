"""Line ends and mbox quoting, on octets that come in pieces: how they were cut does not matter."""

import re
from collections.abc import Callable

QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)


class Crlf:
    """Every line ends in CR LF; a CR LF stays, a bare LF becomes one."""

    __slots__ = ("_held", "mended")

    def __init__(self) -> None:
        self._held = b""  # a CR whose LF may come with the next piece
        self.mended = False  # a bare LF was seen

    def feed(self, piece: bytes) -> bytes:
        piece = self._held + piece
        self._held = b""
        if piece.endswith(b"\r"):
            piece, self._held = piece[:-1], b"\r"
        if b"\r" not in piece:
            self.mended = self.mended or b"\n" in piece
            return piece.replace(b"\n", b"\r\n")
        if piece.count(b"\n") == piece.count(b"\r\n"):
            return piece
        self.mended = True
        return piece.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def end(self) -> bytes:
        held, self._held = self._held, b""
        return held


class Lines:
    """Gives whole lines to `edit`; a line longer than `most` octets goes through in pieces, its beginning edited."""

    __slots__ = ("_edit", "_held", "_in_line", "_most")

    def __init__(self, edit: Callable[[bytes], bytes], most: int = 1 << 20) -> None:
        self._edit = edit
        self._held = b""
        self._in_line = False  # what was given away last did not end a line
        self._most = most

    def feed(self, piece: bytes) -> bytes:
        piece = self._held + piece
        end = piece.rfind(b"\n") + 1
        if not end and len(piece) > self._most:
            end = len(piece)
        self._held = piece[end:]
        return self._edited(piece[:end])

    def end(self) -> bytes:
        held, self._held = self._held, b""
        return self._edited(held)

    def _edited(self, octets: bytes) -> bytes:
        if not octets:
            return b""
        at = (octets.find(b"\n") + 1 or len(octets)) if self._in_line else 0
        self._in_line = not octets.endswith(b"\n")
        return octets[:at] + self._edit(octets[at:])


def unquoted(lines: bytes) -> bytes:
    """Whole lines as they were before mboxrd (or mboxo) quoted those that begin with "From "."""
    return QUOTED.sub(rb"\1", lines) if b">From " in lines else lines


def quoted(lines: bytes) -> bytes:
    """Whole lines as mboxrd writes them: nothing but a letter's beginning looks like one."""
    return TO_QUOTE.sub(rb">\1", lines) if b"From " in lines else lines


def native(octets: bytes) -> bytes:
    """With LF for CR LF, as files have it; as it is where that could not be taken back."""
    lines = octets.count(b"\n")
    if octets.count(b"\r\n") != lines or octets.count(b"\r") != lines:
        return octets
    return octets.replace(b"\r\n", b"\n")
