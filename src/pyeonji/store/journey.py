"""Reading what was written: journey rows of a message, a session, an address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from pyeonji.journey.event import AnyEvent, Closed, Connected, Line, unpack
from pyeonji.store.accept import SessionRef, record_all
from pyeonji.store.addressed import LATEST, letters_to
from pyeonji.store.engine.base import Damaged, Tx, Update, single

MAX_FOUND = 200  # messages one search names


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """Events that were committed together.  `session_id` and `message_id` are 0 where there is none."""

    id: int
    session_id: int
    message_id: int
    at_us: int
    events: tuple[AnyEvent, ...]


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is kept of a message beside its octets."""

    number: int
    content_id: int
    size: int
    body_at: int
    relay_at: int
    at_us: int
    via: str
    reverse_path: str
    message_id: str
    subject: str
    author: str
    envid: str
    ret: str
    smtputf8: bool
    eight_bit: bool
    parent: int
    login: str
    onward_path: str
    tls: str


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """One row of responsibility; the states are those of docs/queue.md."""

    n: int
    address: str
    domain: str
    state: str
    due_us: int
    deadline_us: int
    attempts: int


MESSAGE = """
SELECT id, content_id, size, body_at, relay_at, at_us, via, reverse_path, message_id, subject, author, envid, ret,
  smtputf8, eight_bit, parent, login, onward_path, tls FROM message WHERE id = :id
"""

# "<> 0" is said again in each statement: only then may the partial indexes be used.
JOURNEY = "SELECT id, session_id, message_id, at_us, events FROM journey"


def message(tx: Tx, number: int) -> MessageFacts | None:
    row = tx.one(MESSAGE, {"id": number})
    if row is None:
        return None
    return MessageFacts(*row[:13], *map(bool, row[13:15]), *row[15:])


def recipients(tx: Tx, number: int) -> list[RecipientFacts]:
    rows = tx.all(
        "SELECT n, address, domain, state, due_us, deadline_us, attempts FROM recipient"
        " WHERE message_id = :id ORDER BY n",
        {"id": number},
    )
    return [RecipientFacts(*row) for row in rows]


def of_message(tx: Tx, number: int) -> list[JourneyRow]:
    """All that tells of a message, in the order written.

    One connection may bring many letters.  Of its rows, a letter's story has its own, the greeting from the first, the
    reply that follows its own, and the end.
    """
    found = [
        row_of(row)
        for row in tx.all(
            f"{JOURNEY} WHERE message_id = :id AND message_id <> 0 ORDER BY id",
            {"id": number},
        )
    ]
    rows = [row for row in found if not row.session_id]
    for session_id in dict.fromkeys(row.session_id for row in found if row.session_id):
        rows += excerpt(of_session(tx, session_id), number)
    return sorted(rows, key=lambda row: row.id)


def excerpt(session: list[JourneyRow], number: int) -> list[JourneyRow]:
    """The part of one connection that belongs to one letter."""
    rows: list[JourneyRow] = []
    before: JourneyRow | None = None
    for row in session:
        events = row.events
        replies = _leading_replies(events) if before is not None else 0
        if row.message_id == number:
            events = events if before is None or before.message_id == number else events[replies:]
        elif before is None:
            events = events[_connected(events) : _first_mail(events)]
        elif before.message_id == number:
            events = events[:replies] if row.message_id else events
        else:
            events = tuple(event for event in events if isinstance(event, Closed)) if not row.message_id else ()
        if events:
            rows.append(replace(row, events=events))
        before = row
    return rows


def _leading_replies(events: tuple[AnyEvent, ...]) -> int:
    """How many events at the beginning only answer what was said before."""
    for index, event in enumerate(events):
        if not (isinstance(event, Line) and event.direction == "out"):
            return index
    return len(events)


def _connected(events: tuple[AnyEvent, ...]) -> int:
    """Where the connection begins; what was found out before it belongs to the letter for which it was opened."""
    for index, event in enumerate(events):
        if isinstance(event, Connected):
            return index
    return 0


def _first_mail(events: tuple[AnyEvent, ...]) -> int:
    """Where the first transaction begins; everything before belongs to all letters of the connection."""
    for index, event in enumerate(events):
        if isinstance(event, Line) and event.text[:4].upper() == "MAIL":
            return index
    return len(events)


def of_session(tx: Tx, session_id: int) -> list[JourneyRow]:
    rows = tx.all(
        f"{JOURNEY} WHERE session_id = :id AND session_id <> 0 ORDER BY id",
        {"id": session_id},
    )
    return [row_of(row) for row in rows]


def session(tx: Tx, session_id: int) -> SessionRef | None:
    row = tx.one("SELECT id, opened_us, service, peer FROM session WHERE id = :id", {"id": session_id})
    return SessionRef(*row) if row else None


def peer_of(tx: Tx, number: int) -> str:
    """Who brought the letter, as its connection has it; "" when that is not known any more."""
    row = tx.one(
        "SELECT s.peer FROM journey j JOIN session s ON s.id = j.session_id"
        " WHERE j.message_id = :id AND j.message_id <> 0 AND j.session_id <> 0 ORDER BY j.id LIMIT 1",
        {"id": number},
    )
    return str(row[0]) if row else ""


def sessions_without_message(tx: Tx, services: tuple[str, ...], limit: int = MAX_FOUND) -> list[SessionRef]:
    """The latest connections that brought no letter: refused mail has a story, too."""
    named = {f"s{i}": service for i, service in enumerate(services)}
    rows = tx.all(
        "SELECT id, opened_us, service, peer FROM session s WHERE service IN ("
        + ", ".join(f":{n}" for n in named)
        + ") AND NOT EXISTS (SELECT 1 FROM journey j"
        " WHERE j.session_id = s.id AND j.session_id <> 0 AND j.message_id <> 0)"
        " ORDER BY id DESC LIMIT :limit",
        {**named, "limit": limit},
    )
    return [SessionRef(*row) for row in rows]


def with_message_id(tx: Tx, message_id: str) -> list[int]:
    """Receipt numbers of all letters that carry this Message-ID, newest first."""
    rows = tx.all(
        "SELECT id FROM message WHERE message_id = :value AND message_id <> '' ORDER BY id DESC LIMIT :limit",
        {"value": message_id, "limit": MAX_FOUND},
    )
    return [row[0] for row in rows]


def with_address(tx: Tx, address: str) -> list[int]:
    """Receipt numbers of the letters to or from an address, newest first."""
    rows = tx.all(
        f"SELECT message_id FROM ({letters_to()}) found"
        " UNION SELECT id FROM message WHERE reverse_path = :value AND reverse_path <> '' ORDER BY 1 DESC LIMIT :limit",
        {"value": address, "first": 0, "last": LATEST, "limit": MAX_FOUND},
    )
    return [row[0] for row in rows]


def latest(tx: Tx, limit: int = 20) -> list[int]:
    """The newest receipt numbers."""
    return [row[0] for row in tx.all("SELECT id FROM message ORDER BY id DESC LIMIT :limit", {"limit": limit})]


class Ending(msgspec.Struct, frozen=True, array_like=True):
    """The end of a connection; `events` are its last words, packed."""

    session: SessionRef
    at_us: int
    events: bytes


CLOSE = Update("session", ("id", "closed_us"), "closed_us = w.closed_us", "session.id")


def close_all(tx: Tx, endings: Sequence[Ending]) -> list[None]:
    """These connections are over; their last words are kept."""
    in_order = sorted(endings, key=lambda ending: ending.session.id)
    record_all(tx, [(ending.session, 0, ending.at_us, ending.events) for ending in in_order])
    tx.update(CLOSE, [(ending.session.id, ending.at_us) for ending in in_order])
    return [None] * len(endings)


def close_again(tx: Tx, ending: Ending) -> None:
    """The same for one that may have been closed already."""
    if not single(tx.one("SELECT closed_us FROM session WHERE id = :id", {"id": ending.session.id})):
        close_all(tx, [ending])


def row_of(row: tuple[int, int, int, int, bytes]) -> JourneyRow:
    """As `JOURNEY` selects it; raises Damaged."""
    number, session_id, message_id, at_us, events = row
    try:
        return JourneyRow(number, session_id, message_id, at_us, unpack(bytes(events)))
    except ValueError as error:
        raise Damaged(f"journey row {number}: {error}") from error
