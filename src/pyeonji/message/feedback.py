"""Complaints that a provider passes on: the abuse reporting format, read (RFC 5965)."""

from dataclasses import dataclass

from pyeonji.message.codecs import decode
from pyeonji.message.header import Header, parse_header
from pyeonji.message.mime import scan
from pyeonji.message.report import MAX_BLOCK_SEARCH, returned_header

MAX_ADDRESSES = 1000  # read of one report; ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One report.  `kind` is its Feedback-Type ("abuse"); addresses are as written; what was missing is ""."""

    kind: str
    agent: str
    envid: str
    recipients: tuple[str, ...]
    returned: Header | None  # of the letter it is about, where that came back


def parse_feedback(octets: bytes) -> Feedback | None:
    """The report in a message, or None where no part is one (RFC 5965 §2)."""
    fields: Header | None = None
    returned: Header | None = None
    for one in scan(octets).walk():
        if fields is None and (one.type, one.subtype) == ("message", "feedback-report"):
            fields = parse_header(decode(one.body, one.encoding)[:MAX_BLOCK_SEARCH])
        elif fields is not None and returned is None:
            returned = returned_header(one)
    if fields is None:
        return None
    told = [value.decode("utf-8", "replace").strip(" <>\r\n\t") for value in fields.all(b"original-rcpt-to")]
    return Feedback(
        kind=fields.text(b"feedback-type").strip().lower(),
        agent=fields.text(b"user-agent"),
        envid=fields.text(b"original-envelope-id"),
        recipients=tuple(told[:MAX_ADDRESSES]),
        returned=returned,
    )
