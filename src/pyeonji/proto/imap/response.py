"""What a server says (RFC 9051 §7), as octets ready to be sent; the answers to SEARCH and its kin are in `found`.

A string goes between quotes where it can and as a literal where it must: CR, LF, NUL is never put between quotes, an
octet above 127 only where it is UTF-8 and the client has enabled that (`utf8`).  Nothing a client or a message brought
along can therefore end a line of ours.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from pyeonji.proto.imap import names, numbers
from pyeonji.proto.imap.dates import print_date_time

ATOM = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]+\Z")
QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*\Z")
QUOTABLE_UTF8 = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\xff]*\Z")
MAX_QUOTED = 1000  # octets; ours: clients with short line buffers read literals
UNSAFE = re.compile(r"[^\x20-\x7e]")
NIL = b"NIL"


def string(octets: bytes, *, utf8: bool = False) -> bytes:
    """Between quotes, or as a literal.  NUL cannot be said in IMAP at all and becomes 0x80 (RFC 3501 §9, CHAR8)."""
    if len(octets) <= MAX_QUOTED and (QUOTABLE.match(octets) or (utf8 and _is_quotable_utf8(octets))):
        if b'"' in octets or b"\\" in octets:
            octets = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"%b"' % octets
    return literal(octets)


def _is_quotable_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(QUOTABLE_UTF8.match(octets))


def literal(octets: bytes) -> bytes:
    octets = without_nul(octets)
    return literal_mark(len(octets)) + octets


def without_nul(octets: bytes) -> bytes:
    """As a literal may have them."""
    return octets.replace(b"\x00", b"\x80") if b"\x00" in octets else octets


def binary(octets: bytes) -> bytes:
    """Octets as they are: a literal, or a literal8 where there is a NUL (RFC 3516 §7)."""
    return literal_mark(len(octets), nul=b"\x00" in octets) + octets


def literal_mark(size: int, *, nul: bool = False) -> bytes:
    """What stands in front of so many octets."""
    return b"%b{%d}\r\n" % (b"~" if nul else b"", size)


def nstring(octets: bytes | None, *, utf8: bool = False) -> bytes:
    return NIL if octets is None else string(octets, utf8=utf8)


def astring(octets: bytes, *, utf8: bool = False) -> bytes:
    """As an atom where that is possible; "NIL" never is one, or it would mean nothing."""
    if ATOM.match(octets) and octets.upper() != NIL:
        return octets
    return string(octets, utf8=utf8)


def mailbox(name: str, *, utf8: bool) -> bytes:
    """A mailbox name in modified UTF-7, or in UTF-8; "" stands for the server itself (RFC 5464 §3)."""
    return astring(names.encode(name, utf8=utf8), utf8=utf8) if name else b'""'


def text(words: str) -> bytes:
    """Human text of one line: what is not printable ASCII becomes "?"."""
    return UNSAFE.sub("?", words).encode("ascii")


def tagged(tag: str, status: str, words: str, code: str = "") -> bytes:
    """The line that ends a command; `code`, one of RFC 9051 §7.1 (RFC 5530), without its brackets."""
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


def vanished(uids: Iterable[int], *, earlier: bool = False) -> bytes:
    """RFC 7162 §3.2.10; `earlier` for what went away before the client asked.  Nothing where there are none."""
    gone = numbers.compact(uids)
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", gone) if gone else b""


def listing(
    attributes: Iterable[str], name: str, *, utf8: bool, word: str = "LIST", items: Sequence[bytes] = ()
) -> bytes:
    """A LIST or LSUB line; `name` is "" in the answer that only tells the separator (RFC 3501 §6.3.8).

    `items` are the extended data items, RFC 5258 §6 mbox-list-extended, printed below.
    """
    more = b" (%b)" % b" ".join(items) if items else b""
    return b"%b %b%b\r\n" % (_listing_head(word, tuple(attributes)), mailbox(name, utf8=utf8), more)


@lru_cache(maxsize=256)  # there are few kinds of mailboxes, and an account may have ten thousand of them
def _listing_head(word: str, attributes: tuple[str, ...]) -> bytes:
    return f'* {word} ({" ".join(attributes)}) "{names.SEPARATOR}"'.encode("ascii")


def childinfo(criteria: Iterable[str]) -> bytes:
    """The item that says: something below meets these, RFC 5258 §3.5."""
    return b'"CHILDINFO" (%b)' % b" ".join(b'"%b"' % word.encode("ascii") for word in criteria)


def old_name(name: str, *, utf8: bool) -> bytes:
    """The item that says what the mailbox was called before, RFC 5465 §5.4."""
    return b'"OLDNAME" (%b)' % mailbox(name, utf8=utf8)


def status(name: str, items: Iterable[tuple[str, int | str]], *, utf8: bool) -> bytes:
    """Items with their values: numbers, "(F1)" of MAILBOXID, "NIL" of an APPENDLIMIT that is none."""
    inside = " ".join(f"{item} {value}" for item, value in items).encode("ascii")
    return b"* STATUS %b (%b)\r\n" % (mailbox(name, utf8=utf8), inside)


def namespace(
    personal: Sequence[str] = ("",), others: Sequence[str] = (), shared: Sequence[str] = (), *, utf8: bool
) -> bytes:
    """Prefixes of our own mailboxes, those of other users, and those shared by all (RFC 2342 §5)."""
    kinds = [_prefixes(prefixes, utf8=utf8) for prefixes in (personal, others, shared)]
    return data(b"NAMESPACE " + b" ".join(kinds))


def _prefixes(prefixes: Sequence[str], *, utf8: bool) -> bytes:
    if not prefixes:
        return NIL
    shown = [string(names.encode(prefix, utf8=utf8), utf8=utf8) for prefix in prefixes]
    return b"(%b)" % b"".join([b'(%b "%b")' % (prefix, names.SEPARATOR.encode("ascii")) for prefix in shown])


# ── what belongs to a message ───────────────────────────────────────────────────────────────────────────────────


def fetch(number: int, items: Iterable[bytes]) -> bytes:
    """One message's data; each item with its name: b"UID 7"."""
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))


def uid_fetch(uid: int, items: Iterable[bytes]) -> bytes:
    """The same for a client of UIDs only; UID is no item of it (RFC 9586 §3.3)."""
    return b"* %d UIDFETCH (%b)\r\n" % (uid, b" ".join(items))


def modseq_item(modseq: int) -> bytes:
    return b"MODSEQ (%d)" % modseq


def save_date_item(at_us: int | None) -> bytes:
    return b"SAVEDATE " + (NIL if at_us is None else print_date_time(at_us))


def preview_item(preview: str | None, *, utf8: bool) -> bytes:
    """None where a lazy client must come again (RFC 8970 §3.1)."""
    return b"PREVIEW " + (NIL if preview is None else string(preview.encode("utf-8"), utf8=utf8))


def email_id_item(object_id: str) -> bytes:
    return b"EMAILID (%b)" % object_id.encode("ascii")


def thread_id_item(thread: int) -> bytes:
    """`message.facts.thread` (RFC 8474 §5.2); `search.searching.thread_of` reads it."""
    return b"THREADID (T%016x)" % thread


# ── what belongs to a mailbox or to the server ──────────────────────────────────────────────────────────────────


def quota(root: str, resources: Iterable[tuple[str, int, int]]) -> bytes:
    """Each resource with how much is used and its limit, RFC 9208 §5.1."""
    inside = " ".join(f"{name} {used} {limit}" for name, used, limit in resources).encode("ascii")
    return b"* QUOTA %b (%b)\r\n" % (_astring(root), inside)


def quota_root(name: str, roots: Iterable[str], *, utf8: bool) -> bytes:
    return data(b" ".join([b"QUOTAROOT", mailbox(name, utf8=utf8), *map(_astring, roots)]))


def metadata(name: str, values: Iterable[tuple[str, bytes | None]], *, utf8: bool) -> bytes:
    """The answer to GETMETADATA, RFC 5464 §4.4.1."""
    pairs = [astring(entry.encode("ascii")) + b" " + _value(value) for entry, value in values]
    return b"* METADATA %b (%b)\r\n" % (mailbox(name, utf8=utf8), b" ".join(pairs))


def metadata_changed(name: str, entries: Iterable[str], *, utf8: bool) -> bytes:
    """Unasked: these entries have other values now, RFC 5464 §4.4.2."""
    changed = [astring(entry.encode("ascii")) for entry in entries]
    return b"* METADATA %b %b\r\n" % (mailbox(name, utf8=utf8), b" ".join(changed))


def _value(value: bytes | None) -> bytes:
    return binary(value) if value is not None and b"\x00" in value else nstring(value)


def acl(name: str, entries: Iterable[tuple[str, str]], *, utf8: bool) -> bytes:
    """Each identifier with its rights, RFC 4314 §3.6."""
    words = [word for entry in entries for word in map(_astring, entry)]
    return data(b" ".join([b"ACL", mailbox(name, utf8=utf8), *words]))


def list_rights(name: str, identifier: str, always: str, others: Iterable[str], *, utf8: bool) -> bytes:
    """Rights that `identifier` always has, and groups of those he can be given, RFC 4314 §3.7."""
    words = [_astring(word) for word in (identifier, always, *others)]
    return data(b" ".join([b"LISTRIGHTS", mailbox(name, utf8=utf8), *words]))


def my_rights(name: str, rights: str, *, utf8: bool) -> bytes:
    return data(b" ".join([b"MYRIGHTS", mailbox(name, utf8=utf8), _astring(rights)]))


def in_progress(tag: str, done: int | None = None, of: int | None = None) -> bytes:
    """A long command is still under way, RFC 9585 §4.1; how much of how much, where that is known."""
    figures = " ".join("NIL" if number is None else str(number) for number in (done, of))
    return untagged("OK", "Still working", f'INPROGRESS ("{tag}" {figures})')


def _astring(words: str) -> bytes:
    return astring(words.encode("utf-8"))


def identity(fields: Iterable[tuple[str, str]]) -> bytes:
    """ID, RFC 2971 §3.2."""
    words = [string(word.encode("utf-8")) for pair in fields for word in pair]
    return data(b"ID " + (b"(%b)" % b" ".join(words) if words else NIL))
