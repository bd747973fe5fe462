"""What a person reads: the header in words, the body as text, the attachments by name."""

import re
from collections.abc import Iterator

from pyeonji.message import charset
from pyeonji.message.codecs import decode
from pyeonji.message.flowed import in_paragraphs
from pyeonji.message.header import Header, parse_header
from pyeonji.message.html_text import html_to_text
from pyeonji.message.mime import scan
from pyeonji.message.part import Part
from pyeonji.message.words import decode_words

MAX_READABLE = 4 * 1024 * 1024  # octets of one text part that are shown; ours
MAX_INNER = 8  # encoded messages inside messages that are opened to be shown; ours

MAX_WORDS = 16 * 1024  # octets of one field that are put into words: nobody reads on, and 256 KiB take 150 ms; ours
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def header_text(header: Header, name: bytes) -> str:
    """The first field of this (lower-case) name in words, "" where there is none."""
    value = header.get(name)
    return decode_words(value[:MAX_WORDS]) if value else ""


def decoded_header(octets: bytes, name: bytes | str) -> str:
    """The same from a whole message, in any case of the name."""
    key = name.encode("ascii", "replace") if isinstance(name, str) else name
    return header_text(parse_header(octets), key.lower())


def decoded_part(part: Part) -> charset.Decoded:
    """The text of one text part, and how its charset was found."""
    body = decode(part.body, part.encoding)
    return charset.decode(body, declared_charset(part, body))


def declared_charset(part: Part, body: bytes) -> str | None:
    """The label of a text part, which HTML may carry inside (HTML §13.2.3); `body` is decoded from its encoding."""
    if part.charset is None and part.subtype == "html" and (match := META_CHARSET.search(body, 0, 2048)):
        return match[1].decode("ascii")
    return part.charset


META_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def decoded_text(octets: bytes, part: Part | None = None) -> str:
    """The text of one part (without one: of the whole message as one part), lines ending in LF."""
    return decoded_part(part or scan(octets)).text.replace("\r\n", "\n")


@charset.one_letter()
def readable(octets: bytes) -> str:
    """The text a person reads: plain text where there is some, else HTML made plain; attachments as "[name]"."""
    pieces: list[str] = []
    waiting: list[tuple[Part, int]] = [(scan(octets), 0)]
    while waiting:
        part, inner = waiting.pop()
        if part.is_multipart and part.subtype == "alternative":
            waiting.append((best_alternative(part), inner))
        elif part.is_multipart:
            waiting.extend((child, inner) for child in reversed(part.children))
        elif part.is_message:
            pieces.append(_headline(part.children[0].header))
            waiting.append((part.children[0], inner))
        elif part.type == "message" and part.subtype in ("rfc822", "global") and inner < MAX_INNER:
            whole = scan(decode(part.body, part.encoding))
            pieces.append(_headline(whole.header))
            waiting.append((whole, inner + 1))
        elif is_attachment(part):
            pieces.append(f"[{part.filename or ''} ({part.type}/{part.subtype})]".replace("[ (", "[("))
        else:
            pieces.append(_shown(part))
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def is_attachment(part: Part) -> bool:
    """Is this leaf a thing to save rather than text to read?"""
    disposition = part.disposition
    if disposition and disposition.value == "attachment":
        return True
    if part.type == "message":
        return part.subtype not in ("delivery-status", "global-delivery-status", "disposition-notification")
    return part.type != "text" or (part.subtype not in ("plain", "html") and part.filename is not None)


def attachments(root: Part) -> Iterator[Part]:
    """All leaves that are attachments, in order."""
    return (part for part in root.walk() if not part.children and is_attachment(part))


def best_alternative(part: Part) -> Part:
    """Plain text if there is any, else the last one that holds text (RFC 2046 §5.1.4), else the first."""
    for child in part.children:
        if child.type == "text" and child.subtype == "plain" and child.size and not is_attachment(child):
            return child
    for child in reversed(part.children):
        if child.type in ("text", "multipart") and child.subtype != "calendar":
            return child
    return part.children[0]


def _headline(header: Header) -> str:
    names = ((b"from", "From"), (b"to", "To"), (b"date", "Date"), (b"subject", "Subject"))
    return "\n".join(f"{shown}: {text}" for name, shown in names if (text := header_text(header, name)))


def _shown(part: Part) -> str:
    text = decoded_part(part).text[:MAX_READABLE]
    if part.subtype == "html":
        return html_to_text(text)
    text = CONTROL.sub("", text.replace("\r\n", "\n"))
    return in_paragraphs(text, part.content_type).strip("\n")
