"""The packed report in a letter: the part that a program wrote for a program (RFC 9990 §3.5.2, RFC 8460 §5.3)."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from pyeonji.message.codecs import decode
from pyeonji.message.header import Header
from pyeonji.message.inflate import Swells, inflated
from pyeonji.message.mime import scan
from pyeonji.message.text import header_text

SUBJECT = "report domain:"  # RFC 9990 §3.5.2, RFC 8460 §5.3, in whatever case

MAX_PARTS = 3  # that are unpacked of one letter; a report has one
MAX_ATTACHED = 10 << 20  # octets of an attachment, before it is unpacked; ours
TYPES = frozenset({
    "application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed", "application/xml",
    "text/xml", "application/tlsrpt+gzip", "application/tlsrpt+json", "application/octet-stream",
})  # fmt: skip


def says_report(header: Header) -> bool:
    """Whether the letter says of itself that it brings one."""
    first = (header.get(b"subject") or b"")[:1]
    if first.isalnum() and first not in b"rR":  # as nearly all begin: no need to read on
        return False
    return header_text(header, b"subject").lower().lstrip().startswith(SUBJECT)


def packed_reports(letter: bytes) -> Iterator[bytes]:
    """What is unpacked from each part that may be a report; parts that swell are left out."""
    parts = (part for part in scan(letter).walk() if f"{part.type}/{part.subtype}" in TYPES)
    for part in islice(parts, MAX_PARTS):
        if len(part.body) > 2 * MAX_ATTACHED:  # base64 and its line ends need a third more
            continue
        octets = decode(part.body, part.encoding)
        if len(octets) <= MAX_ATTACHED:
            with suppress(Swells):
                yield inflated(octets)
