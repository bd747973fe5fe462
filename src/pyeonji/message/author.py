"""Who wrote a letter, where every program must find the same (RFC 5322 §3.6.2, RFC 9989 §11.5).

DMARC judges the author's domain and a reader sees the author's name.  A letter in which two programs could find two
authors passes the test of one and is shown under the other ("Composition Kills", "Weak Links"): it names no author.
"""

import re

from pyeonji.message.addresses import MAX_ADDRESSES, Mailbox, Token, parse_addresses, tokens_of
from pyeonji.message.header import Header

SENDERS = (b"sender", b"resent-from", b"resent-sender")

ODD_OCTETS = re.compile(rb"[^!-~]+")
# A line of what we take for the body, though no empty line stands before it, that others may take for a From field.
FROM_BELOW = re.compile(rb"^[\x00-\x09\x0b- ]*+From[\x00- \x7f-\xff]*+:", re.IGNORECASE | re.MULTILINE)
EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)


class NotOneAuthor(ValueError):
    """The From field does not name one author's domain in one way only; the text says why."""


def author(header: Header) -> tuple[Mailbox, ...]:
    """The authors, all of one domain; raises NotOneAuthor."""
    fields = header.named(b"from")
    if len(fields) != 1:
        raise NotOneAuthor(f"{len(fields)} From fields")
    field = fields[0]
    raw = header.octets[field.value_start : field.end]
    if field.value_start - field.start != len("From:"):
        raise NotOneAuthor("white space before the colon of From")
    if _has_another(header):
        raise NotOneAuthor("something that may be read as a second From field")
    if b"\x00" in raw or b"\r" in raw.replace(b"\r\n", b""):
        raise NotOneAuthor("control characters in From")
    return _authors(header.value(field))


def senders(header: Header) -> tuple[Mailbox, ...]:
    """Who else claims to have sent it: Sender and the resent fields (RFC 5322 §3.6.2, §3.6.6); raises NotOneAuthor."""
    if header.count(b"sender") > 1:
        raise NotOneAuthor(f"{header.count(b'sender')} Sender fields")
    found: list[Mailbox] = []
    for name in SENDERS:
        for value in header.all(name):
            entries = parse_addresses(value)
            boxes = [entry for entry in entries if isinstance(entry, Mailbox) and entry.address and not entry.route]
            if not boxes or len(boxes) != len(entries):
                raise NotOneAuthor(f"no usable address in {name.decode().title()}")
            found += boxes
    return tuple(found)


def _authors(value: bytes) -> tuple[Mailbox, ...]:
    entries = parse_addresses(value)
    boxes = tuple(entry for entry in entries if isinstance(entry, Mailbox))
    if len(boxes) != len(entries):
        raise NotOneAuthor("a group in From")
    if len(boxes) == MAX_ADDRESSES:
        raise NotOneAuthor("more addresses in From than are read")
    addresses = [box.address for box in boxes]
    if not boxes or None in addresses or any(box.route for box in boxes):
        raise NotOneAuthor("no usable address in From")
    if len({address.domain for address in addresses if address}) > 1:
        raise NotOneAuthor("authors of several domains in From")
    if not _domains_said(value) <= {box.raw_domain.lower() for box in boxes}:
        raise NotOneAuthor("an address outside quotes beside the author's")
    return boxes


def _has_another(header: Header) -> bool:
    """Is there a name that is "From" but for odd octets, among the fields or behind a line that ended them too soon?"""
    if any(ODD_OCTETS.sub(b"", field.name) == b"from" != field.name for field in header):
        return True
    if header.body != header.fields_end:  # the empty line stands between them
        return False
    below = header.octets[header.fields_end :]
    end = EMPTY_LINE.search(below)
    return FROM_BELOW.search(below, 0, end.start() if end else len(below)) is not None


def _domains_said(value: bytes) -> set[bytes]:
    """What follows each "@" that stands in no quotes and in no comment."""
    tokens = tokens_of(value)
    return {_domain(tokens, at + 1) for at, token in enumerate(tokens) if token == ("special", b"@")}


def _domain(tokens: list[Token], at: int) -> bytes:
    """The domain that begins here; dots of obsolete syntax with white space around them end it."""
    while at < len(tokens) and tokens[at][0] in ("white", "comment"):
        at += 1
    start = at
    while at < len(tokens) and (tokens[at][0] in ("word", "literal") or tokens[at] == ("special", b".")):
        at += 1
    return b"".join(octets for _, octets in tokens[start:at]).lower()
