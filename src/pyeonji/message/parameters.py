"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

A file name has one normal form, whatever way it was written: plain, in encoded words, in raw 8-bit text, in pieces,
percent-encoded, in the single letters of a Mac.  Filters, web mail and JMAP all read it here, so that none of them can
be shown another name than the next (Exim CVE-2024-39929).
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from pyeonji.message import charset
from pyeonji.message.codecs import TOKEN
from pyeonji.message.words import decode_words, encode_words, legible

MAX_PARAMETERS = 128  # read of one field; ours
MAX_FILENAME = 255  # characters; what file systems take
SEGMENT_WISH = 60  # octets of one RFC 2231 segment, to stay in lines of 78

# A run of ";" without a parameter behind it matches alone, or it would be looked at again from each of its ";".
PARAMETER = re.compile(
    rb';[\s;]*+(?:([^\s=;"()]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.?)*)("|\Z)[^;]*+|([^;]*+)))?', re.DOTALL
)
QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
SEGMENT = re.compile(r"([^*]++)(?:\*(0|[1-9]\d{0,2}))?(\*)?\Z")
PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
COMMENT_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*"|\\.|[()]|[^"()\\]++|["\\]', re.DOTALL)
ATTRIBUTE_CHARACTERS = frozenset(b"!#$&+-.^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# Directions and invisible marks that make "exe.fdp" look like "pdf.exe".
HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Parameters:
    """A parsed field: `value` (lower case, without parameters) and `raw`, the parameters as written.

    `raw` holds (name in lower case, octets without quotes) in their order, for IMAP's BODYSTRUCTURE; `get` gives text.
    """

    __slots__ = ("_decoded", "raw", "value")

    def __init__(self, value: str, raw: list[tuple[str, bytes]]) -> None:
        self.value = value
        self.raw = raw
        self._decoded: dict[str, str] | None = None

    def get(self, name: str) -> str | None:
        """The decoded text of a parameter; RFC 2231 forms win over plain ones, the first of two duplicates wins."""
        return self.decoded.get(name)

    def first(self, name: str) -> bytes | None:
        """The octets of a parameter as written, which is what a boundary is."""
        for own, value in self.raw:
            if own == name:
                return value
        return None

    @property
    def joined(self) -> list[tuple[str, bytes]]:
        """As written, but what came in pieces put together, as IMAP tells it (RFC 2231 §6)."""
        return _in_one_piece(self.raw) if any("*" in name for name, _ in self.raw) else self.raw

    @property
    def decoded(self) -> dict[str, str]:
        """All parameters as text, continuations put together."""
        if self._decoded is None:
            self._decoded = _assembled(self.raw)
        return self._decoded

    def __repr__(self) -> str:
        return f"Parameters({self.value!r}, {self.raw!r})"


def parse_parameters(value: bytes) -> Parameters:
    """Any octets give Parameters; what cannot be read is left out."""
    head = value.partition(b";")[0]
    rest = len(head)
    if b"(" in head:
        head = strip_comments(head)
    raw: list[tuple[str, bytes]] = []
    if len(head) < len(value):
        for match in PARAMETER.finditer(value, rest):
            if match[1] is None:
                continue
            name = match[1].lower().decode("ascii", "replace")
            quoted = match[2]
            if quoted is not None:
                raw.append((name, QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted))
            else:
                raw.append((name, _unquoted(name, match[4].strip())))
            if len(raw) == MAX_PARAMETERS:
                break
    return Parameters(head.strip(b" \t\r\n\"'").lower().decode("ascii", "replace"), raw)


def _unquoted(name: str, value: bytes) -> bytes:
    """Without its comment, and without what follows it: who forgot the ";" wrote another parameter there."""
    if name.startswith(("name", "filename")):  # "report (1).pdf" is a name
        return value
    if b"(" in value:
        value = strip_comments(value).strip()
    return value if name == "boundary" else value.split(None, 1)[0] if value else b""


def strip_comments(value: bytes) -> bytes:
    """Comments in parentheses removed, nested ones too (RFC 5322 §3.2.2); unbalanced ones stay."""
    kept: list[bytes] = []
    depth = 0
    for match in COMMENT_TOKEN.finditer(value):
        token = match[0]
        if token == b"(":
            depth += 1
        elif token == b")" and depth:
            depth -= 1
        elif not depth:
            kept.append(token)
    return value if depth else b"".join(kept)


@charset.one_letter()
def _assembled(raw: list[tuple[str, bytes]]) -> dict[str, str]:
    """RFC 2231 §3, §4: pieces joined in number order up to the first gap, then decoded once."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, value in raw:
        match = SEGMENT.match(name) if "*" in name else None
        if match is None:
            plain.setdefault(name, decode_words(value))
        else:
            pieces.setdefault(match[1], {}).setdefault(int(match[2] or 0), (value, match[3] is not None))
    for name, numbered in pieces.items():
        if 0 in numbered:
            plain[name] = _joined(numbered)
    return plain


def _in_one_piece(raw: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Pieces of one parameter take the place of the first of them; those behind a gap are lost, as everywhere."""
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    made: list[tuple[str, bytes | None]] = []
    for name, value in raw:
        match = SEGMENT.match(name)
        if match is None or match[2] is None:
            made.append((name, value))
            continue
        if match[1] not in pieces:
            made.append((match[1], None))
        pieces.setdefault(match[1], {}).setdefault(int(match[2]), (value, match[3] is not None))
    return [(name, value) if value is not None else _whole(name, pieces[name]) for name, value in made]


def _whole(name: str, numbered: dict[int, tuple[bytes, bool]]) -> tuple[str, bytes]:
    found = list(_in_order(numbered))
    if not any(extended for _, extended in found):
        return name, b"".join([value for value, _ in found])
    octets = b"".join([value if extended else _escaped(value).encode("ascii") for value, extended in found])
    return f"{name}*", octets if found[0][1] else b"''" + octets


def _in_order(numbered: dict[int, tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """Up to the first gap."""
    index = 0
    while index in numbered:
        yield numbered[index]
        index += 1


def _joined(numbered: dict[int, tuple[bytes, bool]]) -> str:
    label: str | None = None
    octets: list[bytes] = []
    for index, (extended, pieces) in enumerate(groupby(_in_order(numbered), key=itemgetter(1))):
        value = b"".join([value for value, _ in pieces])  # before decoding: programs cut at a length, also in "%E|A"
        if extended:
            if index == 0 and value.count(b"'") >= 2:
                charset_name, _, rest = value.partition(b"'")
                label = charset_name.decode("ascii", "replace")
                value = rest.partition(b"'")[2]
            value = PERCENT.sub(lambda match: binascii.unhexlify(match[1]), value)
        octets.append(value)
    joined = b"".join(octets)
    if label is None and b"=?" in joined:
        return decode_words(joined)
    return legible(charset.decode(joined, label or None).text)


def filename_of(disposition: Parameters | None, content_type: Parameters | None) -> str | None:
    """The file name of a part in its one normal form, or None."""
    name = disposition.get("filename") if disposition else None
    if not name and content_type:
        name = content_type.get("name")
    return normal_filename(name) if name else None


def normal_filename(name: str) -> str | None:
    """NFC, one line, no folders, no hidden marks, no dots or spaces at the end, at most 255 characters."""
    name = HIDDEN.sub("", legible(name)).replace("\\", "/").rpartition("/")[2]
    name = name.strip().rstrip(". ")
    if len(name) > MAX_FILENAME:
        stem, dot, ending = name.rpartition(".")
        keep = dot + ending if dot and len(ending) < 16 else ""
        name = (stem if keep else name)[: MAX_FILENAME - len(keep)] + keep
    return name or None


def format_parameters(value: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The field value "text/plain; charset=utf-8" with spaces where it may be folded.

    Text that is not ASCII goes out in RFC 2231 segments; `name` of a Content-Type in encoded words, because the
    programs that look for a file name there read nothing else.
    """
    pieces = [value]
    for name, text in parameters:
        text = legible(text)
        if text.isascii() and len(text) <= SEGMENT_WISH:
            pieces.append(f"{name}={quoted(text)}")
        elif name == "name":
            pieces.append(f'{name}="{encode_words(text)}"')
        else:
            pieces += [f"{key}={segment}" for key, segment in extended(name, text)]
    return "; ".join(pieces)


def quoted(text: str) -> str:
    """A token where the grammar allows one, else a quoted string."""
    if TOKEN.match(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def extended(name: str, text: str, wish: int = SEGMENT_WISH) -> list[tuple[str, str]]:
    """RFC 2231 §4.1: one piece of UTF-8 in percent signs, or several where it is longer; each with its name."""
    escaped = [_escaped(character.encode("utf-8", "replace")) for character in text]
    lines = ["utf-8''"]
    for character in escaped:
        if len(lines[-1]) + len(character) > wish:
            lines.append("")
        lines[-1] += character
    if len(lines) == 1:
        return [(f"{name}*", lines[0])]
    return [(f"{name}*{number}*", line) for number, line in enumerate(lines)]


def _escaped(octets: bytes) -> str:
    return "".join([chr(octet) if octet in ATTRIBUTE_CHARACTERS else f"%{octet:02X}" for octet in octets])
