"""The MIME tree of a message as offsets into its octets (RFC 2045, RFC 2046).

Iterative: a list of parts still to open takes the place of recursion.  A multipart's own range is fixed before it is
opened, so an inner part can never reach past the delimiter of an outer one, and an inner multipart that repeats the
outer boundary ends there.  A delimiter is the whole line (white space may follow), so "b" is no prefix of "bb".

What is broken reads the same everywhere: the first Content-Type counts, a multipart whose boundary is missing, empty or
never found is plain text, a part below the depth limit is an application/octet-stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.message.codecs import encoding_name
from pyeonji.message.header import Header, parse_header
from pyeonji.message.parameters import Parameters, filename_of, parse_parameters

MAX_BOUNDARY = 1024  # octets; RFC 2046 §5.1.1 says 70, long ones are seen


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the scanner stops opening; the rest stays whole and readable as octets."""

    depth: int = 100  # levels below the message; ours
    parts: int = 10_000  # parts in one message; ours


DEFAULT_LIMITS = Limits()
TEXT_PLAIN = Parameters("text/plain", [])
MESSAGE = Parameters("message/rfc822", [])
OPAQUE = Parameters("application/octet-stream", [])


class Part:
    """One part: header at octets[header_start:body_start], body at octets[body_start:body_end].

    `children` are the parts of a multipart, or the one message inside a message/rfc822.
    """

    __slots__ = ("body_end", "body_start", "children", "content_type", "depth", "header", "header_start", "octets",
                 "subtype", "truncated", "type")  # fmt: skip

    def __init__(self, octets: bytes, header: Header, end: int, content_type: Parameters, depth: int) -> None:
        self.octets = octets
        self.header = header
        self.header_start = header.start
        self.body_start = header.body
        self.body_end = end
        self.depth = depth
        self.children: list[Part] = []
        self.truncated = False  # a limit kept us from opening all of it
        self._be(content_type)

    def _be(self, content_type: Parameters) -> None:
        self.content_type = content_type
        self.type, _, self.subtype = content_type.value.partition("/")

    @property
    def is_multipart(self) -> bool:
        """Has parts of its own, at least one."""
        return self.type == "multipart"

    @property
    def is_message(self) -> bool:
        """Holds a whole message, `children[0]`."""
        return self.type == "message" and bool(self.children)

    @property
    def body(self) -> bytes:
        """The body as it was sent, still in its transfer encoding."""
        return self.octets[self.body_start : self.body_end]

    @property
    def size(self) -> int:
        """Octets of the body as it was sent."""
        return self.body_end - self.body_start

    @property
    def lines(self) -> int:
        """Line ends in the body (RFC 9051 §7.5.2, body lines)."""
        return self.octets.count(b"\n", self.body_start, self.body_end)

    @property
    def params(self) -> dict[str, str]:
        """Parameters of the Content-Type, decoded."""
        return self.content_type.decoded

    @property
    def charset(self) -> str | None:
        """The charset as declared."""
        return self.content_type.get("charset")

    @property
    def encoding(self) -> str:
        """The transfer encoding, lower case; "7bit" where none is said."""
        return encoding_name(self.header.get(b"content-transfer-encoding"))

    @property
    def disposition(self) -> Parameters | None:
        """Content-Disposition, RFC 2183."""
        value = self.header.get(b"content-disposition")
        return parse_parameters(value) if value else None

    @property
    def filename(self) -> str | None:
        """The file name in its one normal form."""
        return filename_of(self.disposition, self.content_type)

    @property
    def id(self) -> bytes | None:
        """Content-ID."""
        return self.header.get(b"content-id")

    @property
    def description(self) -> bytes | None:
        """Content-Description, undecoded."""
        return self.header.get(b"content-description")

    @property
    def language(self) -> list[bytes]:
        """Content-Language, RFC 3282."""
        value = self.header.get(b"content-language") or b""
        return [tag.strip() for tag in value.split(b",") if tag.strip()]

    @property
    def location(self) -> bytes | None:
        """Content-Location, RFC 2557."""
        return self.header.get(b"content-location")

    @property
    def md5(self) -> bytes | None:
        """Content-MD5, RFC 1864."""
        return self.header.get(b"content-md5")

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the octets."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))

    def __repr__(self) -> str:
        return f"Part({self.type}/{self.subtype}, {self.body_start}:{self.body_end}, {len(self.children)} children)"


def scan(octets: bytes, limits: Limits = DEFAULT_LIMITS, header: Header | None = None) -> Part:
    """The tree of a whole message; `header` saves parsing it twice.  Any octets give a Part."""
    root = _part(octets, header or parse_header(octets), len(octets), TEXT_PLAIN, 0)
    count = 1
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.type == "multipart":
            count += _open_multipart(part, limits, count)
        elif part.type == "message" and part.subtype in ("rfc822", "global", "news"):
            count += _open_message(part, limits, count)
        waiting.extend(part.children)
    return root


def ambiguities(root: Part) -> list[str]:
    """What another reader might read otherwise, for filters to weigh: doubled fields, multiparts without a boundary."""
    found: list[str] = []
    for part in root.walk():
        for name in (b"content-type", b"content-transfer-encoding", b"content-disposition"):
            if part.header.count(name) > 1:
                found.append(f"{name.decode('ascii')} twice")
        if part.type != "multipart" and (part.header.get(b"content-type") or b"")[:10].lower() == b"multipart/":
            found.append("opaque multipart" if part.truncated else "multipart without parts")
        if part.type == "multipart" and part.encoding not in ("7bit", "8bit", "binary"):
            found.append("encoded multipart")
    return found


def _part(octets: bytes, header: Header, end: int, default: Parameters, depth: int) -> Part:
    value = header.get(b"content-type")
    content_type = default
    if value:
        content_type = parse_parameters(value)
        kind, slash, subtype = content_type.value.partition("/")
        if not slash or not kind or not subtype:  # "text" alone, or nonsense: RFC 2045 §5.2
            content_type = Parameters("text/plain", content_type.raw)
    return Part(octets, header, end, content_type, depth)


def _open_message(part: Part, limits: Limits, count: int) -> int:
    if part.encoding in ("base64", "quoted-printable", "x-uuencode"):
        return 0  # nothing inside has offsets; text.py decodes it to look
    if part.depth >= limits.depth or count >= limits.parts:
        part.truncated = True
        part._be(OPAQUE)
        return 0
    header = parse_header(part.octets, part.body_start, part.body_end)
    part.children.append(_part(part.octets, header, part.body_end, TEXT_PLAIN, part.depth + 1))
    return 1


def _open_multipart(part: Part, limits: Limits, count: int) -> int:
    """Find the children; returns how many."""
    boundary = (part.content_type.first("boundary") or b"").rstrip(b" \t")
    if not boundary:  # RFC 2231 pieces, for which a boundary is far too short; some do it nevertheless
        boundary = (part.content_type.get("boundary") or "").encode("utf-8", "replace")
    if part.depth >= limits.depth or count >= limits.parts:
        part.truncated = True
        part._be(OPAQUE)
        return 0
    if boundary and len(boundary) <= MAX_BOUNDARY:
        _find_children(part, b"--" + boundary, limits.parts - count)
    if not part.children:
        part._be(TEXT_PLAIN)
    return len(part.children)


def _find_children(part: Part, delimiter: bytes, room: int) -> None:
    octets, end = part.octets, part.body_end
    default = MESSAGE if part.subtype == "digest" else TEXT_PLAIN
    start = -1  # of the child now open
    for line, after, closing in _delimiters(octets, delimiter, part.body_start, end):
        if start >= 0:
            stop = line - 1 if line > start else start
            if stop > start and octets[stop - 1] == 13:
                stop -= 1  # the line end in front of a delimiter belongs to it, RFC 2046 §5.1.1
            part.children.append(_child(part, start, max(start, stop), default))
            if len(part.children) >= room:
                part.truncated = True
                return
        if closing:
            return
        start = after
    if start >= 0:  # no closing delimiter
        part.children.append(_child(part, start, end, default))


def _child(parent: Part, start: int, end: int, default: Parameters) -> Part:
    header = parse_header(parent.octets, start, end)
    return _part(parent.octets, header, end, default, parent.depth + 1)


def _delimiters(octets: bytes, delimiter: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """(start of the delimiter line, start of the next line, is it the closing one)."""
    length = len(delimiter)
    line = start if octets.startswith(delimiter, start, end) else -1
    if line < 0:
        line = octets.find(b"\n" + delimiter, max(start - 1, 0), end) + 1 or -1
    while line >= 0:
        after = line + length
        next_line = octets.find(b"\n", after, end) + 1 or end
        rest = octets[after : min(next_line, after + 80)].rstrip(b" \t\r\n")
        if not rest or rest == b"--":
            yield line, next_line, bool(rest)
            line = octets.find(b"\n" + delimiter, next_line - 1, end) + 1 or -1
        else:
            line = octets.find(b"\n" + delimiter, after, end) + 1 or -1
