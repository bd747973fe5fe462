"""Where content ends and what it may hold.

After DATA only CR LF "." CR LF ends content (RFC 5321 §4.1.1.4).  A CR or LF alone, or a NUL, makes the whole content
unacceptable: servers that read such octets differently see two messages where one was sent ("SMTP smuggling").  They
are found by counting: all CR, LF and NUL must be as many as the CR LF pairs hold.  (Looking only at what is left when
all other octets are deleted is not enough: CR "." LF would look like a pair.)

Both framings keep back an unfinished CR, so that each piece can be judged by itself and cuts do not matter.
"""

from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.reply import Reply

CRLF = b"\r\n"
END = b"\r\n.\r\n"
DOT_LINE = b"\r\n."
_ALL_BUT_CR_LF_NUL = bytes(octet for octet in range(256) if octet not in b"\r\n\0")


class Measure:
    """Size, lines and faults of the content so far.  `binary` content (RFC 3030 §3) is only measured."""

    __slots__ = ("_bare", "_limits", "_long", "_run", "binary", "lines", "size")

    def __init__(self, limits: Limits, binary: bool) -> None:
        self._limits = limits
        self._run = 0  # octets since the last CR LF
        self._bare = False
        self._long = False
        self.binary = binary
        self.size = 0
        self.lines = 0

    @property
    def problem(self) -> Reply | None:
        """Why the content cannot be taken."""
        if self._bare:
            return replies.BARE_CR_OR_LF
        if self.size > self._limits.max_size:
            return replies.MESSAGE_TOO_BIG
        return replies.CONTENT_LINE_TOO_LONG if self._long else None

    @property
    def close(self) -> bool:
        """Whether what follows must not be read: the peer may think that the content has ended elsewhere."""
        return self._bare

    def add(self, piece: bytes) -> bool:
        """Judge a piece that does not end between CR and LF; False when nothing of the content may be used."""
        self.size += len(piece)
        if not self.binary:
            pairs = piece.count(CRLF)
            if len(piece.translate(None, _ALL_BUT_CR_LF_NUL)) != 2 * pairs:
                self._bare = True
                return False
            self.lines += pairs
            self._long = self._long or self._long_line(piece)
        return not self._long and self.size <= self._limits.max_size

    def _long_line(self, piece: bytes) -> bool:
        """Whether a line has passed the limit; looks at few places, because most pieces are shorter than the limit."""
        limit = self._limits.max_content_line
        start = -self._run
        while len(piece) - start > limit:
            end = piece.rfind(CRLF, max(start, 0), start + limit + 2)
            if end < 0:
                self._run = 0
                return True
            start = end + 2
        last = piece.rfind(CRLF)
        self._run = len(piece) - last - 2 if last >= 0 else self._run + len(piece)
        return False


class DataFraming:
    """Content after DATA.  feed() gives the unstuffed octets that may be handed on; `rest` is set at the end."""

    __slots__ = ("_begun", "_held", "measure", "rest")

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.rest: bytes | None = None  # octets behind the end of content
        # The CR LF of the DATA line is the one in front of a lone dot that follows at once.
        self._held = CRLF
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        text = self._held + data
        dot = text.find(DOT_LINE)
        end = -1
        if dot >= 0:
            end = dot if text.startswith(END, dot) else text.find(END, dot)
        if end >= 0:
            self._held, self.rest, text = b"", text[end + len(END) :], text[: end + 2]
        else:
            keep = _unfinished(text)
            self._held, text = (text[-keep:], text[:-keep]) if keep else (b"", text)
        if 0 <= dot < len(text) and dot != end:
            text = text.replace(DOT_LINE, CRLF)
        if text and not self._begun:
            self._begun = True
            text = text[2:]
        return text if text and self.measure.add(text) else b""


def _unfinished(text: bytes) -> int:
    """How many octets at the end may belong to the end of content."""
    last = text[-1:]
    if last == b"\n":
        return 2 if text.endswith(CRLF) else 0
    if last == b"\r":
        return 4 if text.endswith(b"\r\n.\r") else 1
    if last == b".":
        return 3 if text.endswith(DOT_LINE) else 0
    return 0


class ChunkFraming:
    """Content in BDAT chunks: start() for each, feed() until `left` is 0 (RFC 3030 §2)."""

    __slots__ = ("_held", "last", "left", "line", "measure", "size")

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.left = 0  # octets of this chunk still to come
        self.size = 0  # octets of this chunk
        self.last = False
        self.line = ""  # the command, as the journey shows it
        self._held = b""

    def start(self, line: str, size: int, last: bool) -> None:
        self.line = line
        self.left = self.size = size
        self.last = last

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Octets that may be handed on, and those behind the chunk."""
        chunk, rest = data[: self.left], data[self.left :]
        self.left -= len(chunk)
        text = self._held + chunk
        self._held = b""
        if text.endswith(b"\r") and not (self.last and self.left == 0) and not self.measure.binary:
            self._held, text = b"\r", text[:-1]
        return (text if text and self.measure.add(text) else b""), rest
