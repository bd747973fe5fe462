"""Where the letters of an mbox file begin and end (RFC 4155, and the four dialects there are).

A letter begins with a "From " line that stands at the beginning of the file or behind an empty line, and ends before
the next one.  Where its Content-Length leads exactly to the next letter or to the end of the file, it is believed
(mboxcl, mboxcl2); otherwise "From " lines part letters, and what looks like one by chance does not: it must hold a
date, or be followed by a header field.

A file is read once, forwards, in pieces; nothing but a piece and a header is held.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from pyeonji.message.date import DAY_NAMES, MONTH_NAMES, parse_date
from pyeonji.transfer.marks import OUR_FIELDS

BLOCK = 1 << 20  # octets read at once
MAX_FROM = 1_000  # octets of a "From " line
MAX_HEAD = 256 * 1024  # octets in which a Content-Length is looked for
TAIL = 8  # octets that may belong to the end of a letter: an empty line, and the line before

FROM = b"From "
NEXT = b"\nFrom "
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
# "From kim@a.test Thu Jan  1 00:00:00 1970", with what people put between address and date, and behind.
FROM_LINE = re.compile(rb"From (.*?)\s+((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s.*?\d{1,2}:\d\d.*)\Z", re.DOTALL)
# As asctime writes it, with a zone before the year, behind it, or not at all.
ASCTIME = re.compile(
    r"(\w{3}),? +(\w{3}) +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)"
    r"(?: +([+-]\d{4}|[A-Z]{3,4}))? +(\d{4})(?: +([+-]\d{4}|[A-Z]{3,4}))?",
    re.ASCII,
)
CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
HEAD_END = re.compile(rb"\n\r?\n")
AFTER_LETTER = re.compile(rb"(?:(?:\r?\n){1,2}|(?<=\n))From |(?:\r?\n){0,2}\Z")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Sink = Callable[[bytes], None]


class NotAnMbox(ValueError):
    """The file does not begin as mbox files do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A letter in the file: its "From " line, the date in it (microseconds since 1970), where it begins."""

    line: bytes
    at_us: int | None
    offset: int
    is_quoted: bool  # lines that begin with "From " were quoted: who measures letters does not, except us


class Scanner:
    """Goes through one file; `offset` is where the next letter begins."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._start = 0  # offset of the buffer in the file
        self._ended = False
        self._length: int | None = None  # octets of the letter that `take` gives, where they are known

    @property
    def offset(self) -> int:
        return self._start + self._at

    def next(self) -> Found | None:
        """The next letter, whose octets `take` then gives; None at the end.  Raises NotAnMbox, OSError."""
        self._skip_empty_lines()
        if not self._have(1):
            return None
        self._have(MAX_FROM)
        end = self._buffer.find(b"\n", self._at)
        line = self._buffer[self._at : end if end >= 0 else len(self._buffer)].rstrip(b"\r")
        if not line.startswith(FROM):
            raise NotAnMbox
        offset = self.offset
        self._at = end + 1 if end >= 0 else len(self._buffer)
        self._length = self._content_length()
        ours = OUR_FIELDS.match(self._buffer, self._at) is not None
        return Found(line, from_date(line), offset, self._length is None or ours)

    def take(self, sink: Sink) -> None:
        """Give the letter's octets, as they stand in the file, to `sink`."""
        if self._length is None:
            self._take_to_next(sink)
        else:
            self._take(self._length, sink)

    # ── below ──

    def _have(self, count: int) -> bool:
        """Read until `count` octets are there; False when the file is too short."""
        while len(self._buffer) - self._at < count and not self._ended:
            block = self._stream.read(BLOCK)
            self._ended = not block
            self._start += self._at
            self._buffer = self._buffer[self._at :] + block
            self._at = 0
        return len(self._buffer) - self._at >= count

    def _skip_empty_lines(self) -> None:
        while self._have(2) or self._have(1):
            if self._buffer.startswith(b"\n", self._at):
                self._at += 1
            elif self._buffer.startswith(b"\r\n", self._at):
                self._at += 2
            else:
                return

    def _content_length(self) -> int | None:
        """Octets from here to the end of the letter, if it has a Content-Length that leads to an end."""
        end = self._head_end()
        if end is None:
            return None
        ours = OUR_FIELDS.match(self._buffer, self._at)  # then no other measure counts
        found = CONTENT_LENGTH.search(self._buffer, self._at, ours.end() if ours else end)
        if found is None:
            return None
        size = end - self._at + int(found[1])
        return size if AFTER_LETTER.match(self._peek(size - 1), 1) else None

    def _head_end(self) -> int | None:
        """Where in the buffer the header with its empty line ends; None when that is not near."""
        wanted = 4_096
        while True:
            more = self._have(wanted)
            if found := HEAD_END.search(self._buffer, max(0, self._at - 1)):
                return found.end()
            if not more or wanted > MAX_HEAD:
                return None
            wanted *= 8

    def _peek(self, ahead: int) -> bytes:
        """Some octets so far ahead; none behind the end of the file."""
        inside = self._at + ahead
        if inside + TAIL * 2 <= len(self._buffer):
            return self._buffer[inside : inside + TAIL * 2]
        place = self._stream.tell()
        try:
            size = self._stream.seek(0, 2)
            if self._start + inside > size:
                return b"beyond the end"
            self._stream.seek(self._start + inside)
            return self._stream.read(TAIL * 2)
        finally:
            self._stream.seek(place)

    def _take(self, count: int, sink: Sink) -> None:
        while count > 0 and self._have(1):
            piece = self._buffer[self._at : self._at + count]
            self._at += len(piece)
            count -= len(piece)
            sink(piece)

    def _take_to_next(self, sink: Sink) -> None:
        """Up to the next "From " line, without the empty line before it."""
        begun = self._at > 0 and self._buffer[self._at - 1 : self._at] == b"\n"
        if begun and self._buffer.startswith(FROM, self._at) and self._is_beginning(self._at):
            return  # a letter without an octet
        look = self._at
        while True:
            place = self._buffer.find(NEXT, look)
            if place >= 0:
                # A "From " line is judged together with the line behind it.
                if not self._ended and place + MAX_FROM > len(self._buffer):
                    look = place - self._at
                    self._have(len(self._buffer) - self._at + MAX_FROM)
                    look += self._at
                    continue
                if self._parts(place):
                    self._say(without_empty_line(self._buffer[self._at : place + 1]), sink)
                    self._at = place + 1
                    return
                look = place + 1
                continue
            if self._ended:
                self._say(without_empty_line(self._buffer[self._at :]), sink)
                self._at = len(self._buffer)
                return
            look = self._hand_over(sink)

    def _hand_over(self, sink: Sink) -> int:
        """Give away what cannot belong to the end of the letter; where to look on after reading more."""
        keep = max(self._at, len(self._buffer) - TAIL)
        self._say(self._buffer[self._at : keep], sink)
        self._at = keep
        self._have(len(self._buffer) - self._at + 1)
        return self._at

    def _say(self, octets: bytes, sink: Sink) -> None:
        if octets:
            sink(octets)

    def _parts(self, place: int) -> bool:
        """Does the "From " line behind this LF part two letters?"""
        before = self._buffer[max(0, place - 2) : place]
        after_empty_line = before.endswith((b"\n", b"\n\r"))
        return self._is_beginning(place + 1, strict=not after_empty_line)

    def _is_beginning(self, at: int, *, strict: bool = False) -> bool:
        """A date makes a beginning, and so does a header field in the next line; `strict` asks for both."""
        end = self._buffer.find(b"\n", at, at + MAX_FROM)
        line = self._buffer[at : end if end >= 0 else at + MAX_FROM]
        dated = from_date(line.rstrip(b"\r")) is not None
        field = end >= 0 and FIELD.match(self._buffer, end + 1) is not None
        return (dated and field) if strict else (dated or field)


def without_empty_line(octets: bytes) -> bytes:
    """Without the empty line that stands between two letters."""
    if octets.endswith(b"\n\r\n"):
        return octets[:-2]
    return octets[:-1] if octets.endswith(b"\n\n") else octets


def from_date(line: bytes) -> int | None:
    """The instant of a "From " line in microseconds since 1970, in UTC where it names no zone (RFC 4155)."""
    match = FROM_LINE.match(line[:MAX_FROM])
    if match is None:
        return None
    text = match[2].decode("ascii", "replace")
    if found := ASCTIME.match(text):
        day_name, month, day, time, zone, year, zone_behind = found.groups()
        text = f"{day_name}, {day} {month} {year} {time} {zone or zone_behind or '+0000'}"
    moment = parse_date(text)
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def from_line(at_us: int, sender: str = "MAILER-DAEMON") -> bytes:
    """The line before a letter, in UTC: "From MAILER-DAEMON Thu Jan  1 00:00:00 1970"."""
    moment = EPOCH + timedelta(seconds=at_us // 1_000_000)
    day, month = DAY_NAMES[moment.weekday()], MONTH_NAMES[moment.month - 1]
    return f"From {sender} {day} {month} {moment.day:2d} {moment:%H:%M:%S} {moment.year:04d}\n".encode()
