"""New messages, written whole (RFC 5322, RFC 2046, RFC 6532).

Everything that varies — date, id, addresses — is an argument.  A boundary is made from the message id; it holds "=_",
which neither quoted-printable nor base64 can produce, and is checked against parts that are copied as they are.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyeonji.address import Address
from pyeonji.message.addresses import format_mailbox
from pyeonji.message.codecs import encode_base64, encode_quoted_printable, has_long_lines
from pyeonji.message.date import format_date
from pyeonji.message.edit import with_crlf
from pyeonji.message.folding import fold
from pyeonji.message.parameters import format_parameters
from pyeonji.message.words import encode_words

Correspondent = tuple[str, Address]  # display name ("" for none) and address

QUOTED_PRINTABLE_SHARE = 6  # up to one 8-bit octet in six, quoted-printable stays shorter and partly legible


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file: its name in any script, its type such as "application/pdf", its octets.

    With a `content_id` the HTML shows it by <img src="cid:...">.
    """

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


def compose(
    *,
    author: Correspondent,
    to: Sequence[Correspondent],
    subject: str,
    text: str,
    date: datetime | int,
    message_id: str,
    html: str = "",
    cc: Sequence[Correspondent] = (),
    reply_to: Sequence[Correspondent] = (),
    fields: Sequence[tuple[str, str]] = (),
    attachments: Sequence[Attachment] = (),
    eight_bit: bool = False,
    smtputf8: bool = False,
) -> bytes:
    """The message with CRLF line ends; with both `text` and `html` a reader chooses (RFC 2046 §5.1.4).

    `message_id` comes without or with "<>".  `fields` are further header fields in plain text (In-Reply-To,
    Auto-Submitted and so on).  Without `eight_bit` all bodies are 7-bit; without `smtputf8` the header is ASCII.
    """
    head = [
        field_of_mailboxes("From", [author], smtputf8=smtputf8),
        *(
            field_of_mailboxes(name, boxes, smtputf8=smtputf8)
            for name, boxes in (("Reply-To", reply_to), ("To", to), ("Cc", cc))
            if boxes
        ),
        text_field("Subject", subject, smtputf8=smtputf8),
        fold("Date", format_date(date)),
        fold("Message-ID", f"<{message_id.strip('<>')}>"),
        *(text_field(name, value, smtputf8=smtputf8) for name, value in fields),
        b"MIME-Version: 1.0\r\n",
    ]
    shown = [one for one in attachments if one.content_id and html]
    files = [one for one in attachments if one not in shown]
    body = _words(text, html, shown, message_id, eight_bit=eight_bit)
    if files:
        body = multipart("mixed", [body, *map(_file_part, files)], seed=message_id)
    return b"".join(head) + body


def _words(text: str, html: str, shown: Sequence[Attachment], seed: str, *, eight_bit: bool) -> bytes:
    """What people read: text, HTML with what it shows (RFC 2387), or both."""
    if not html:
        return text_part(text, eight_bit=eight_bit)
    rich = text_part(html, eight_bit=eight_bit, subtype="html")
    if shown:
        parts = [rich, *map(_file_part, shown)]
        rich = multipart("related", parts, seed=f"{seed} related", parameters=[("type", "text/html")])
    if not text:
        return rich
    return multipart("alternative", [text_part(text, eight_bit=eight_bit), rich], seed=f"{seed} alternative")


def field_of_mailboxes(name: str, boxes: Sequence[Correspondent], *, smtputf8: bool = False) -> bytes:
    """An address field with CRLF."""
    return fold(name, ", ".join(format_mailbox(shown, address, smtputf8=smtputf8) for shown, address in boxes))


def text_field(name: str, text: str, *, smtputf8: bool = False) -> bytes:
    """An unstructured field with CRLF, in encoded words where it must be ASCII."""
    return fold(name, text if smtputf8 else encode_words(text, column=len(name) + 2))


def text_part(text: str, *, eight_bit: bool = False, subtype: str = "plain") -> bytes:
    """A text part, header, blank line and body: 7bit or 8bit as it is, else quoted-printable or base64."""
    octets = with_crlf(text.encode("utf-8", "replace"))
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    high = len(octets) - len(octets.decode("utf-8").encode("ascii", "ignore"))
    plain = not has_long_lines(octets) and b"\x00" not in octets
    if plain and not high:
        encoding = "7bit"
    elif plain and eight_bit:
        encoding = "8bit"
    elif high * QUOTED_PRINTABLE_SHARE <= len(octets):
        encoding, octets = "quoted-printable", encode_quoted_printable(octets)
    else:
        encoding, octets = "base64", encode_base64(octets)
    return part(f"text/{subtype}; charset=utf-8", octets, encoding)


def part(content_type: str, body: bytes, encoding: str = "7bit", fields: Sequence[bytes] = ()) -> bytes:
    """A part from its encoded body; `fields` are whole fields with CRLF."""
    head = [fold("Content-Type", content_type), fold("Content-Transfer-Encoding", encoding), *fields]
    return b"".join([*head, b"\r\n", body])


def multipart(subtype: str, parts: Sequence[bytes], *, seed: str, parameters: Sequence[tuple[str, str]] = ()) -> bytes:
    """The fields and body of a multipart of these whole parts; `seed` makes the boundary."""
    boundary = _boundary(parts, seed)
    delimiter = b"--" + boundary.encode("ascii")
    content_type = format_parameters(f"multipart/{subtype}", [*parameters, ("boundary", boundary)])
    pieces = [fold("Content-Type", content_type), b"\r\n"]
    for one in parts:
        pieces += [delimiter, b"\r\n", one, b"\r\n"]
    pieces += [delimiter, b"--\r\n"]
    return b"".join(pieces)


def _boundary(parts: Sequence[bytes], seed: str) -> str:
    while True:
        seed = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
        boundary = f"=_{seed}"
        if not any(boundary.encode("ascii") in one for one in parts):
            return boundary


def _file_part(attachment: Attachment) -> bytes:
    kind = format_parameters(attachment.content_type, [("name", attachment.filename)])
    way = "inline" if attachment.content_id else "attachment"
    fields = [fold("Content-Disposition", format_parameters(way, [("filename", attachment.filename)]))]
    if attachment.content_id:
        fields.append(fold("Content-ID", f"<{attachment.content_id.strip('<>')}>"))
    return part(kind, encode_base64(attachment.content), "base64", fields)
