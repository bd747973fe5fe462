"""What SORT, THREAD and SENTSINCE compare of a letter, packed into a few octets (RFC 5256, RFC 5957).

Texts are folded (`folded`), so that comparing is comparing octets.  Message-IDs are kept as numbers: threading asks
only whether two are the same.
"""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from pyeonji.message.addresses import Mailbox, parse_addresses
from pyeonji.message.date import parse_date
from pyeonji.message.folded import fold_line
from pyeonji.message.header import Header
from pyeonji.message.part import Part
from pyeonji.message.subject import base_subject
from pyeonji.message.text import header_text, is_attachment

MAX_REFERENCES = 100  # ids of ancestors kept: the first, and the last ninety-nine; ours
MAX_SUBJECT = 1_000  # characters of the base subject kept; ours
MAX_NAME = 200  # characters of each name kept; ours
FIRST_ADDRESS = 2  # entries read of an address field: a group's name, and the first address

MSG_ID = re.compile(rb"<([^<>]+)>")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNKNOWN = -(1 << 63)  # packed instead of an instant
HEAD = struct.Struct("<qiBQQB")
ANSWER, ATTACHMENT = 1, 2  # bits
SIGNATURES = frozenset({"pgp-signature", "pkcs7-signature", "x-pkcs7-signature"})


@dataclass(frozen=True, slots=True)
class Facts:
    """`sent_us` is the Date field's instant, None without a usable one; `sent_day` its day as it is written there.

    `author`, `recipient` and `copied` are the local parts of the first address in From, To and Cc (RFC 5256 §3);
    `author_shown` and `recipient_shown` what RFC 5957 §3 sorts by.
    """

    sent_us: int | None
    sent_day: int  # as `datetime.date.toordinal`; 0: none
    answer: bool  # the subject said so
    attachment: bool
    message_id: int  # 0: none
    thread: int  # see `thread`
    references: tuple[int, ...]  # oldest first; from In-Reply-To where there are no References
    subject: str
    author: str
    recipient: str
    copied: str
    author_shown: str
    recipient_shown: str


def facts(root: Part) -> Facts:
    """The facts of a scanned letter."""
    header = root.header
    date = header.get(b"date")
    sent = parse_date(date) if date else None
    base, answer = base_subject(header_text(header, b"subject"))
    author, recipient, copied = (_first(header, name) for name in (b"from", b"to", b"cc"))
    references = _references(header)
    own = _own_id(header)
    return Facts(
        sent_us=None if sent is None else (sent - EPOCH) // MICROSECOND,
        sent_day=0 if sent is None else sent.date().toordinal(),
        answer=answer,
        attachment=has_attachment(root),
        message_id=own,
        thread=thread(header),
        references=references,
        subject=fold_line(base)[:MAX_SUBJECT],
        author=_local_part(author),
        recipient=_local_part(recipient),
        copied=_local_part(copied),
        author_shown=_shown(author),
        recipient_shown=_shown(recipient),
    )


def thread(header: Header) -> int:
    """The same for all letters of a conversation that name its first letter; never 0.

    Clients keep it (THREADID, RFC 8474 §5.2): of the same octets it may never become another number
    (docs/adr/0009-threads-by-their-first-letter.md).
    """
    references = _references(header)
    first = references[0] if references else _own_id(header)
    return first or number_of(b"".join(map(header.raw, header.fields)))


def pack(known: Facts) -> bytes:
    """As few octets as a hundred thousand of them may cost."""
    bits = (ANSWER if known.answer else 0) | (ATTACHMENT if known.attachment else 0)
    sent = UNKNOWN if known.sent_us is None else known.sent_us
    references = known.references
    head = HEAD.pack(sent, known.sent_day, bits, known.message_id, known.thread, len(references))
    texts = (known.subject, known.author, known.recipient, known.copied, known.author_shown, known.recipient_shown)
    return head + struct.pack(f"<{len(references)}Q", *references) + "\0".join(texts).encode("utf-8", "replace")


def unpack(octets: bytes) -> Facts:
    """What `pack` was given; raises ValueError where it was given nothing of the kind."""
    try:
        sent, day, bits, own, thread, count = HEAD.unpack_from(octets)
        behind = HEAD.size + 8 * count
        references = struct.unpack_from(f"<{count}Q", octets, HEAD.size)
        subject, author, recipient, copied, author_shown, recipient_shown = octets[behind:].decode().split("\0")
    except struct.error as error:
        raise ValueError(str(error)) from error
    return Facts(
        None if sent == UNKNOWN else sent, day, bool(bits & ANSWER), bool(bits & ATTACHMENT), own, thread, references,
        subject, author, recipient, copied, author_shown, recipient_shown,
    )  # fmt: skip


def packed_thread(octets: bytes) -> int:
    """`Facts.thread` of what `pack` gave, without reading the rest."""
    thread: int = HEAD.unpack_from(octets)[4]
    return thread


def has_attachment(root: Part) -> bool:
    """Is there something to save?  Pictures that a page shows and signatures of its text are part of the letter."""
    waiting: list[tuple[Part, bool]] = [(root, False)]
    while waiting:
        part, related = waiting.pop()
        if part.is_multipart:
            inside = related or part.subtype == "related"
            waiting.extend((child, inside) for child in part.children)
        elif _is_saved(part, related):
            return True
    return False


def _is_saved(part: Part, related: bool) -> bool:
    if part.is_message:
        return True
    if not is_attachment(part) or part.subtype in SIGNATURES:
        return False
    disposition = part.disposition
    return not related or (disposition is not None and disposition.value == "attachment")


def _own_id(header: Header) -> int:
    return next(iter(message_ids(header.get(b"message-id") or b"")), 0)


def message_ids(value: bytes) -> list[int]:
    """The ids of a field as numbers, in their order; what is no id between angle brackets is passed over."""
    return [number_of(found) for found in MSG_ID.findall(value) if found.strip()]


def number_of(message_id: bytes) -> int:
    """A Message-ID without its brackets as a number other than 0; quotes and white space make no difference.

    RFC 5256 §3: <"01KF8JCEOCBS0045PS"@xxx.yyy.com> is <01KF8JCEOCBS0045PS@xxx.yyy.com>.
    """
    bare = message_id.translate(None, b' \t\r\n"\\')
    return int.from_bytes(blake2b(bare, digest_size=8).digest(), "big") or 1


def _references(header: Header) -> tuple[int, ...]:
    """RFC 5256 §3, REFERENCES step 1: References, else the first id of In-Reply-To."""
    found = message_ids(header.get(b"references") or b"")
    if not found:
        found = message_ids(header.get(b"in-reply-to") or b"")[:1]
    if len(found) > MAX_REFERENCES:
        found = [found[0], *found[1 - MAX_REFERENCES :]]
    return tuple(found)


def _first(header: Header, name: bytes) -> Mailbox | None:
    value = header.get(name)
    entries = parse_addresses(value, FIRST_ADDRESS) if value else []
    return next((entry for entry in entries if isinstance(entry, Mailbox)), None)


def _local_part(found: Mailbox | None) -> str:
    return fold_line(found.local_part[:MAX_NAME])[:MAX_NAME] if found else ""


def _shown(found: Mailbox | None) -> str:
    """The display name, else the address (RFC 5957 §3)."""
    return fold_line((found.name or found.addr_spec)[:MAX_NAME])[:MAX_NAME] if found else ""
