"""Content-Transfer-Encoding: both directions, tolerant when reading (RFC 2045 §6)."""

import binascii
import re

from pyeonji.message.decoders import NOT_BASE64, decoder

BASE64_LINE_INPUT = 57  # octets that make one line of 76
TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+\Z")  # RFC 2045 §5.1
LINE_LIMIT = 998  # octets without CRLF, RFC 5322 §2.1.1


def needs_8bit(octets: bytes) -> bool:
    """Does a peer need 8BITMIME (RFC 6152) to take this?"""
    return not octets.isascii()


def has_long_lines(octets: bytes) -> bool:
    """Is a line longer than SMTP allows (RFC 5321 §4.5.3.1.6)?"""
    start, length = 0, len(octets)
    while length - start > LINE_LIMIT:
        line_end = octets.rfind(b"\n", start, start + LINE_LIMIT + 2)
        if line_end < 0:
            return True
        start = line_end + 1
    return False


def encoding_name(value: bytes | None) -> str:
    """The encoding a Content-Transfer-Encoding value means: lower case, "7bit" where none or nonsense is said."""
    name = (value or b"").partition(b"(")[0].strip(b" \t\"';").lower().decode("ascii", "replace")
    known = ENCODINGS.get(name)
    if known is not None:
        return known
    return name if TOKEN.match(name) else "7bit"  # RFC 2045 §6.1: whoever invents one gives it a name of this form


ENCODINGS = {
    "7bit": "7bit", "7-bit": "7bit", "7bits": "7bit", "8bit": "8bit", "8-bit": "8bit", "8bits": "8bit", "8 bit": "8bit",
    "binary": "binary", "base64": "base64", "base-64": "base64", "quoted-printable": "quoted-printable",
    "quoted_printable": "quoted-printable", "quotedprintable": "quoted-printable",
    "quoted printable": "quoted-printable", "x-uuencode": "x-uuencode",
    "x-uue": "x-uuencode", "uuencode": "x-uuencode",
}  # fmt: skip


def decode(octets: bytes, encoding: str) -> bytes:
    """The content behind a transfer encoding; an encoding nobody knows leaves the octets as they are."""
    made = decoder(encoding)
    return octets if made is None else made.feed(octets) + made.end()


def decode_base64(octets: bytes) -> bytes:
    """The same for base64 that is short and mostly right, as in encoded words."""
    characters, padding, tail = octets.translate(None, NOT_BASE64).partition(b"=")
    if (padding and tail.strip(b"=")) or len(characters) % 4 == 1:
        return decode(octets, "base64")
    return binascii.a2b_base64(characters + b"==="[: -len(characters) % 4])


def encode_base64(octets: bytes) -> bytes:
    """Lines of 76 octets, each with CRLF."""
    step = BASE64_LINE_INPUT
    lines = [binascii.b2a_base64(octets[i : i + step], newline=False) for i in range(0, len(octets), step)]
    return b"".join(line + b"\r\n" for line in lines)


def encode_quoted_printable(octets: bytes) -> bytes:
    """Text with CRLF line ends, in lines of at most 76 octets; a line "From " or "." is protected, too."""
    encoded = binascii.b2a_qp(octets.replace(b"\r\n", b"\n"), istext=True)
    encoded = encoded.replace(b"\r", b"=0D").replace(b"\n", b"\r\n")
    if b"From " in encoded:
        encoded = re.sub(rb"(?m)^From ", b"=46rom ", encoded)
    return encoded
