"""IMAP URLs that name a message or a part of one on this server (RFC 5092 §6, as CATENATE uses them: RFC 4469 §3)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pyeonji.proto.imap import names
from pyeonji.proto.imap.command import fetch
from pyeonji.proto.imap.wire import MAX_NUMBER, MAX_NUMBER64, BadCommandText, Reader

MAX_URL = 4096  # characters; ours: the longest name of a mailbox, percent-encoded, fits for all but the longest
URL = re.compile(
    r"(?P<mailbox>[^;?#]*)(?:;UIDVALIDITY=(?P<uidvalidity>[1-9][0-9]{0,9})/)?;UID=(?P<uid>[1-9][0-9]{0,9})"
    r"(?:/;SECTION=(?P<section>[^;?#]+))?(?:/;PARTIAL=(?P<first>[0-9]{1,19})(?:\.(?P<count>[1-9][0-9]{0,18}))?)?\Z",
    re.IGNORECASE | re.ASCII,
)
ELSEWHERE = re.compile(r"(?:imap:|//)", re.IGNORECASE)
WHOLE = fetch.Section()
BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class NotAMessageUrl(ValueError):
    """The URL is none, or names something that is no message of the one who asks."""


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """`mailbox` is None for the open one.  `partial` is (first octet, how many), to the end where that is None."""

    mailbox: str | None
    uidvalidity: int | None
    uid: int
    section: fetch.Section = WHOLE
    partial: tuple[int, int | None] | None = None


def parse_url(text: str) -> MessageUrl:
    """The message part an URL without a server means; raises NotAMessageUrl."""
    found = URL.match(text) if len(text) <= MAX_URL and not ELSEWHERE.match(text) else None
    if found is None or BAD_PERCENT.search(text):
        raise NotAMessageUrl("not the URL of a message here")
    uid, uidvalidity = int(found["uid"]), int(found["uidvalidity"] or 0)
    if max(uid, uidvalidity) > MAX_NUMBER:
        raise NotAMessageUrl("number too large")
    mailbox = _mailbox(found["mailbox"], has_uidvalidity=bool(uidvalidity))
    return MessageUrl(mailbox, uidvalidity or None, uid, _section(found["section"]), _partial(found))


def _mailbox(path: str, *, has_uidvalidity: bool) -> str | None:
    if not has_uidvalidity and path:
        if not path.endswith("/"):
            raise NotAMessageUrl("a slash before ;UID expected")
        path = path[:-1]
    path = path.removeprefix("/")
    if not path:
        return None
    try:
        return names.decode(unquote_to_bytes(path), utf8=True)
    except names.NotAName as error:
        raise NotAMessageUrl(str(error)) from error


def _section(text: str | None) -> fetch.Section:
    if text is None:
        return WHOLE
    reader = Reader(unquote_to_bytes(text) + b"]")
    try:
        found = fetch.section(reader)
        reader.expect(b"]")
        reader.end()
    except BadCommandText as error:
        raise NotAMessageUrl(str(error)) from error
    return found


def _partial(found: re.Match[str]) -> tuple[int, int | None] | None:
    if found["first"] is None:
        return None
    first, count = int(found["first"]), int(found["count"]) if found["count"] else None
    if max(first, count or 0) > MAX_NUMBER64:
        raise NotAMessageUrl("number too large")
    return first, count
