"""Address lists of From, To and their like (RFC 5322 §3.4, with the obsolete forms of §4.4).

Two readings of one parse.  For display everything gives something: a Mailbox with whatever was there.  Where an
address decides (DMARC, replies), `Mailbox.address` is the strict one or None.  Encoded words are decoded in display
names only, after the grammar has been read: an "@" or "<" inside them never becomes part of an address (Mailsploit).
"""

import re
from dataclasses import dataclass

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.address.path import quoted as quoted_local_part
from pyeonji.message.charset import one_letter
from pyeonji.message.words import decode_words, encode_words, legible

MAX_ADDRESSES = 10_000  # entries read of one field; ours

ENCODED_WORD = rb"=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?="
ATOM = rb'[^\s"()<>,;:@.\[\]]++'
TOKEN = re.compile(
    rb'(?P<white>\s++)|(?P<quoted>"(?:[^"\\]++|\\.?)*(?:"|\Z))|(?P<literal>\[[^\[\]\r\n]*+\])|(?P<word>'
    + ENCODED_WORD + rb"|" + ATOM + rb")|(?P<special>.)",
    re.DOTALL,
)  # fmt: skip
NO_QUOTES = re.compile(
    rb"(?P<white>\s++)|(?P<literal>\[[^\[\]\r\n]*+\])|(?P<word>" + ENCODED_WORD + rb"|" + ATOM + rb")|(?P<special>.)",
    re.DOTALL,
)
# One mailbox in the plainest form, `"Kim" <kim@example.kr>`.  Read so it means what the tokens would give.
ONE_MAILBOX = re.compile(
    rb'[ \t]*+(?:"([^"\\\r\n]*+)"[ \t]*+|([A-Za-z0-9 !#$%&\'*+/=?^_`{|}~-]*+))'
    rb"<([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]++)@([A-Za-z0-9.-]++)>[ \t]*+\Z"
)
COMMENT_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")

Token = tuple[str, bytes]  # kind (white, quoted, literal, word, special, comment) and octets


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox as read.  `raw_*` are the octets for ENVELOPE: quotes removed, encoded words as they stand."""

    name: str
    local_part: str
    domain: str
    raw_name: bytes | None
    raw_local_part: bytes
    raw_domain: bytes
    route: bytes | None = None

    @property
    def addr_spec(self) -> str:
        """local_part@domain as it was written, for display."""
        return f"{self.local_part}@{self.domain}" if self.domain else self.local_part

    @property
    def address(self) -> Address | None:
        """The strict reading, or None where the grammar of RFC 5321 does not allow it."""
        if "\ufffd" in self.local_part or "\ufffd" in self.domain:
            return None
        try:
            return parse_address(f"{quoted_local_part(self.local_part)}@{self.domain}")
        except NotAnAddress:
            return None

    def __str__(self) -> str:
        return f"{self.name} <{self.addr_spec}>" if self.name else self.addr_spec


@dataclass(frozen=True, slots=True)
class GroupStart:
    """The name in front of "group: a, b;"."""

    name: str
    raw_name: bytes


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """The ";" of a group."""


Entry = Mailbox | GroupStart | GroupEnd


def parse_addresses(value: bytes, limit: int = MAX_ADDRESSES) -> list[Entry]:
    """All entries of an unfolded field value in their order; at most `limit` are read."""
    if limit > 0 and (match := ONE_MAILBOX.match(value)):
        return [_simple(match)]
    with one_letter():
        return _Reader(limit).read(value)


def _simple(match: re.Match[bytes]) -> Mailbox:
    """What nine fields in ten hold needs no tokens."""
    raw_name = match[1] if match[1] is not None else b" ".join((match[2] or b"").split())
    raw_name = raw_name.strip()
    local_part, domain = match[3], match[4]
    name = decode_words(raw_name) if raw_name else ""
    return Mailbox(name, local_part.decode("ascii"), domain.decode("ascii"), raw_name or None, local_part, domain)


def parse_mailboxes(value: bytes, limit: int = MAX_ADDRESSES) -> list[Mailbox]:
    """The mailboxes alone, those in groups too."""
    return [entry for entry in parse_addresses(value, limit) if isinstance(entry, Mailbox)]


def format_mailbox(name: str, address: Address, *, smtputf8: bool = False) -> str:
    """`name <address>` for a field; the name in encoded words unless the field may hold UTF-8 (RFC 6532)."""
    name = legible(name).strip()
    if not name:
        return str(address)
    if name.isascii() and "=?" not in name:
        phrase = name if PHRASE.match(name) else _quoted(name)
    else:
        phrase = _quoted(name) if smtputf8 else encode_words(name)
    return f"{phrase} <{address}>"


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def tokens_of(value: bytes) -> list[Token]:
    """The tokens of an address list, with comments put together; a quote that never closes is an ordinary character."""
    tokens: list[Token] = []
    pattern, position, end = TOKEN, 0, len(value)
    comments = True
    while position < end:
        match = pattern.match(value, position)
        if match is None:  # cannot happen: `special` takes any octet
            break
        kind, octets = match.lastgroup or "special", match[0]
        if kind == "quoted" and (len(octets) < 2 or not octets.endswith(b'"') or _open(octets)):
            pattern = NO_QUOTES
            position += 1
            continue
        if octets == b"(" and comments:
            after = _comment_end(value, position)
            if after:
                tokens.append(("comment", value[position + 1 : after - 1]))
                position = after
                continue
            comments = False  # never closed: from here on parentheses are ordinary characters
        tokens.append((kind, octets))
        position = match.end()
    return tokens


def _open(quoted: bytes) -> bool:
    """Does the closing quote belong to a quoted pair, that is, is the string unfinished?"""
    body = quoted[1:-1]
    return (len(body) - len(body.rstrip(b"\\"))) % 2 == 1


def _comment_end(value: bytes, start: int) -> int:
    depth = 0
    for match in COMMENT_MARK.finditer(value, start):
        if match[0] == b"(":
            depth += 1
        elif match[0] == b")":
            depth -= 1
            if not depth:
                return match.end()
    return 0


class _Reader:
    """Collects tokens until a comma, a colon or a semicolon ends an entry."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: list[Entry] = []
        self._words: list[Token] = []
        self._angle: list[Token] | None = None
        self._comments: list[bytes] = []
        self._before = 0  # how many words stood in front of "<"
        self._in_angle = self._in_group = False

    def read(self, value: bytes) -> list[Entry]:
        for token in tokens_of(value):
            if len(self._entries) >= self._limit:
                return self._entries[: self._limit]
            kind, octets = token
            if kind == "comment":
                self._comments.append(octets)
            elif kind == "special" and octets in b"<>,:;":
                self._special(token)
            elif self._in_angle and self._angle is not None:
                self._angle.append(token)
            else:
                self._words.append(token)
        self._finish()
        if self._in_group:
            self._entries.append(GroupEnd())
        return self._entries[: self._limit]

    def _special(self, token: Token) -> None:
        octets = token[1]
        if self._in_angle and self._angle is not None:
            if octets == b">":
                self._in_angle = False
            elif octets == b"," and not (self._angle and self._angle[0][1] == b"@"):
                self._finish()  # a comma ends a "<" that was never closed
            elif octets != b"<":
                self._angle.append(token)
        elif octets == b"<":
            if self._angle is not None:  # "a <x@y> b <z@w>": the comma is missing
                words, self._words = self._words[self._before :], self._words[: self._before]
                self._finish()
                self._words = words
            self._before = len(self._words)
            self._angle, self._in_angle = [], True
        elif octets == b",":
            self._finish()
        elif octets == b";":
            self._finish()
            if self._in_group:
                self._entries.append(GroupEnd())
                self._in_group = False
        elif octets == b":" and not self._in_group and self._angle is None and ("special", b"@") not in self._words:
            raw = _phrase(self._words)
            self._entries.append(GroupStart(decode_words(raw), raw))
            self._words, self._comments, self._in_group = [], [], True
        elif octets != b">":
            self._words.append(token)

    def _finish(self) -> None:
        words, angle, comments = self._words, self._angle, self._comments
        self._words, self._angle, self._comments, self._in_angle = [], None, [], False
        if angle is not None:
            self._add(_phrase(words), angle, comments)
            return
        words = _trimmed(words)
        if not words:
            return
        marks = [index for index, word in enumerate(words) if word == ("special", b"@")]
        if not marks:
            if any(kind == "white" for kind, _ in words):  # several words and no address: a name
                self._add(_phrase(words), [], comments)
            else:
                self._add(b"", words, comments)
            return
        start = marks[-1]
        while start and words[start - 1][0] == "white":
            start -= 1
        while start and words[start - 1][0] != "white":
            start -= 1
        self._add(_phrase(words[:start]), words[start:], comments)

    def _add(self, raw_name: bytes, address: list[Token], comments: list[bytes]) -> None:
        tokens = [token for token in address if token[0] != "white"]
        route = None
        if tokens and tokens[0][1] == b"@" and ("special", b":") in tokens:  # obs-route, RFC 5322 §4.4
            colon = tokens.index(("special", b":"))
            route = b"".join(octets for _, octets in tokens[:colon])
            tokens = tokens[colon + 1 :]
        marks = [index for index, token in enumerate(tokens) if token == ("special", b"@")]
        at = marks[-1] if marks else len(tokens)
        local_part = b"".join(_unquoted(token) for token in tokens[:at])
        domain = b"".join(octets for _, octets in tokens[at + 1 :])
        if not raw_name and comments:  # "kim@example.com (Kim)"
            raw_name = b" ".join(comment.strip() for comment in comments)
        if not (raw_name or local_part or domain):
            return
        self._entries.append(
            Mailbox(
                decode_words(raw_name), legible(local_part.decode("utf-8", "replace")),
                legible(domain.decode("utf-8", "replace")), raw_name or None, local_part, domain, route,
            )
        )  # fmt: skip


def _trimmed(tokens: list[Token]) -> list[Token]:
    start, end = 0, len(tokens)
    while start < end and tokens[start][0] == "white":
        start += 1
    while end > start and tokens[end - 1][0] == "white":
        end -= 1
    return tokens[start:end]


def _unquoted(token: Token) -> bytes:
    kind, octets = token
    return QUOTED_PAIR.sub(rb"\1", octets[1:-1]) if kind == "quoted" else octets


def _phrase(tokens: list[Token]) -> bytes:
    return b"".join(b" " if token[0] == "white" else _unquoted(token) for token in _trimmed(tokens)).strip()
