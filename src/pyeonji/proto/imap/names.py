"""Mailbox names: modified UTF-7 on the wire, or UTF-8 where that is enabled; Unicode inside (RFC 9051 §5.1, §A.1).

A name inside pyeonji is NFC text, so that two spellings of one 한글 name are one mailbox (RFC 5198 §3).  Only the one
true spelling of modified UTF-7 is read: a name that would be printed otherwise is no name.
"""

import binascii
import re
import unicodedata

MAX_NAME = 1000  # characters of a whole name; ours: far above any name seen, small enough for a line
SEPARATOR = "/"  # hierarchy delimiter, RFC 3501 §5.1.1
INBOX = "INBOX"
OTHERS = "Shared"  # below it is what other users share: Shared/kim@a.test/Project (RFC 2342 §3)

SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")
NOT_PRINTABLE = re.compile(r"[^\x20-\x25\x27-\x7e]+")  # all others represent themselves; "&" is written "&-"
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # RFC 5198 §2, RFC 9051 §5.1


class NotAName(ValueError):
    """The octets or the text are no mailbox name."""


def encode(name: str, *, utf8: bool = False) -> bytes:
    """The wire form of a name: modified UTF-7, or UTF-8."""
    if utf8:
        return name.encode("utf-8")
    return NOT_PRINTABLE.sub(_shift, name).encode("ascii")


def decode(octets: bytes, *, utf8: bool = False) -> str:
    """The name behind its wire form, in the form we keep; raises NotAName.

    UTF-8 is read always, since a server that offers UTF8=ACCEPT takes it from everybody (RFC 9755 §3); with `utf8`
    nothing else is, so that "&" means itself.
    """
    return checked(as_said(octets, utf8=utf8))


def as_said(octets: bytes, *, utf8: bool) -> str:
    """The name as the client spells it; raises NotAName."""
    if utf8 or not octets.isascii():
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotAName("mailbox name is not UTF-8") from error
    name = octets.decode("ascii")
    if name.isprintable() and "&" not in name:
        return name  # as most are
    name = _unshift(octets)
    if encode(name) != octets:
        raise NotAName("mailbox name is not modified UTF-7")
    return name


def checked(name: str) -> str:
    """The name in the form we keep; raises NotAName.  INBOX in any case is INBOX (RFC 3501 §5.1)."""
    if not name or len(name) > MAX_NAME:
        raise NotAName("mailbox name is empty or too long")
    if UNPRINTABLE.search(name):
        raise NotAName("mailbox name has control characters")
    return unicodedata.normalize("NFC", _with_one_inbox(name))


def _with_one_inbox(name: str) -> str:
    """INBOX in any case as we write it, also as a level above others: there is one INBOX."""
    top, separator, below = name.partition(SEPARATOR)
    return INBOX + separator + below if top.upper() == INBOX else name


def of_another(owner: str, name: str) -> str:
    """What a visitor calls a mailbox of the account `owner`.  A "/" in an address parts no levels."""
    escaped = owner.replace("=", "=3D").replace(SEPARATOR, "=2F")
    return SEPARATOR.join((OTHERS, escaped, name))


def whose(name: str) -> tuple[str, str] | None:
    """(owner, name there) of another's mailbox; ("", "") for the levels above those; None for an own one."""
    if name != OTHERS and not name.startswith(OTHERS + SEPARATOR):
        return None
    _, _, rest = name.partition(SEPARATOR)
    escaped, _, there = rest.partition(SEPARATOR)
    owner = escaped.replace("=2F", SEPARATOR).replace("=3D", "=")
    return (owner, _with_one_inbox(there)) if there else ("", "")


def _shift(found: re.Match[str]) -> str:
    """A run without printable ASCII: each "&" as "&-", the rest as one base64 run of UTF-16."""
    run = found[0]
    return "&-".join(map(_base64, run.split("&"))) if "&" in run else _base64(run)


def _base64(run: str) -> str:
    utf16 = run.encode("utf-16-be", "surrogatepass")
    base64 = binascii.b2a_base64(utf16, newline=False).rstrip(b"=\n").replace(b"/", b",").decode("ascii")
    return f"&{base64}-" if run else ""


def _unshift(octets: bytes) -> str:
    out: list[str] = []
    at = 0
    try:
        for run in SHIFTED.finditer(octets):
            out.append(octets[at : run.start()].decode("ascii"))
            out.append(_unbase64(run[1]) if run[1] else "&")
            at = run.end()
        out.append(octets[at:].decode("ascii"))
    except (UnicodeDecodeError, binascii.Error) as error:
        raise NotAName("mailbox name is not modified UTF-7") from error
    return "".join(out)


def _unbase64(run: bytes) -> str:
    octets = run.replace(b",", b"/") + b"=" * (-len(run) % 4)
    return binascii.a2b_base64(octets, strict_mode=True).decode("utf-16-be")
