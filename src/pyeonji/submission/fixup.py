"""What a submission server may mend in a header (RFC 6409 §8): a missing Date, Message-ID or From, a Bcc too many.

Where a line that is no field ends it, an empty line is put in: else other readers would find fields behind that line,
a Bcc among them, and another body than the one that is signed.
Nothing else is touched; each change is told in the journey.
"""

from pyeonji.message.claims import without_claims
from pyeonji.message.edit import prepend_fields, without_private
from pyeonji.message.header import parse_header


def fixed(
    head: bytes, *, date: str, message_id: str, author: str, hostname: str, has_body: bool = False
) -> tuple[bytes, tuple[str, ...]]:
    """The mended header and what was done to it, in words of docs/journey.md."""
    header = parse_header(head)
    done: list[str] = []
    if has_body and header.fields_end == header.body:
        head += b"\r\n"
        done.append("empty line added")
    names = {field.name for field in header}
    head, removed = without_private(head)
    done += removed
    if b"authentication-results" in names:
        head, claims = without_claims(head, parse_header(head), hostname)
        done += claims
    missing: list[bytes] = []
    if b"from" not in names and author:
        missing.append(b"From: " + author.encode())
        done.append("from added")
    if b"date" not in names:
        missing.append(b"Date: " + date.encode())
        done.append("date added")
    if b"message-id" not in names:
        missing.append(b"Message-ID: " + message_id.encode())
        done.append("message-id added")
    if missing:
        head = prepend_fields(head, missing)
    return head, tuple(done)
