"""Fields at the top of a letter that only its own server may write, and that strangers write all the same.

An Authentication-Results field in our name would tell a reader that we had checked what nobody has checked (RFC 8601
§5); a second Return-Path would hide where the letter really came from (RFC 5321 §4.4).  X-Spam fields are believed by
mail programs, whoever wrote them.
"""

import re

from pyeonji.address import NotADomain, parse_domain
from pyeonji.message.edit import cut_fields
from pyeonji.message.header import Field, Header

SPACE = rb"[ \t\r\n]*+"
# authserv-id, RFC 8601 §2.2: a word or a quoted string.  Comments are cut out before.
AUTHSERV_ID = re.compile(
    SPACE + rb'(?:"((?:[^"\\]++|\\.)*)"|([^\s;"()]++))' + SPACE + rb"(?:;|[0-9]++" + SPACE + rb";|\Z)", re.DOTALL
)
COMMENT_MARK = re.compile(rb'\\.|[()"]', re.DOTALL)


def without_claims(
    octets: bytes, header: Header, hostname: str, *, stranger: bool = False
) -> tuple[bytes, tuple[str, ...]]:
    """The header without fields that speak in our name ("" has none), and what was done, in words of the journey.

    Of a `stranger` nobody here believes that a letter is no spam.
    """
    claims = [field for field in header if _is_claim(header, field, hostname, stranger=stranger)]
    if not claims:
        return octets, ()
    done = sorted({f"{'x-spam' if _of_spam(field) else field.name.decode()} removed" for field in claims})
    return cut_fields(octets, claims), tuple(done)


def _of_spam(field: Field) -> bool:
    return field.name == b"x-spam" or field.name.startswith(b"x-spam-")


def _is_claim(header: Header, field: Field, hostname: str, *, stranger: bool) -> bool:
    if field.name == b"return-path" or (stranger and _of_spam(field)):
        return True
    return bool(hostname) and field.name == b"authentication-results" and _may_mean(header.value(field), hostname)


def _may_mean(value: bytes, hostname: str) -> bool:
    """Could a reader take this for ours?  What cannot be read with certainty could."""
    match = AUTHSERV_ID.match(without_comments(value))
    if match is None:
        return True
    name = match[1] if match[1] is not None else match[2]
    name = re.sub(rb"\\(.)", rb"\1", name)
    return _as_host(name.strip().decode("utf-8", "replace")) == _as_host(hostname)


def _as_host(name: str) -> str:
    """One spelling of a name, U-labels or A-labels (RFC 8601 §2.5); of what is no name itself in lower case."""
    try:
        return parse_domain(name.rstrip("."))
    except NotADomain:
        return name.rstrip(".").casefold()


def without_comments(value: bytes) -> bytes:
    """Each comment (they nest) becomes a space; one that never closes takes the rest with it."""
    kept, depth, start, quoted = [], 0, 0, False
    for mark in COMMENT_MARK.finditer(value):
        if mark[0] == b'"' and not depth:
            quoted = not quoted
        elif mark[0] == b"(" and not quoted:
            if not depth:
                kept += [value[start : mark.start()], b" "]
            depth += 1
        elif mark[0] == b")" and depth:
            depth -= 1
            start = mark.end()
    if not depth:
        kept.append(value[start:])
    return b"".join(kept)
