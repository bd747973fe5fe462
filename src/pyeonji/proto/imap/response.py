"""What a server says (RFC 3501 §7), as octets ready to be sent.

A string goes between quotes where it can and as a literal where it must: CR, LF, NUL or an octet above 127 is never
put between quotes.  Nothing a client or a message brought along can therefore end a line of ours.
"""

import re
from collections.abc import Iterable

from pyeonji.proto.imap import names

ATOM = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]+\Z")
QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*\Z")
MAX_QUOTED = 1000  # octets; ours: clients with short line buffers read literals
UNSAFE = re.compile(r"[^\x20-\x7e]")
NIL = b"NIL"


def string(octets: bytes) -> bytes:
    """Between quotes, or as a literal.  NUL cannot be said in IMAP at all and becomes 0x80 (RFC 3501 §9, CHAR8)."""
    if len(octets) <= MAX_QUOTED and QUOTABLE.match(octets):
        if b'"' in octets or b"\\" in octets:
            octets = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"%b"' % octets
    return literal(octets)


def literal(octets: bytes) -> bytes:
    if b"\x00" in octets:
        octets = octets.replace(b"\x00", b"\x80")
    return b"{%d}\r\n%b" % (len(octets), octets)


def nstring(octets: bytes | None) -> bytes:
    return NIL if octets is None else string(octets)


def astring(octets: bytes) -> bytes:
    """As an atom where that is possible; "NIL" never is one, or it would mean nothing."""
    if ATOM.match(octets) and octets.upper() != NIL:
        return octets
    return string(octets)


def mailbox(name: str) -> bytes:
    """A mailbox name in modified UTF-7."""
    return astring(names.encode(name))


def text(words: str) -> bytes:
    """Human text of one line: what is not printable ASCII becomes "?"."""
    return UNSAFE.sub("?", words).encode("ascii")


def tagged(tag: str, status: str, words: str, code: str = "") -> bytes:
    """The line that ends a command; `code` without its brackets."""
    return b"%b %b\r\n" % (tag.encode("ascii"), _condition(status, words, code))


def untagged(status: str, words: str, code: str = "") -> bytes:
    """* OK, NO, BAD, BYE or PREAUTH."""
    return b"* %b\r\n" % _condition(status, words, code)


def _condition(status: str, words: str, code: str) -> bytes:
    return b"%b %b%b" % (status.encode("ascii"), b"[%b] " % text(code) if code else b"", text(words))


def continuation(octets: bytes = b"Ready") -> bytes:
    """+ and what follows: words, or base64 in AUTHENTICATE."""
    return b"+ %b\r\n" % octets


def data(octets: bytes) -> bytes:
    """Any untagged line."""
    return b"* %b\r\n" % octets


def capability(words: Iterable[str]) -> bytes:
    return data(f"CAPABILITY {' '.join(words)}".encode("ascii"))


def enabled(words: Iterable[str]) -> bytes:
    return data(" ".join(("ENABLED", *words)).encode("ascii"))


def exists(count: int) -> bytes:
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    return b"* %d RECENT\r\n" % count


def expunged(number: int) -> bytes:
    return b"* %d EXPUNGE\r\n" % number


def listing(attributes: Iterable[str], name: str, *, word: str = "LIST", items: bytes = b"") -> bytes:
    """A LIST or LSUB line; `name` is "" in the answer that only tells the separator (RFC 3501 §6.3.8).

    `items` are the extended data items, RFC 5258 §6 mbox-list-extended.
    """
    shown = mailbox(name) if name else b'""'
    more = b" (%b)" % items if items else b""
    return b'* %b (%b) "/" %b%b\r\n' % (word.encode(), " ".join(attributes).encode("ascii"), shown, more)


def childinfo(criteria: Iterable[str]) -> bytes:
    """The item that says: something below meets these, RFC 5258 §3.5."""
    return b'"CHILDINFO" (%b)' % b" ".join(b'"%b"' % word.encode("ascii") for word in criteria)


def status(name: str, items: Iterable[tuple[str, int]]) -> bytes:
    inside = " ".join(f"{item} {value}" for item, value in items).encode("ascii")
    return b"* STATUS %b (%b)\r\n" % (mailbox(name), inside)


def search(found: Iterable[int]) -> bytes:
    """The plain answer to SEARCH, RFC 3501 §7.2.5."""
    return data(" ".join(("SEARCH", *map(str, found))).encode("ascii"))


def esearch(tag: str, items: Iterable[tuple[str, str]], *, uid: bool) -> bytes:
    """The answer of RFC 4731 §3.1 to SEARCH RETURN."""
    words = [f'ESEARCH (TAG "{tag}")', *(("UID",) if uid else ()), *(f"{name} {value}" for name, value in items)]
    return data(" ".join(words).encode("ascii"))


def fetch(number: int, items: Iterable[bytes]) -> bytes:
    """One message's data; each item with its name: b"UID 7"."""
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))


def namespace() -> bytes:
    """One personal namespace without a prefix, RFC 2342 §5."""
    return b'* NAMESPACE (("" "%b")) NIL NIL\r\n' % names.SEPARATOR.encode("ascii")


def identity(fields: Iterable[tuple[str, str]]) -> bytes:
    """ID, RFC 2971 §3.2."""
    words = [string(word.encode("utf-8")) for pair in fields for word in pair]
    return data(b"ID " + (b"(%b)" % b" ".join(words) if words else NIL))
