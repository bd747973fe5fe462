"""Changes to a message that leave every other octet alone.

Header fields are put in front or cut out by their offsets; the body is never parsed for that.  `to_7bit` is the one
change to bodies: for a peer without 8BITMIME (RFC 6152 §3).
"""

import re
from collections.abc import Collection, Sequence

from pyeonji.message.codecs import encode_base64, encode_quoted_printable, has_long_lines, needs_8bit
from pyeonji.message.header import Field, parse_header
from pyeonji.message.mime import DEFAULT_LIMITS, Limits, scan
from pyeonji.message.part import Part

PRIVATE = (
    b"bcc", b"resent-bcc", b"return-path", b"x-php-originating-script", b"traceparent", b"tracestate",
)  # fmt: skip
PRIVATE_PREFIX = b"x-pyeonji-"
LINE_END = re.compile(rb"\r?\r\n|\r|\n")  # CR CR LF is what a text-mode file made of CRLF
HIGH_TO_QUESTION = bytes(octet if octet < 128 else ord("?") for octet in range(256))
BASE64_SHARE = 6  # above one 8-bit octet in six, base64 is the shorter encoding

Change = tuple[int, int, bytes]  # octets[start:end] becomes this


def prepend_fields(octets: bytes, fields: Sequence[bytes]) -> bytes:
    """The message with these fields (with or without CRLF) on top, in this order."""
    return b"".join([*(field if field.endswith(b"\n") else field + b"\r\n" for field in fields), octets])


def remove_fields(octets: bytes, names: Collection[bytes], prefixes: tuple[bytes, ...] = ()) -> bytes:
    """The message without the fields of these (lower-case) names, or whose name begins so."""
    header = parse_header(octets)
    return cut_fields(octets, [f for f in header if f.name in names or (prefixes and f.name.startswith(prefixes))])


def without_private(head: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A header without what must never leave, and what was done to it, in words of docs/journey.md.

    Those are blind copies, and what was only said to us.
    """
    found = [field for field in parse_header(head) if field.name in PRIVATE or field.name.startswith(PRIVATE_PREFIX)]
    done = tuple(sorted({f"{field.name.decode('ascii', 'replace')} removed" for field in found}))
    return cut_fields(head, found) if found else head, done


def cut_fields(octets: bytes, fields: Sequence[Field]) -> bytes:
    """The message without these fields of its own header, which are in their order."""
    return apply_changes(octets, [(field.start, field.end, b"") for field in fields])


def apply_changes(octets: bytes, changes: Sequence[Change]) -> bytes:
    """All changes at once; they are sorted and do not overlap."""
    if not changes:
        return octets
    pieces: list[bytes] = []
    position = 0
    for start, end, replacement in changes:
        pieces += (octets[position:start], replacement)
        position = end
    pieces.append(octets[position:])
    return b"".join(pieces)


def with_crlf(octets: bytes) -> bytes:
    """Every line end, LF or CR or CRLF or a mixture, as CRLF."""
    pairs = octets.count(b"\r\n")
    if octets.count(b"\n") == pairs == octets.count(b"\r"):
        return octets
    if b"\r" not in octets:
        return octets.replace(b"\n", b"\r\n")
    return LINE_END.sub(b"\r\n", octets)


def to_7bit(octets: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The same message for a peer without 8BITMIME: 8-bit leaves in quoted-printable or base64, structure unchanged.

    Raw 8-bit octets in header fields are not ours to change here (they need SMTPUTF8) and stay; so a caller asks
    `needs_8bit` of the header.  Lines over 998 octets are encoded, too.
    """
    if not needs_8bit(octets) and not has_long_lines(octets):
        return octets
    changes: list[Change] = []
    for part in scan(octets, limits).walk():
        if part.children:
            changes += _container(part)
        elif needs_8bit(body := part.body) or has_long_lines(body):
            changes += _leaf(part, body)
        elif part.encoding in ("8bit", "binary"):
            changes += relabelled(part, b"7bit")
    return apply_changes(octets, sorted(changes))


def _leaf(part: Part, body: bytes) -> list[Change]:
    is_text = part.type in ("text", "message") or part.type == ""
    high = len(body) - len(body.translate(None, bytes(range(128, 256))))
    if part.encoding in ("base64", "quoted-printable"):  # says it is encoded, and holds 8-bit junk
        return [(part.body_start, part.body_end, body.translate(HIGH_TO_QUESTION))]
    if is_text and b"\x00" not in body and high * BASE64_SHARE <= len(body):
        encoded, name = encode_quoted_printable(with_crlf(body)), b"quoted-printable"
    else:
        encoded, name = encode_base64(with_crlf(body) if is_text else body), b"base64"
        if part.body_end < len(part.octets):
            encoded = encoded.removesuffix(b"\r\n")
    return [*relabelled(part, name), (part.body_start, part.body_end, encoded)]


def relabelled(part: Part, encoding: bytes) -> list[Change]:
    """One Content-Transfer-Encoding field that tells the truth."""
    field = b"Content-Transfer-Encoding: " + encoding + b"\r\n"
    moved = part.header_start - part.header.start  # a header of a message read in pieces has its own octets
    old = part.header.named(b"content-transfer-encoding")
    if old:
        first, *others = [(found.start + moved, found.end + moved) for found in old]
        return [(*first, field), *((*other, b"") for other in others)]
    end = part.header.fields_end + moved
    if end == part.body_start:  # no blank line stood between header and body
        field += b"\r\n"
    return [(end, end, field)]


def _container(part: Part) -> list[Change]:
    """A multipart may only say 7bit once its parts are; its preamble and epilogue lose 8-bit octets."""
    changes = relabelled(part, b"7bit") if part.encoding in ("8bit", "binary") else []
    if part.is_multipart:
        first, last = part.children[0], part.children[-1]
        for start, end in ((part.body_start, first.header_start), (last.body_end, part.body_end)):
            outside = part.octets[start:end]
            if needs_8bit(outside):
                changes.append((start, end, outside.translate(HIGH_TO_QUESTION)))
    return changes
