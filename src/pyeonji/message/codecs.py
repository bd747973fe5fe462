"""Content-Transfer-Encoding: both directions, tolerant when reading (RFC 2045 §6)."""

import binascii
import re

BASE64_LINE_INPUT = 57  # octets that make one line of 76
LINE_LIMIT = 998  # octets without CRLF, RFC 5322 §2.1.1

BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOT_BASE64 = bytes(octet for octet in range(256) if octet not in BASE64_ALPHABET and octet != ord("="))
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)


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
    return known if known is not None else name or "7bit"


ENCODINGS = {
    "": "7bit", "7bit": "7bit", "7-bit": "7bit", "7bits": "7bit", "8bit": "8bit", "8-bit": "8bit", "8bits": "8bit",
    "binary": "binary", "base64": "base64", "base-64": "base64", "quoted-printable": "quoted-printable",
    "quoted_printable": "quoted-printable", "quotedprintable": "quoted-printable", "x-uuencode": "x-uuencode",
    "x-uue": "x-uuencode", "uuencode": "x-uuencode",
}  # fmt: skip
KNOWN = frozenset(ENCODINGS.values())


def decode(octets: bytes, encoding: str) -> bytes:
    """The content behind a transfer encoding; an encoding nobody knows leaves the octets as they are."""
    if encoding == "base64":
        return decode_base64(octets)
    if encoding == "quoted-printable":
        return decode_quoted_printable(octets)
    if encoding == "x-uuencode":
        return decode_uu(octets)
    return octets


def decode_base64(octets: bytes) -> bytes:
    """Junk is skipped, missing padding is added.  What follows the padding counts only if it is whole base64 again.

    The second rule reads text encoded line by line, and drops the footer a mailing list put below.
    """
    clean = octets.translate(None, NOT_BASE64)
    head, padding, tail = clean.partition(b"=")
    if not padding or not tail.strip(b"="):
        return _base64(head)
    pieces = [_base64(head)]
    rest = octets[octets.find(b"=") :].translate(None, b" \t\r\n")
    if not rest.translate(None, BASE64_ALPHABET + b"=") and not len(rest.lstrip(b"=")) % 4:
        pieces += [_base64(piece) for piece in re.split(rb"=++", tail)]
    return b"".join(pieces)


def _base64(alphabet_only: bytes) -> bytes:
    spare = len(alphabet_only) % 4
    if spare == 1:  # six bits make no octet
        alphabet_only, spare = alphabet_only[:-1], 0
    return binascii.a2b_base64(alphabet_only + b"==="[: 4 - spare] if spare else alphabet_only)


def decode_quoted_printable(octets: bytes) -> bytes:
    """Malformed "=" stays as text; white space at the end of a line is transport padding (RFC 2045 §6.7)."""
    if b" \n" in octets or b" \r\n" in octets or b"\t\n" in octets or b"\t\r\n" in octets:
        line_end = b"\r\n" if b"\r\n" in octets else b"\n"
        octets = line_end.join(line.rstrip(b" \t\r") for line in octets.split(b"\n"))
    return binascii.a2b_qp(octets)


def decode_uu(octets: bytes) -> bytes:
    """The file between "begin" and "end"; lines that are no uuencode are skipped."""
    begin = UU_BEGIN.search(octets)
    decoded = []
    for line in octets[begin.end() if begin else 0 :].split(b"\n"):
        line = line.rstrip(b"\r")
        if line == b"end":
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(decoded)


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
