"""ENVELOPE, BODY and BODYSTRUCTURE as octets (RFC 3501 §7.4.2), made once when a message is filed.

Clients that have not enabled UTF8=ACCEPT must never read raw 8-bit text here: such values are understood first (the
charset may be unlabelled) and go out as encoded words (RFC 2047), which every client shows.
"""

from pyeonji.address.domain import NotADomain, parse_domain
from pyeonji.message import charset
from pyeonji.message.addresses import Entry, GroupEnd, GroupStart, parse_addresses
from pyeonji.message.header import Header
from pyeonji.message.parameters import Parameters
from pyeonji.message.part import Part
from pyeonji.message.words import decode_words, encode_words, legible
from pyeonji.proto.imap.response import NIL, nstring, string

GROUP_END = b"(NIL NIL NIL NIL)"
OPAQUE = Parameters("application/octet-stream", [])


@charset.one_letter()
def envelope(header: Header) -> bytes:
    """The ENVELOPE of a message, in parentheses."""
    author = _addresses(header, b"from")
    return b"(%b)" % b" ".join((
        _text(header.get(b"date")),
        _text(header.get(b"subject")),
        author,
        # RFC 3501 §7.4.2: where Sender or Reply-To is missing or empty, From stands in.
        _either(_addresses(header, b"sender"), author),
        _either(_addresses(header, b"reply-to"), author),
        _addresses(header, b"to"),
        _addresses(header, b"cc"),
        _addresses(header, b"bcc"),
        _text(header.get(b"in-reply-to")),
        _text(header.get(b"message-id")),
    ))  # fmt: skip


@charset.one_letter()
def structure(root: Part, *, extended: bool) -> bytes:
    """BODYSTRUCTURE, or BODY where not `extended`."""
    made: dict[int, bytes] = {}
    for part in reversed(list(root.walk())):  # children come before what holds them
        inside = [made.pop(id(child)) for child in part.children]
        made[id(part)] = _multipart(part, inside, extended) if part.is_multipart else _single(part, inside, extended)
    return made[id(root)]


def _multipart(part: Part, inside: list[bytes], extended: bool) -> bytes:
    out = b"".join(inside) + b" " + _word(part.subtype)
    if extended:
        out += b" " + b" ".join((_parameters(part.content_type), *_extension(part)))
    return b"(%b)" % out


def _single(part: Part, inside: list[bytes], extended: bool) -> bytes:
    kind, subtype, content_type = part.type, part.subtype, part.content_type
    message = kind == "message" and subtype == "rfc822"
    if message and not inside:  # encoded or too deep: without an envelope the grammar forbids the name
        kind, subtype, content_type = "application", "octet-stream", OPAQUE
    out = [
        _word(kind), _word(subtype), _parameters(content_type), _text(part.id), _text(part.description),
        _word(part.encoding), b"%d" % part.size,
    ]  # fmt: skip
    if message and inside:
        out += [envelope(part.children[0].header), inside[0], b"%d" % part.lines]
    elif kind == "text":
        out.append(b"%d" % part.lines)
    if extended:
        out += [_text(part.md5), *_extension(part)]
    return b"(%b)" % b" ".join(out)


def _extension(part: Part) -> tuple[bytes, bytes, bytes]:
    """Disposition, language, location."""
    disposition = part.disposition
    shown = NIL if disposition is None else b"(%b %b)" % (_word(disposition.value), _parameters(disposition))
    language = part.language
    tags = b"(%b)" % b" ".join(_text(tag) for tag in language) if language else NIL
    return shown, tags, _text(part.location)


def _parameters(found: Parameters) -> bytes:
    """The parameters as they were written, RFC 2231 pieces too: the client puts them together."""
    if not found.raw:
        return NIL
    return b"(%b)" % b" ".join(_word(name) + b" " + _text(value) for name, value in found.raw)


def _addresses(header: Header, name: bytes) -> bytes:
    value = header.get(name)
    entries = parse_addresses(value) if value else []
    return b"(%b)" % b"".join(_entry(entry) for entry in entries) if entries else NIL


def _entry(entry: Entry) -> bytes:
    if isinstance(entry, GroupEnd):
        return GROUP_END
    if isinstance(entry, GroupStart):
        return b"(NIL NIL %b NIL)" % _text(entry.raw_name)
    # An empty host must not be NIL: that would be a group.
    return b"(%b %b %b %b)" % (
        _text(entry.raw_name), _text(entry.route), _text(entry.raw_local_part), _domain(entry.raw_domain),
    )  # fmt: skip


def _domain(octets: bytes) -> bytes:
    if octets.isascii():
        return string(octets)
    try:
        return string(parse_domain(legible(charset.decode(octets).text)).encode("ascii"))
    except NotADomain:
        return _text(octets)


def _either(found: bytes, instead: bytes) -> bytes:
    return instead if found == NIL else found


def _word(text: str) -> bytes:
    """A word of MIME, in capitals as clients have always seen them."""
    return _text(text.upper().encode("utf-8", "replace"))


def _text(octets: bytes | None) -> bytes:
    if octets is None or octets.isascii():
        return nstring(octets)
    return string(encode_words(decode_words(octets)).encode("ascii", "replace"))
