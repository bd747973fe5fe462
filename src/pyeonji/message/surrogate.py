"""Header fields that hold more than ASCII, told to a client that understands nothing else (RFC 6855 §7).

Fields that are ASCII stay as they stand.  Of the others, words become encoded words (RFC 2047), parameters the form of
RFC 2231, domains A-labels.  An address whose local part is not ASCII, or not printable, cannot be written so that it
reaches anybody: its place is taken by one that belongs to nobody, and the true one is told in the display name (RFC
6858 §2.1).
"""

from collections.abc import Sequence
from dataclasses import replace

from pyeonji.address.domain import NotADomain, parse_domain
from pyeonji.address.path import quoted
from pyeonji.message import charset
from pyeonji.message.addresses import PHRASE, Entry, GroupEnd, GroupStart, Mailbox, parse_addresses
from pyeonji.message.folding import fold
from pyeonji.message.header import Field, Header, parse_header
from pyeonji.message.parameters import SEGMENT_WISH, Parameters, extended, parse_parameters
from pyeonji.message.parameters import quoted as quoted_parameter
from pyeonji.message.words import decode_words, encode_words, legible

NOBODY = ("invalid", "internationalized-address.invalid")
ADDRESSES = frozenset({
    b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"resent-from", b"resent-sender", b"resent-to", b"resent-cc",
    b"resent-bcc", b"resent-reply-to", b"return-path", b"disposition-notification-to", b"errors-to",
    b"mail-followup-to",
})  # fmt: skip
QUESTION_MARKS = bytes(octet if octet < 128 else ord("?") for octet in range(256))
PARAMETERS = frozenset({b"content-type", b"content-disposition"})


def surrogate(octets: bytes) -> bytes:
    """A header, or some fields of one, in ASCII."""
    return octets if octets.isascii() else _written(octets)


@charset.one_letter()
def _written(octets: bytes) -> bytes:
    header = parse_header(octets)
    made = [_field(header, field) for field in header]
    before = header.fields[0].start if header.fields else header.fields_end
    outside = (octets[:before].translate(QUESTION_MARKS), octets[header.fields_end :].translate(QUESTION_MARKS))
    return b"".join([outside[0], *made, outside[1]])


def _field(header: Header, field: Field) -> bytes:
    raw = header.raw(field)
    if raw.isascii():
        return raw
    if not field.name.isascii():
        return b""  # nobody asks for it, and it cannot be told (RFC 6858 §2.4)
    name, value = raw[: len(field.name)].decode("ascii"), header.value(field)
    if field.name in ADDRESSES:
        return fold(name, _addresses(parse_addresses(value)))
    if field.name in PARAMETERS:
        return fold(name, _parameters(value))
    return fold(name, encode_words(decode_words(value), column=len(name) + 2))


def _addresses(entries: Sequence[Entry]) -> str:
    out: list[str] = []
    glue = ""
    for entry in entries:
        if isinstance(entry, GroupEnd):
            out.append(";")
        elif isinstance(entry, GroupStart):
            out.append(f"{glue}{_phrase(entry.name)}: ")
        else:
            out.append(glue + _mailbox(reachable(entry)))
        glue = "" if isinstance(entry, GroupStart) else ", "
    return "".join(out)


def _mailbox(box: Mailbox) -> str:
    address = f"{quoted(box.local_part)}@{box.domain}" if box.domain else box.local_part
    return f"{_phrase(box.name)} <{address}>" if box.name else address


def _phrase(name: str) -> str:
    if name.isascii() and "=?" not in name:
        return name if PHRASE.match(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encode_words(name)


def reachable(box: Mailbox) -> Mailbox:
    """The mailbox with an address in ASCII; its `name` may still be anything."""
    domain = _domain(box.raw_domain)
    if box.raw_local_part.isascii() and box.local_part.isascii() and domain is not None:
        return replace(box, domain=domain, raw_domain=domain.encode("ascii"))
    text = legible(charset.decode(box.raw_local_part).text)
    address = f"{text}@{legible(charset.decode(box.raw_domain).text)}" if box.raw_domain else text
    name = f"{box.name} <{address}>" if box.name else address
    local_part, host = NOBODY
    return Mailbox(name, local_part, host, name.encode("utf-8", "replace"), local_part.encode(), host.encode())


def _domain(octets: bytes) -> str | None:
    """In A-labels; None where it is no domain."""
    if octets.isascii():
        return octets.decode("ascii") if octets.decode("ascii").isprintable() else None
    try:
        return parse_domain(legible(charset.decode(octets).text))
    except NotADomain:
        return None


def _parameters(value: bytes) -> str:
    found = parse_parameters(value)
    pairs = [f"{name}={_shown(name, text.decode())}" for name, text in in_ascii(found, found.raw)]
    return "; ".join([found.value.encode("ascii", "replace").decode(), *pairs])


def _shown(name: str, text: str) -> str:
    return text if name.endswith("*") else quoted_parameter(text)


def in_ascii(
    found: Parameters, written: Sequence[tuple[str, bytes]], wish: int = SEGMENT_WISH
) -> list[tuple[str, bytes]]:
    """Parameters as they are `written`, those that are not ASCII in the form of RFC 2231, in pieces of `wish`."""
    odd = {name.partition("*")[0] for name, value in written if not value.isascii()}
    pairs = [(name, value) for name, value in written if name.isascii() and name.partition("*")[0] not in odd]
    for name, text in found.decoded.items():
        if name in odd and name.isascii():
            pairs += [(key, piece.encode("ascii")) for key, piece in extended(name, text, wish)]
    return pairs
