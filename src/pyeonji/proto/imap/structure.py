"""ENVELOPE, BODY and BODYSTRUCTURE as octets (RFC 9051 §7.5.2), made once when a letter is digested.

There are two forms.  Clients that have enabled IMAP4rev2 or UTF8=ACCEPT read UTF-8 as it stands in the letter (what is
in another charset becomes UTF-8).  Others must never read raw 8-bit text here: words go out as encoded words
(RFC 2047), parameters in the form of RFC 2231, addresses as far as they can be written (`message.surrogate`).
"""

from pyeonji.message import charset
from pyeonji.message.addresses import Entry, GroupEnd, GroupStart, parse_addresses
from pyeonji.message.header import Header
from pyeonji.message.parameters import Parameters
from pyeonji.message.part import Part
from pyeonji.message.surrogate import in_ascii, reachable
from pyeonji.message.words import decode_words, encode_words, legible
from pyeonji.proto.imap.response import NIL, nstring, string

GROUP_END = b"(NIL NIL NIL NIL)"
OPAQUE = Parameters("application/octet-stream", [])
ONE_PIECE = 1 << 30  # octets, more than a parameter has
BETWEEN = b"\x00"  # the two forms, where they differ; IMAP cannot say NUL


def envelopes(header: Header) -> bytes:
    """ENVELOPE in both forms, for `form`."""
    return _both(envelope(header), b"" if header.whole.isascii() else envelope(header, utf8=True))


def structures(root: Part) -> bytes:
    """BODYSTRUCTURE in both forms, for `form`."""
    rich = b""
    if any(part.subtype == "global" or not part.header.whole.isascii() for part in root.walk()):
        rich = structure(root, extended=True, utf8=True)
    return _both(structure(root, extended=True), rich)


def _both(plain: bytes, rich: bytes) -> bytes:
    return plain + BETWEEN + rich if rich and rich != plain else plain


def form(kept: bytes, *, utf8: bool) -> bytes:
    """One of two forms."""
    plain, between, rich = kept.partition(BETWEEN)
    return rich if between and utf8 else plain


@charset.one_letter()
def envelope(header: Header, *, utf8: bool = False) -> bytes:
    """The ENVELOPE of a message, in parentheses."""
    return _Writer(utf8).envelope(header)


@charset.one_letter()
def structure(root: Part, *, extended: bool, utf8: bool = False) -> bytes:
    """BODYSTRUCTURE, or BODY where not `extended`."""
    return _Writer(utf8).structure(root, extended)


class _Writer:
    """Writes one of the two forms."""

    def __init__(self, utf8: bool) -> None:
        self._utf8 = utf8

    def envelope(self, header: Header) -> bytes:
        author = self._addresses(header, b"from")
        return b"(%b)" % b" ".join((
            self._text(header.get(b"date")),
            self._text(header.get(b"subject")),
            author,
            # RFC 9051 §7.5.2: where Sender or Reply-To is missing or empty, From stands in.
            _either(self._addresses(header, b"sender"), author),
            _either(self._addresses(header, b"reply-to"), author),
            self._addresses(header, b"to"),
            self._addresses(header, b"cc"),
            self._addresses(header, b"bcc"),
            self._text(header.get(b"in-reply-to")),
            self._text(header.get(b"message-id")),
        ))  # fmt: skip

    def structure(self, root: Part, extended: bool) -> bytes:
        made: dict[int, bytes] = {}
        for part in reversed(list(root.walk())):  # children come before what holds them
            inside = [made.pop(id(child)) for child in part.children]
            made[id(part)] = (self._multipart if part.is_multipart else self._single)(part, inside, extended)
        return made[id(root)]

    def _multipart(self, part: Part, inside: list[bytes], extended: bool) -> bytes:
        out = b"".join(inside) + b" " + self._word(part.subtype)
        if extended:
            out += b" " + b" ".join((self._parameters(part.content_type), *self._extension(part)))
        return b"(%b)" % out

    def _single(self, part: Part, inside: list[bytes], extended: bool) -> bytes:
        kind, subtype, content_type = part.type, part.subtype, part.content_type
        # Only RFC 9051 knows letters of another type than message/rfc822.
        message = kind == "message" and (subtype == "rfc822" or (subtype == "global" and self._utf8))
        if message and not inside:  # encoded or too deep: without an envelope the grammar forbids the name
            kind, subtype, content_type = "application", "octet-stream", OPAQUE
        out = [
            self._word(kind), self._word(subtype), self._parameters(content_type), self._text(part.id),
            self._text(part.description), self._word(part.encoding), b"%d" % part.size,
        ]  # fmt: skip
        if message and inside:
            out += [self.envelope(part.children[0].header), inside[0], b"%d" % part.lines]
        elif kind == "text":
            out.append(b"%d" % part.lines)
        if extended:
            out += [self._text(part.md5), *self._extension(part)]
        return b"(%b)" % b" ".join(out)

    def _extension(self, part: Part) -> tuple[bytes, bytes, bytes]:
        """Disposition, language, location."""
        disposition = part.disposition
        shown = NIL
        if disposition is not None:
            shown = b"(%b %b)" % (self._word(disposition.value), self._parameters(disposition))
        language = part.language
        tags = b"(%b)" % b" ".join(self._text(tag) for tag in language) if language else NIL
        return shown, tags, self._text(part.location)

    def _parameters(self, found: Parameters) -> bytes:
        """As they were written, but each in one piece (RFC 2231 §6)."""
        pairs = found.joined
        if not (self._utf8 or all(value.isascii() for _, value in pairs)):
            pairs = in_ascii(found, pairs, wish=ONE_PIECE)
        if not pairs:
            return NIL
        return b"(%b)" % b" ".join([self._word(name) + b" " + self._text(value) for name, value in pairs])

    def _addresses(self, header: Header, name: bytes) -> bytes:
        value = header.get(name)
        entries = parse_addresses(value) if value else []
        return b"(%b)" % b"".join([self._entry(entry) for entry in entries]) if entries else NIL

    def _entry(self, entry: Entry) -> bytes:
        if isinstance(entry, GroupEnd):
            return GROUP_END
        if isinstance(entry, GroupStart):
            return b"(NIL NIL %b NIL)" % self._text(entry.raw_name)
        if not self._utf8 and not (entry.raw_local_part.isascii() and entry.raw_domain.isascii()):
            entry = reachable(entry)
        # An empty host must not be NIL: that would be a group.
        return b"(%b %b %b %b)" % (
            self._text(entry.raw_name), self._text(entry.route), self._text(entry.raw_local_part),
            self._text(entry.raw_domain),
        )  # fmt: skip

    def _word(self, text: str) -> bytes:
        """A word of MIME, in capitals as clients have always seen them."""
        return self._text(text.upper().encode("utf-8", "replace"))

    def _text(self, octets: bytes | None) -> bytes:
        if octets is None or octets.isascii():
            return nstring(octets)
        if not self._utf8:
            return string(encode_words(decode_words(octets)).encode("ascii", "replace"))
        if _is_utf8(octets):
            return string(octets, utf8=True)
        return string(legible(charset.decode(octets).text).encode("utf-8", "replace"), utf8=True)


def _either(found: bytes, instead: bytes) -> bytes:
    return instead if found == NIL else found


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
