"""Letters in the shapes that Mailpit documents, and what it takes to be sent."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import compact
from pyeonji.lab.caught import Letter
from pyeonji.message.addresses import Mailbox
from pyeonji.message.part import Part
from pyeonji.web.api.letter import File, Message

SNIPPET = 250  # characters, as Mailpit's


class Person(msgspec.Struct, rename="pascal"):
    email: str
    name: str = ""


class Attachment(msgspec.Struct, rename="pascal"):
    content: str
    filename: str
    content_type: str = "application/octet-stream"
    content_id: str = msgspec.field(name="ContentID", default="")


class Sent(msgspec.Struct, rename="pascal"):
    """A letter to be sent, as Mailpit takes it."""

    author: Person = msgspec.field(name="From")
    to: list[Person] = []
    cc: list[Person] = []
    bcc: list[str] = []
    reply_to: list[Person] = []
    subject: str = ""
    text: str = ""
    html: str = msgspec.field(name="HTML", default="")
    headers: dict[str, str] = {}
    attachments: list[Attachment] = []


class Chosen(msgspec.Struct):
    ids: list[str] = msgspec.field(name="IDs", default_factory=list)


def summary(letter: Letter, read: bool) -> dict[str, Any]:
    """MessageSummary."""
    return {
        **head(letter), "Read": read, "Created": rfc3339(letter.at_us), "Attachments": len(letter.files),
        "Snippet": " ".join(letter.text.split())[:SNIPPET],
    }  # fmt: skip


def whole(letter: Letter) -> dict[str, Any]:
    """Message."""
    files = list(enumerate(letter.files, 1))
    inline = [_file(at, *file) for at, file in files if file[0].id]
    return {
        **head(letter), "ReturnPath": letter.reverse_path, "Date": rfc3339(letter.at_us), "Text": letter.plain,
        "HTML": letter.html, "Inline": inline,
        "Attachments": [_file(at, *file) for at, file in files if not file[0].id],
        "ListUnsubscribe": {
            "Header": letter.field("list-unsubscribe"), "Links": [], "Errors": "",
            "HeaderPost": letter.field("list-unsubscribe-post"),
        },
    }  # fmt: skip


def head(letter: Letter) -> dict[str, Any]:
    named = {name: letter.mailboxes(name) for name in ("from", "to", "cc", "bcc", "reply-to")}
    known = {one.addr_spec.casefold() for name in ("to", "cc", "bcc") for one in named[name]}
    hidden = [{"Name": "", "Address": address} for address in letter.envelope if address.casefold() not in known]
    return {
        "ID": compact(letter.number), "MessageID": letter.field("message-id").strip("<> "),
        "From": _person(named["from"][0]) if named["from"] else None, "To": _people(named["to"]),
        "Cc": _people(named["cc"]), "Bcc": [*_people(named["bcc"]), *hidden], "ReplyTo": _people(named["reply-to"]),
        "Subject": letter.subject, "Username": "", "Tags": [], "Size": letter.size,
    }  # fmt: skip


def _people(mailboxes: Iterable[Mailbox]) -> list[dict[str, str]]:
    return [_person(mailbox) for mailbox in mailboxes]


def _person(mailbox: Mailbox) -> dict[str, str]:
    return {"Name": mailbox.name, "Address": mailbox.addr_spec}


def _file(at: int, part: Part, octets: bytes) -> dict[str, Any]:
    content_id = (part.id or b"").decode("ascii", "replace").strip("<> ")
    return {
        "PartID": str(at), "FileName": part.filename or "", "ContentType": f"{part.type}/{part.subtype}",
        "ContentID": content_id, "Size": len(octets),
        "Checksums": {
            "MD5": hashlib.md5(octets, usedforsecurity=False).hexdigest(),
            "SHA1": hashlib.sha1(octets, usedforsecurity=False).hexdigest(),
            "SHA256": hashlib.sha256(octets).hexdigest(),
        },
    }  # fmt: skip


def as_ours(sent: Sent) -> Message:
    """As our own API takes it."""

    def several(people: list[Person]) -> list[str]:
        return [_named(person) for person in people]

    files = [File(one.filename, _octets(one), one.content_type, one.content_id) for one in sent.attachments]
    return Message(
        author=_named(sent.author), to=several(sent.to), cc=several(sent.cc), bcc=list(sent.bcc),
        reply_to=several(sent.reply_to), subject=sent.subject, text=sent.text, html=sent.html, headers=sent.headers,
        attachments=files,
    )  # fmt: skip


def _octets(file: Attachment) -> bytes:
    """Raises binascii.Error.  What browsers put before the base64 ("data:image/png;base64,") is left out."""
    return base64.b64decode(file.content.rpartition(",")[2], validate=True)


def _named(person: Person) -> str:
    name = person.name.replace("\\", "").replace('"', "")
    return f'"{name}" <{person.email}>' if name else person.email
