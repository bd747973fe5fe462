"""A letter on its way to a POP3 client, piece by piece: dots doubled, cut after some lines of its body.

Pieces may be cut anywhere; what comes out, joined, is the same.
"""

CRLF = b"\r\n"
EMPTY_LINE = b"\r\n\r\n"


class Stuffing:
    """Content as it crosses the wire: dots doubled, ended by a line with one dot (RFC 1939 §3)."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = CRLF  # the last two octets said; a letter begins at the beginning of a line

    def feed(self, piece: bytes) -> bytes:
        if not piece:
            return b""
        begins_line = self._last.endswith(b"\n")
        self._last = piece[-2:] if len(piece) > 1 else self._last[-1:] + piece
        if b"\n." in piece:
            # Behind a bare LF, too: some clients see a line's end in it, and the letter's end in what follows.
            piece = piece.replace(b"\n.", b"\n..")
        return b"." + piece if begins_line and piece.startswith(b".") else piece

    def end(self) -> bytes:
        return b".\r\n" if self._last == CRLF else b"\r\n.\r\n"


def stuffed(letter: bytes) -> tuple[bytes, bytes, bytes]:
    """The same for a letter that is there whole: what stands before it, the letter, and its end."""
    start = b"." if letter.startswith(b".") else b""
    end = b".\r\n" if letter.endswith(CRLF) or not letter else b"\r\n.\r\n"
    return start, letter.replace(b"\n.", b"\n..") if b"\n." in letter else letter, end


class Top:
    """The header, the empty line, and `lines` lines of the body (RFC 1939 §7, TOP); `done` when no more is needed."""

    __slots__ = ("_held", "_in_header", "_left", "_line_begins", "done")

    def __init__(self, lines: int) -> None:
        self.done = False
        self._left = lines
        self._in_header = True
        self._line_begins = True
        self._held = b""  # a CR whose LF may come with the next piece

    def feed(self, piece: bytes) -> bytes:
        """What of this piece is wanted, a little later perhaps."""
        if self.done or not piece:
            return b""
        piece = self._held + piece
        self._held = b""
        if piece.endswith(b"\r"):
            piece, self._held = piece[:-1], b"\r"
        return piece[: self._wanted(piece)]

    def end(self) -> bytes:
        """What was held back; the letter has come to its end."""
        held, self._held = self._held, b""
        return b"" if self.done else held

    def _wanted(self, piece: bytes) -> int:
        """How many of these octets."""
        at = 0
        if self._in_header:
            at = self._header_end(piece)
            if not at:
                self._line_begins = piece.endswith(CRLF) if piece else self._line_begins
                return len(piece)
            self._in_header = False
        lines = piece.count(CRLF, at)
        if lines < self._left:
            self._left -= lines
            return len(piece)
        self.done = True
        for _ in range(self._left):
            at = piece.index(CRLF, at) + 2
        return at

    def _header_end(self, piece: bytes) -> int:
        """Where the body begins; 0 when that is not in this piece."""
        if self._line_begins and piece.startswith(CRLF):
            return 2
        return piece.find(EMPTY_LINE) + 4 if EMPTY_LINE in piece else 0


def header_size(octets: bytes) -> int:
    """Octets of the header with its empty line; all of them where it does not end."""
    if octets.startswith(CRLF):
        return 2
    end = octets.find(EMPTY_LINE)
    return len(octets) if end < 0 else end + 4


def is_international(head: bytes) -> bool:
    """Is there UTF-8 beyond ASCII (RFC 6532)?  Octets that are not UTF-8 either are nobody's mode."""
    if head.isascii():
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"  # cut inside a character
    return True
