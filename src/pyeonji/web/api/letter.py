"""A letter as JSON, and the octets and the envelope it becomes.  Whatever stands in it, it is one letter (L02)."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.message.addresses import Mailbox, parse_addresses
from pyeonji.message.compose import Attachment, Correspondent, compose
from pyeonji.store.sent import Sent
from pyeonji.submission.app_fields import (
    MAX_METADATA,
    MAX_NAME,
    MAX_REF,
    MAX_TAGS,
    MAX_VALUE,
    TAG,
    TRACEPARENT,
    BadField,
    checked_expiry,
    checked_metadata,
    checked_ref,
    checked_tags,
)
from pyeonji.web.api.problem import Problem

MAX_RECIPIENTS = 1_000  # of one letter over all fields; RFC 5321 §4.5.3.1.8 asks for 100 at least
MAX_FILES = 100  # attachments of one letter; ours
MAX_FIELDS = 50  # header fields of the app's own; ours
FIELD_NAME = re.compile(r"[!-9;-~]{1,76}\Z")  # RFC 5322 §2.2
BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # no value may hold a line end, nor what is like one
IN_BRACKETS = re.compile(r"<([^<>]*)>\s*\Z")
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}  # seconds
# Whoever writes these writes the letter's structure, its way, or what other servers say of it.
OURS = frozenset(
    {
        "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "mime-version", "received",
        "return-path", "delivered-to", "authentication-results", "dkim-signature", "received-spf",
    }
)  # fmt: skip
OUR_PREFIXES = ("content-", "resent-", "arc-", "x-pyeonji-")

One = Annotated[str, Meta(min_length=3, max_length=998, examples=["게시판 <noreply@board.example>"])]
Several = Annotated[list[One], Meta(max_length=MAX_RECIPIENTS)]
Line = Annotated[str, Meta(max_length=998, pattern=r"^[^\u0000-\u001f\u007f]*$(?!\n)")]
Ref = Annotated[
    str, Meta(max_length=MAX_REF, pattern=r"^[^\u0000-\u001f\u007f]*$(?!\n)", description="Your own name for it.")
]
Tag = Annotated[str, Meta(pattern=rf"^{TAG.pattern}$(?!\n)")]
Tags = Annotated[list[Tag], Meta(max_length=MAX_TAGS)]
Expiry = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]{0,6}[smhd])?$(?!\n)", max_length=8, examples=["15m"],
        description="How long it is tried, from 60s to 7d; then it has failed.",
    ),
]  # fmt: skip
Text = Annotated[str, Meta(pattern=r"^[^\u0000]*$(?!\n)")]
Value = Annotated[str, Meta(max_length=MAX_VALUE, pattern=r"^[^\u0000]*$(?!\n)")]
Metadata = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=MAX_NAME, pattern=r"^[^\u0000-\u001f]+$(?!\n)")], Value],
    Meta(max_length=MAX_METADATA, description="Of yours; comes back with every event, and is never sent out."),
]


class File(msgspec.Struct):
    """An attachment; with a `content_id` the HTML shows it by <img src="cid:...">."""

    filename: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)")]
    content: Annotated[bytes, Meta(description="Base64.")]
    content_type: Annotated[
        str, Meta(max_length=127, pattern=r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$(?!\n)")
    ] = "application/octet-stream"
    content_id: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]*$(?!\n)")] = ""


class Options(msgspec.Struct, kw_only=True):
    """What every way to send a letter has beside the letter itself."""

    ref: Ref = ""
    tags: Tags = []
    metadata: Metadata = {}
    expires_in: Expiry = ""
    require_tls: Annotated[bool, Meta(description="Only over encrypted connections, all the way (RFC 8689).")] = False

    def sent(self, app_id: int, trace: str, *, test: bool) -> Sent:
        """Whose letter it is, by the rules that hold for X-Pyeonji- fields, too; raises Problem."""
        with saying_where():
            return Sent(
                app_id, checked_ref(self.ref), checked_tags(self.tags), checked_metadata(self.metadata),
                trace if TRACEPARENT.fullmatch(trace) else "", test,
            )  # fmt: skip

    def expires_us(self, now_us: int) -> int:
        """The instant to give up; 0 for the usual time.  Raises Problem."""
        with saying_where():
            return now_us + checked_expiry(self.expires_in) if self.expires_in else 0


@contextlib.contextmanager
def saying_where() -> Iterator[None]:
    try:
        yield
    except BadField as error:
        near = f"$.{error.name.replace('-', '_')}"
        raise Problem("invalid", near=near, what=str(error)) from error


class Message(Options, kw_only=True):
    """A letter to be sent.  It needs a recipient, and `text` or `html`."""

    author: One = msgspec.field(name="from")
    to: Several | One = []
    cc: Several | One = []
    bcc: Several | One = []
    reply_to: Several | One = []
    subject: Line = ""
    text: Text = ""
    html: Text = ""
    headers: Annotated[dict[str, Line], Meta(max_length=MAX_FIELDS, description="Further header fields.")] = {}
    attachments: Annotated[list[File], Meta(max_length=MAX_FILES)] = []
    track: Annotated[Literal["none"], Meta(description="Nothing is tracked.")] = "none"


@dataclass(frozen=True, slots=True)
class Written:
    """A letter with its envelope."""

    octets: bytes
    author: Address
    recipients: tuple[Address, ...]
    smtputf8: bool


def written(letter: Message, *, date_s: int, message_id: str) -> Written:
    """The letter as it is sent; raises Problem."""
    name, author = _one(letter.author, "$.from")
    to, cc, bcc, reply_to = (
        several(getattr(letter, field), f"$.{field}") for field in ("to", "cc", "bcc", "reply_to")
    )  # fmt: skip
    recipients = tuple(dict.fromkeys(address for _, address in (*to, *cc, *bcc)))
    check_recipients(recipients)
    if not letter.text and not letter.html:
        raise Problem("invalid", near="$.text", what="a letter has text, HTML or both")
    smtputf8 = not all(
        address.is_ascii for address in (author, *(one for _, one in (*to, *cc, *reply_to)), *recipients)
    )
    octets = compose(
        author=(name, author), to=to, cc=cc, reply_to=reply_to, subject=letter.subject, text=letter.text,
        html=letter.html, date=date_s, message_id=message_id, fields=_fields(letter.headers),
        attachments=list(map(_file, letter.attachments)), smtputf8=smtputf8,
    )  # fmt: skip
    return Written(octets, author, recipients, smtputf8)


def check_recipients(recipients: Sequence[Address]) -> None:
    """Raises Problem when there are none, or too many."""
    if not recipients:
        raise Problem("invalid", near="$.to", what="there is no recipient")
    if len(recipients) > MAX_RECIPIENTS:
        raise Problem("invalid", near="$.to", what=f"there are more than {MAX_RECIPIENTS} recipients")


def _one(text: str, near: str) -> Correspondent:
    """ "Kim <kim@a.example>" or "kim@a.example"; raises Problem."""
    if BREAKS.search(text):
        raise Problem("invalid", near=near, what="an address is one line")
    found = parse_addresses(text.encode("utf-8", "replace"), 2)
    one = found[0] if len(found) == 1 else None
    if not isinstance(one, Mailbox) or one.address is None or _strict(text) != one.address:
        raise Problem("invalid", near=near, what=f"{text[:100]} is not one mailbox")
    return one.name, one.address


def _strict(text: str) -> Address | None:
    """What the lenient reading of header fields must agree with."""
    inside = IN_BRACKETS.search(text)
    try:
        return parse_address((inside[1] if inside else text).strip())
    except NotAnAddress:
        return None


def several(texts: list[str] | str, near: str) -> list[Correspondent]:
    """The same of many."""
    if isinstance(texts, str):
        return [_one(texts, near)]
    return [_one(text, f"{near}[{at}]") for at, text in enumerate(texts)]


def _fields(headers: dict[str, str]) -> list[tuple[str, str]]:
    for name, value in headers.items():
        near = f"$.headers[{name[:76]}]"
        if not FIELD_NAME.match(name):
            raise Problem("invalid", near=near, what="that is no name of a header field")
        if name.lower() in OURS or name.lower().startswith(OUR_PREFIXES):
            raise Problem("invalid", near=near, what="this field is written by the server")
        if BREAKS.search(value):
            raise Problem("invalid", near=near, what="a field is one line")
    return list(headers.items())


def _file(one: File) -> Attachment:
    if one.content_type.lower().startswith(("multipart/", "message/")):
        raise Problem("invalid", near="$.attachments", what="attach a letter as application/octet-stream")
    return Attachment(one.filename, one.content_type.lower(), one.content, one.content_id)
