"""Lines that end in CR LF, cut from a stream: what every line-based machine shares.

Only CR LF ends a line (RFC 5321 §2.3.8).  A lone CR or LF stays inside its line, where `has_controls` finds it.  A line
longer than the limit is never handed out and never mistaken for two: the reader drops it up to its own CR LF.
"""

CRLF = b"\r\n"
MAX_SHOWN_LINE = 1000  # characters of one line kept for the journey; ours

# Everything but what a command line may hold.  HT stays in: it is white space to people, and does no harm.
_CONTROLS = bytes([*range(9), *range(10, 32), 127])


class LineTooLong(ValueError):
    """A line passed the limit; `head` is its beginning and `ended` says whether its CR LF has come."""

    def __init__(self, head: bytes, ended: bool) -> None:
        super().__init__("line too long")
        self.head = head
        self.ended = ended


class LineReader:
    """Octets go in through feed(); take() gives one line without its CR LF.

    `max_line` counts octets without CR LF.  A longer line raises LineTooLong once, when its CR LF has come.
    When `max_unended` octets come without CR LF, LineTooLong(ended=False) says that the peer speaks no lines.
    """

    __slots__ = ("_at", "_buffer", "_scanned", "max_line", "max_unended", "waiting")

    def __init__(self, max_line: int, max_unended: int) -> None:
        self.max_line = max_line
        self.max_unended = max_unended
        self._buffer: bytes | bytearray = b""  # grows in place while a line comes in pieces
        self._at = 0
        self._scanned = 0
        self.waiting = 0  # octets; asked for several times a line

    def __len__(self) -> int:
        return self.waiting

    def feed(self, data: bytes) -> None:
        if not self.waiting:
            self._buffer = data
            self._scanned = 0
        else:
            self._buffer = grown(self._buffer, self._at, data)
            self._scanned = max(0, self._scanned - self._at)
        self._at = 0
        self.waiting += len(data)

    def take(self) -> bytes | None:
        """The next line, or None when it has not all come; raises LineTooLong."""
        at = self._at
        end = self._buffer.find(CRLF, self._scanned if self._scanned > at else at)
        if end < 0:
            if self.waiting > self.max_unended + 1:  # the last octet may be half a CR LF
                head = self.take_all()[: self.max_line]
                raise LineTooLong(head, ended=False)
            self._scanned = max(at, len(self._buffer) - 1)
            return None
        self._at = end + 2
        self.waiting -= end + 2 - at
        if end - at > self.max_line:
            # Said the same whether the CR LF came with the line or much later: how bytes were cut does not matter.
            raise LineTooLong(bytes(self._buffer[at : at + self.max_line]), ended=end - at <= self.max_unended)
        return bytes(self._buffer[at:end])

    def take_all(self) -> bytes:
        """Everything that waits, whatever it is: for content that follows a command."""
        rest = self._buffer[self._at :] if self._at else self._buffer
        self._buffer = b""
        self._at = self._scanned = self.waiting = 0
        return bytes(rest)


def grown(buffer: bytes | bytearray, at: int, data: bytes) -> bytearray:
    """What waits behind `at`, and `data`: octets that come one by one are not copied each time."""
    if isinstance(buffer, bytearray):
        del buffer[:at]
        buffer += data
        return buffer
    return bytearray(buffer[at:]) + data


def plain(line: bytes) -> str | None:
    """A line of printable ASCII, as nearly all commands are, is its own text; None for any other."""
    if line.isascii() and (text := line.decode("ascii")).isprintable():
        return text
    return None


def has_controls(line: bytes) -> bool:
    """Whether a line holds control characters: NUL, a lone CR or LF, ESC and their like."""
    return len(line.translate(None, _CONTROLS)) != len(line)


def shown(line: bytes) -> str:
    """A line as the journey keeps it: printable, one line, bounded; octets that are no text as \\xNN."""
    text = line[: 4 * MAX_SHOWN_LINE].decode("utf-8", "backslashreplace")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return text if len(text) <= MAX_SHOWN_LINE else text[:MAX_SHOWN_LINE] + "…"
