"""From a header and a plan to the value that one commit takes."""

import msgspec

from pyeonji.address import Address
from pyeonji.delivery.plan import Plan
from pyeonji.journey.event import Accepted, Event, pack
from pyeonji.message.header import Header
from pyeonji.message.text import header_text
from pyeonji.store.accept import Letter, SessionRef
from pyeonji.store.blobs import Large
from pyeonji.store.directory import fold
from pyeonji.store.sent import Sent

MAX_SUBJECT = 200  # characters kept beside the letter, for those who look for it
MAX_AUTHOR = 320  # characters
MAX_MESSAGE_ID = 998  # octets, a line of RFC 5322


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a letter came to us."""

    number: int
    at_us: int
    via: str
    reverse_path: Address | None
    session: SessionRef | None = None
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
    parent: int = 0
    login: str = ""
    onward_path: Address | None = None  # the reverse-path it is sent on with; None is its own
    requiretls: bool = False  # RFC 8689
    sent: Sent | None = None


def message_id_of(header: Header) -> str:
    """The Message-ID as it is compared, or ""."""
    return (header.get(b"message-id") or b"").decode("utf-8", "replace")[:MAX_MESSAGE_ID]


def wish_of(origin: Origin, header: Header) -> str:
    """What the writer wants of encryption on the way: the parameter counts before the field (RFC 8689 §4.1)."""
    if origin.requiretls:
        return "required"
    said = (header.get(b"tls-required") or b"").strip().lower()
    return "optional" if said == b"no" else ""


def letter(
    origin: Origin,
    *,
    header: Header,
    body_at: int,
    stored: bytes | Large,
    relay_at: int,
    plan: Plan,
    events: tuple[Event, ...],
) -> Letter:
    """`body_at` counts our own fields on top of `header`, too; `relay_at` is the part that stays here (Return-Path)."""
    size = stored.size if isinstance(stored, Large) else len(stored)
    message_id = message_id_of(header)
    subject = header_text(header, b"subject")[:MAX_SUBJECT]
    author = header_text(header, b"from")[:MAX_AUTHOR]
    reverse_path = fold(origin.reverse_path) if origin.reverse_path else ""
    accepted = Accepted(
        at=origin.at_us,
        via=origin.via,
        size=size,
        reverse_path=reverse_path,
        message_id=message_id,
        subject=subject,
        author=author,
        parent=origin.parent,
        login=origin.login,
    )
    return Letter(
        number=origin.number,
        content=stored,
        size=size,
        body_at=body_at,
        relay_at=relay_at,
        at_us=origin.at_us,
        via=origin.via,
        reverse_path=str(origin.reverse_path) if origin.reverse_path else "",
        message_id=message_id,
        subject=subject,
        author=author,
        envid=origin.envid,
        ret=origin.ret,
        smtputf8=origin.smtputf8,
        eight_bit=isinstance(stored, Large) or not stored.isascii(),
        parent=origin.parent,
        login=origin.login,
        onward_path=str(origin.onward_path) if origin.onward_path else "",
        tls=wish_of(origin, header),
        filings=plan.filings,
        relayings=plan.relayings,
        failings=plan.failings,
        suppressings=plan.suppressings,
        events=pack((*events, accepted, *plan.decisions)),
        session=origin.session,
        sent=origin.sent,
    )
