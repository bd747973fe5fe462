"""One part of a letter: where it is, and what its header says (RFC 2045)."""

from collections.abc import Iterator

from pyeonji.message.codecs import encoding_name
from pyeonji.message.header import Header
from pyeonji.message.parameters import Parameters, filename_of, parse_parameters


class Part:
    """One part: header at octets[header_start:body_start], body at octets[body_start:body_end].

    Of a message that was read in pieces only the offsets are known, and `header` has its own octets.
    `children` are the parts of a multipart, or the one message inside a message/rfc822.
    """

    __slots__ = ("_octets", "body_end", "body_start", "children", "content_type", "depth", "header", "header_start",
                 "lines", "subtype", "truncated", "type")  # fmt: skip

    def __init__(
        self, octets: bytes, header: Header, header_start: int, body_start: int, content_type: Parameters, depth: int
    ) -> None:
        self._octets = octets
        self.header = header
        self.header_start = header_start
        self.body_start = body_start
        self.body_end = body_start
        self.lines = 0  # line ends in the body (RFC 9051 §7.5.2, body lines)
        self.depth = depth
        self.children: list[Part] = []
        self.truncated = False  # a limit kept us from opening all of it
        self.be(content_type)

    def be(self, content_type: Parameters) -> None:
        """Be of another type than the header says, because nothing else can be made of it."""
        self.content_type = content_type
        self.type, _, self.subtype = content_type.value.partition("/")

    @property
    def octets(self) -> bytes:
        """Of the whole message."""
        assert self._octets or not self.body_end, "a message read in pieces: only its offsets are known"
        return self._octets

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
