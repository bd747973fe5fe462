"""Delivery status notifications: written (RFC 3464, RFC 6522, RFC 6533) and read.

The first part is for people and comes from the caller, in their language.  The second part is for programs.  What a
peer said goes into it only after `sanitised_reply`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pyeonji.address import Address
from pyeonji.message.codecs import decode, needs_8bit
from pyeonji.message.compose import Correspondent, field_of_mailboxes, multipart, part, text_field, text_part
from pyeonji.message.date import format_date, parse_date
from pyeonji.message.folding import fold
from pyeonji.message.header import Header, header_end, parse_header
from pyeonji.message.mime import scan
from pyeonji.message.part import Part

MAX_REPLY = 1000  # octets of a peer's reply that are repeated; ours
MAX_RECIPIENTS = 1000  # recipient blocks read of one report; ours
MAX_BLOCK_SEARCH = 1024 * 1024  # octets of a status part that are read; ours
NOT_REPEATED = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
HEX = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


class Action(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """One recipient's block, RFC 3464 §2.3.

    `diagnostic` is the peer's whole reply as it was said; `original` the ORCPT value with its type ("rfc822;a@b").
    """

    final: Address
    action: Action
    status: str
    original: str = ""
    remote_mta: str = ""
    diagnostic: str = ""
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One notification.  `returned` is the message; with `headers_only` its header goes back (RET, RFC 3461 §4.3)."""

    author: Correspondent
    to: Address
    subject: str
    text: str
    date: datetime | int
    message_id: str
    reporting_mta: str
    recipients: Sequence[RecipientStatus]
    returned: bytes = b""
    headers_only: bool = True
    arrival: datetime | None = None
    envid: str = ""
    fields: Sequence[tuple[str, str]] = field(default=())


def build_report(report: Report, *, smtputf8: bool = False) -> bytes:
    """The whole message with CRLF, 7-bit unless `smtputf8` or the returned message is 8-bit."""
    head = [
        field_of_mailboxes("From", [report.author], smtputf8=smtputf8),
        field_of_mailboxes("To", [("", report.to)], smtputf8=smtputf8),
        text_field("Subject", report.subject, smtputf8=smtputf8),
        fold("Date", format_date(report.date)),
        fold("Message-ID", f"<{report.message_id.strip('<>')}>"),
        b"Auto-Submitted: auto-replied\r\n",  # RFC 3834 §3.1.7
        *(text_field(name, value, smtputf8=smtputf8) for name, value in report.fields),
        b"MIME-Version: 1.0\r\n",
    ]
    status = status_blocks(report, smtputf8=smtputf8)
    kind = "global-delivery-status" if needs_8bit(status) else "delivery-status"
    parts = [text_part(report.text), part(f"message/{kind}", status, "8bit" if needs_8bit(status) else "7bit")]
    if report.returned:
        parts.append(_returned_part(report))
    # Also for global-delivery-status the type stays the same, RFC 6533 §6.
    parameters = [("report-type", "delivery-status")]
    return b"".join(head) + multipart("report", parts, seed=report.message_id, parameters=parameters)


def _returned_part(report: Report) -> bytes:
    content = report.returned
    if report.headers_only:
        content = content[: header_end(content)]
    encoding = "8bit" if needs_8bit(content) else "7bit"
    is_global = not content[: header_end(content)].isascii()  # RFC 6532 header, RFC 6533 §5
    if report.headers_only:
        return part("message/global-headers" if is_global else "text/rfc822-headers", content, encoding)
    return part("message/global" if is_global else "message/rfc822", content, encoding)


def status_blocks(report: Report, *, smtputf8: bool = False) -> bytes:
    """The machine part: one block about the message, one for each recipient (RFC 3464 §2.1)."""
    lines = [fold("Reporting-MTA", f"dns; {report.reporting_mta}")]
    if report.envid:
        lines.insert(0, fold("Original-Envelope-Id", report.envid))
    if report.arrival:
        lines.append(fold("Arrival-Date", format_date(report.arrival)))
    blocks = [b"".join(lines), *(_recipient_block(one, smtputf8) for one in report.recipients)]
    return b"\r\n".join(blocks)


def _recipient_block(recipient: RecipientStatus, smtputf8: bool) -> bytes:
    lines = []
    if recipient.original:
        kind, _, address = recipient.original.partition(";")
        lines.append(fold("Original-Recipient", typed_address(address.strip(), kind.strip(), smtputf8)))
    lines += [
        fold("Final-Recipient", typed_address(str(recipient.final), "rfc822", smtputf8)),
        fold("Action", recipient.action.value),
        fold("Status", recipient.status),
    ]
    if recipient.remote_mta:
        lines.append(fold("Remote-MTA", f"dns; {sanitised_reply(recipient.remote_mta)}"))
    if recipient.diagnostic:
        lines.append(fold("Diagnostic-Code", f"smtp; {sanitised_reply(recipient.diagnostic, ascii_only=not smtputf8)}"))
    if recipient.last_attempt:
        lines.append(fold("Last-Attempt-Date", format_date(recipient.last_attempt)))
    if recipient.will_retry_until:
        lines.append(fold("Will-Retry-Until", format_date(recipient.will_retry_until)))
    return b"".join(lines)


def typed_address(address: str, kind: str, smtputf8: bool) -> str:
    """`rfc822; a@b`, or `utf-8; ...` for what ASCII cannot say, escaped where the message is ASCII (RFC 6533 §3)."""
    address = NOT_REPEATED.sub("", address)
    if address.isascii():
        return f"{kind or 'rfc822'}; {address}"
    if smtputf8:
        return f"utf-8; {address}"
    escaped = "".join(c if c.isascii() and c not in "\\" else f"\\x{{{ord(c):X}}}" for c in address)
    return f"utf-8; {escaped}"


def sanitised_reply(reply: str, *, ascii_only: bool = True) -> str:
    """A peer's words in one harmless line: no control characters, no other directions, at most 1,000 octets."""
    text = NOT_REPEATED.sub(" ", reply).strip()[:MAX_REPLY]
    if ascii_only:
        text = text.encode("ascii", "replace").decode("ascii")
    return text.encode("utf-8", "replace")[:MAX_REPLY].decode("utf-8", "ignore")


# ── reading ──


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """One recipient block as found; what was missing is ""."""

    final: str
    original: str
    action: str
    status: str
    remote_mta: str
    diagnostic: str
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedReport:
    """A received notification: who reports, about which envelope and message, and each recipient."""

    reporting_mta: str
    envid: str
    recipients: tuple[ReportedRecipient, ...]
    returned: Header | None = None  # of the message it is about, where that came back


def parse_report(octets: bytes) -> ParsedReport | None:
    """The report in a message, or None where no part is a delivery status.  Tolerant: missing fields are ""."""
    blocks: list[Header] = []
    returned: Header | None = None
    found = False
    for one in scan(octets).walk():
        if one.type == "message" and one.subtype in ("delivery-status", "global-delivery-status"):
            found = True  # some gateways put their text for people into a first part of this type
            blocks = blocks or list(_blocks(decode(one.body, one.encoding)[:MAX_BLOCK_SEARCH]))
        elif found and returned is None:
            returned = returned_header(one)
    if not found:
        return None
    first = blocks[0] if blocks else parse_header(b"")
    told = blocks if first.count(b"final-recipient") else blocks[1:]  # some leave out the first block
    return ParsedReport(
        reporting_mta=_untyped(first.text(b"reporting-mta")),
        envid=first.text(b"original-envelope-id"),
        recipients=tuple(_reported(block) for block in told[:MAX_RECIPIENTS]),
        returned=returned,
    )


def returned_header(one: Part) -> Header | None:
    """The header of the message a report is about, where this part brings it back."""
    if one.is_message:
        return one.children[0].header
    if (one.type, one.subtype) in RETURNED_HEADERS:
        return parse_header(decode(one.body, one.encoding))
    return None


RETURNED_HEADERS = {
    ("text", "rfc822-headers"), ("message", "rfc822-headers"), ("message", "global-headers"), ("message", "rfc822"),
    ("message", "global"),
}  # fmt: skip


def _blocks(octets: bytes) -> Iterator[Header]:
    """Groups of fields between blank lines."""
    position = 0
    while position < len(octets):
        header = parse_header(octets, position)
        if header.fields:
            yield header
        if header.body > position:
            position = header.body
        else:  # a line that is no field
            position = octets.find(b"\n", position) + 1 or len(octets)


def _reported(block: Header) -> ReportedRecipient:
    status = STATUS.search(block.text(b"status"))
    diagnostic = _untyped(block.text(b"diagnostic-code"))
    found = status or STATUS.search(diagnostic)
    return ReportedRecipient(
        final=_untyped(block.text(b"final-recipient")),
        original=_untyped(block.text(b"original-recipient")),
        action=block.text(b"action").partition(" ")[0].lower(),
        status=found[1] if found else "",
        remote_mta=_untyped(block.text(b"remote-mta")),
        diagnostic=diagnostic,
        last_attempt=parse_date(block.text(b"last-attempt-date")),
        will_retry_until=parse_date(block.text(b"will-retry-until")),
    )


def _untyped(value: str) -> str:
    """What follows "rfc822;", "dns;", "smtp;" or "utf-8;" (unescaped, RFC 6533 §3), without angle brackets."""
    kind, semicolon, rest = value.partition(";")
    text = (rest if semicolon else value).strip()
    if kind.strip().lower() == "utf-8":
        text = HEX.sub(_character, text)
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if 32 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]
