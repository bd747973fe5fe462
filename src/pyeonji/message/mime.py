"""The MIME tree of a message as offsets into its octets (RFC 2045, RFC 2046).

One walk from the first octet to the last, in whatever pieces they come; what is kept is the headers, and the octets
that may still turn out to be a delimiter.  A stack of the parts that are open takes the place of recursion.  Of the
multiparts on it the outermost has the first word: its delimiter ends all that is inside, and an inner multipart that
repeats the boundary of an outer one never sees it.  A delimiter is the whole line (white space may follow), so "b" is
no prefix of "bb".

What is broken reads the same everywhere: the first Content-Type counts, a multipart whose boundary is missing, empty or
never found is plain text, a part beyond a limit is an application/octet-stream.
"""

from dataclasses import dataclass
from typing import NamedTuple

from pyeonji.message.charset import one_letter
from pyeonji.message.header import Header, parse_header
from pyeonji.message.parameters import Parameters, parse_parameters
from pyeonji.message.part import Part

MAX_BOUNDARY = 1024  # octets; RFC 2046 §5.1.1 says 70, long ones are seen
MAX_DELIMITER = MAX_BOUNDARY + 84  # octets of a line that is looked at: "--", the boundary, "--", some white space


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the scanner stops opening; the rest stays whole and readable as octets."""

    depth: int = 100  # levels below the message; ours
    parts: int = 10_000  # parts in one message; ours
    header: int = 1 << 20  # octets of one header; ours: what comes in has a quarter of that at most
    headers: int = 16 << 20  # octets of all headers of one message; ours: they are held in memory


DEFAULT_LIMITS = Limits()
TEXT_PLAIN = Parameters("text/plain", [])
MESSAGE = Parameters("message/rfc822", [])
OPAQUE = Parameters("application/octet-stream", [])
HOLDS_A_MESSAGE = frozenset({"rfc822", "global", "news"})  # subtypes of "message"
CANNOT_BE_OPENED = frozenset({"base64", "quoted-printable", "x-uuencode"})  # nothing inside has offsets


@one_letter()
def scan(octets: bytes, limits: Limits = DEFAULT_LIMITS) -> Part:
    """The tree of a whole message.  Any octets give a Part."""
    return Scanner(limits, octets).end()


class _MoreNeeded(Exception):
    """What comes next can only be told when more octets are here."""


class _Open:
    """A part whose end has not come.  `needle` is how delimiter lines of it begin, with the line end in front."""

    __slots__ = ("at", "default", "found", "lines_before", "needle", "part")

    def __init__(self, part: Part, lines_before: int) -> None:
        self.part = part
        self.lines_before = lines_before  # line ends in front of its body
        self.default = MESSAGE if part.subtype == "digest" else TEXT_PLAIN  # what its children are, RFC 2046 §5.1.5
        self.needle = b""
        self.at = part.body_start - 1  # offset up to which there is no needle
        self.found = False  # ... and where there is one


class _Delimiter(NamedTuple):
    """A delimiter line: the line end in front of it, the line behind it, and whose it is (from 0, the outermost)."""

    line_end: int
    next_line: int
    level: int
    closing: bool


class Scanner:
    """Octets in pieces, then the tree.  Parts of a message read in pieces know their offsets, not their octets."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, whole: bytes = b"") -> None:
        self._limits = limits
        self._whole = whole
        self._octets = whole  # those that may still matter
        self._base = 0  # offset of the first of them
        self._at = 0  # offset up to which everything is known
        self._lines = self._counted = 0  # line ends, and the offset up to which they were counted
        self._stack: list[_Open] = []
        self._root: Part | None = None
        # A header comes next: whose child's, and what that is by default.
        self._expected: tuple[Part | None, Parameters] | None = (None, TEXT_PLAIN)
        self._parts = self._headers = 0  # how many there are, and octets of all their headers

    def feed(self, octets: bytes) -> None:
        """The next octets."""
        keep = max(self._base, self._at - 2)  # CR and LF in front of a delimiter belong to it
        self._count(keep)
        self._octets = self._octets[keep - self._base :] + octets
        self._base = keep
        self._read(last=False)

    def end(self) -> Part:
        """There are no more; the root."""
        self._read(last=True)
        self._close(0, self._end)
        assert self._root is not None
        return self._root

    @property
    def _end(self) -> int:
        return self._base + len(self._octets)

    def _read(self, *, last: bool) -> None:
        """As far as the octets go."""
        try:
            while self._expected is not None or self._at < self._end:
                if self._expected is not None:
                    self._read_header(*self._expected, last=last)
                else:
                    self._read_body(last=last)
        except _MoreNeeded:
            assert not last

    def _read_header(self, parent: Part | None, default: Parameters, *, last: bool) -> None:
        octets, start = self._octets, self._at - self._base
        stop = start + max(0, min(self._limits.header, self._limits.headers - self._headers))
        header = parse_header(octets, start, min(stop, len(octets)))
        if not (last or len(octets) > stop or _is_over(octets, header)):
            raise _MoreNeeded
        too_long = header.body == stop < len(octets)
        delimiter = self._delimiter(self._base + header.body, last=last)
        if delimiter is not None:  # even behind it: the line end in front of a delimiter is not the header's
            too_long = False
            holder = self._stack[delimiter.level].part
            end = self._before(delimiter, self._at if holder is parent or parent is None else parent.body_start)
            self._at = min(self._at, end)  # ... nor is it that of a delimiter inside
            header = parse_header(octets, self._at - self._base, end - self._base)
        self._add(parent, header, default, too_long=too_long)

    def _add(self, parent: Part | None, header: Header, default: Parameters, *, too_long: bool) -> None:
        start, body = self._at, self._base + header.body
        if self._octets is not self._whole:
            header = parse_header(self._octets[start - self._base : header.body])
        depth = 0 if parent is None else parent.depth + 1
        part = Part(self._whole, header, start, body, _content_type(header, default), depth)
        if parent is None:
            self._root = part
        else:
            parent.children.append(part)
        self._parts += 1
        self._headers += body - start
        self._at, self._expected = body, None
        self._stack.append(_Open(part, self._count(body)))
        if too_long:
            _leave_whole(part)
        else:
            self._open(self._stack[-1])

    def _open(self, one: _Open) -> None:
        """Look for what is inside."""
        part = one.part
        is_message = (
            part.type == "message" and part.subtype in HOLDS_A_MESSAGE and part.encoding not in CANNOT_BE_OPENED
        )
        if part.type != "multipart" and not is_message:
            return
        if part.depth >= self._limits.depth or self._parts >= self._limits.parts:
            _leave_whole(part)
        elif is_message:
            self._expected = part, TEXT_PLAIN
        elif boundary := _boundary(part):
            needle = b"\n--" + boundary
            if all(outer.needle != needle for outer in self._stack):
                one.needle = needle

    def _read_body(self, *, last: bool) -> None:
        delimiter = self._delimiter(self._end, last=last)
        if delimiter is None:
            self._at = self._end if last else min([one.at for one in self._stack if one.needle], default=self._end)
            if not last:
                raise _MoreNeeded
            return
        self._close(delimiter.level + 1, self._before(delimiter, self._stack[-1].part.header_start))
        one = self._stack[delimiter.level]
        self._at, one.at, one.found = delimiter.next_line, delimiter.next_line - 1, False
        if not delimiter.closing and self._parts < self._limits.parts:
            self._expected = one.part, one.default
        else:
            one.part.truncated = not delimiter.closing
            one.needle = b""

    def _close(self, level: int, end: int) -> None:
        """The parts from this level of the stack on end here."""
        for one in reversed(self._stack[level:]):
            part = one.part
            part.body_end = max(part.body_start, end)
            part.lines = self._count(part.body_end) - one.lines_before
            if part.type == "multipart" and not part.children:
                part.be(TEXT_PLAIN)
        del self._stack[level:]

    # ── delimiters ──

    def _delimiter(self, limit: int, *, last: bool) -> _Delimiter | None:
        """The first delimiter line that begins at `limit` at the latest.  Raises _MoreNeeded."""
        octets = self._octets
        while (level := self._nearest()) >= 0:
            one = self._stack[level]
            if one.at + 1 > limit:
                break
            line = one.at + 1 - self._base
            end = octets.find(b"\n", line, line + MAX_DELIMITER)
            if end < 0 and len(octets) - line < MAX_DELIMITER:
                if not last:
                    if self._expected is None:
                        self._at = one.at
                    raise _MoreNeeded
                end = len(octets)
            rest = octets[line + len(one.needle) - 1 : end].rstrip(b" \t\r") if end >= 0 else b"too long"
            if rest in (b"", b"--"):
                return _Delimiter(one.at, self._base + min(end + 1, len(octets)), level, bool(rest))
            one.at, one.found = one.at + 1, False
        return None

    def _nearest(self) -> int:
        """Whose needle comes first, of two in one place the outer one's; -1 where there is none."""
        nearest = -1
        for level, one in enumerate(self._stack):
            if one.needle and self._find(one) and (nearest < 0 or one.at < self._stack[nearest].at):
                nearest = level
        return nearest

    def _find(self, one: _Open) -> bool:
        if not one.found:
            start = max(one.at, self._at - 1) - self._base  # nothing begins in lines that are done
            place = self._octets.find(one.needle, start)
            one.found = place >= 0
            one.at = self._base + (place if one.found else max(start, len(self._octets) - len(one.needle) + 1))
        return one.found

    def _before(self, delimiter: _Delimiter, start: int) -> int:
        """Where what began at `start` ends: the line end in front of a delimiter belongs to it (RFC 2046 §5.1.1)."""
        end = delimiter.line_end
        if end > start and self._octets[end - 1 - self._base] == 13:
            end -= 1
        return max(start, end)

    def _count(self, offset: int) -> int:
        """Line ends in front of an offset, which never goes back."""
        if offset > self._counted:
            self._lines += self._octets.count(b"\n", self._counted - self._base, offset - self._base)
            self._counted = offset
        return self._lines


def _is_over(octets: bytes, header: Header) -> bool:
    """Is this the whole header, whatever comes behind these octets?"""
    if octets.find(b"\n", header.body) >= 0:  # the line that ended it is complete
        return True
    has_blank_line = octets.endswith((b"\n\n", b"\n\r\n"), header.start, header.body)
    return has_blank_line and len(octets) - header.body >= MAX_DELIMITER


def _content_type(header: Header, default: Parameters) -> Parameters:
    value = header.get(b"content-type")
    if not value:
        return default
    found = parse_parameters(value)
    kind, slash, subtype = found.value.partition("/")
    if not slash or not kind or not subtype:  # "text" alone, or nonsense: RFC 2045 §5.2
        return Parameters("text/plain", found.raw)
    return found


def _boundary(part: Part) -> bytes:
    """b"" where there is none that can be used."""
    boundary = (part.content_type.first("boundary") or b"").rstrip(b" \t\r")
    if not boundary:  # RFC 2231 pieces, for which a boundary is far too short; some do it nevertheless
        boundary = (part.content_type.get("boundary") or "").encode("utf-8", "replace")
    return boundary if len(boundary) <= MAX_BOUNDARY else b""


def _leave_whole(part: Part) -> None:
    part.truncated = True
    part.be(OPAQUE)
