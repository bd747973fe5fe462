"""Folding and unfolding of fields (RFC 5322 §2.2.3, RFC 2047 §2)."""

import re

LINE_WISH = 78  # octets without CRLF, RFC 5322 §2.1.1
LINE_LIMIT = 998  # octets without CRLF, RFC 5322 §2.1.1
WHITE_LINE_END = re.compile(rb"\r*\n(?=[ \t])")
WORD = re.compile(rb"[ \t]*+[^ \t]++")
LINE_BREAKERS = bytes.maketrans(b"\r\n\x00", b"   ")


def unfold(value: bytes) -> bytes:
    """A field value in one line: line ends before white space go, the white space stays."""
    return WHITE_LINE_END.sub(b"", value).strip(b"\r\n")


def fold(name: str, value: bytes | str) -> bytes:
    """The field "name: value" with CRLF, in lines of 78 octets where spaces allow it and never of more than 998.

    CR, LF and NUL in the value become spaces, so no value can start a field of its own.  Lines break only in front of
    white space that a visible octet follows: no line is ever white space only (RFC 5322 §3.2.2).
    """
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    octets = octets.translate(LINE_BREAKERS).strip(b" \t")
    lines: list[bytes] = []
    line = name.encode("ascii") + b":"
    for word in WORD.findall(b" " + octets):
        if len(line) + len(word) > LINE_WISH and line.strip() and not (lines == [] and line.endswith(b":")):
            lines.append(line)
            line = b""
        while len(line) + len(word) > LINE_LIMIT:
            room = LINE_LIMIT - len(line)
            lines.append(line + word[:room])
            line, word = b"", b" " + word[room:].lstrip(b" \t")
        line += word
    lines.append(line)
    return b"\r\n".join(line for line in lines if line.strip()) + b"\r\n"
