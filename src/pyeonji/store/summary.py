"""What of a journey is kept for long: after a while only facts, not what was said; and nothing of who asks for that.

A row is written anew without its lines, which one Dropped counts, so that the view says how many are gone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pyeonji.journey.event import (
    AnyEvent,
    Closed,
    Connected,
    Content,
    Dropped,
    Event,
    Line,
    LoggedIn,
    Resolved,
    TlsFailed,
    TlsStarted,
    pack,
    unpack,
)
from pyeonji.store import addressed
from pyeonji.store.engine.base import Tx, Value, several

SAID = (Line, Content, Connected, Closed, TlsStarted, TlsFailed, Resolved, LoggedIn)  # gone from a summary
FORGOTTEN = "forgotten@removed.invalid"  # RFC 2606 §2: nobody's
SLICE = 200  # letters in one transaction
UNDECIDED = ("waiting", "trying", "held", "failed")

OLD = "SELECT id, events FROM journey WHERE id IN ({names}) AND at_us < :before"


def of_rows(tx: Tx, ids: Sequence[int], before_us: int) -> list[tuple[int, bytes]]:
    """Rows that are older, as they should be now; b"" for one of which nothing is left.  The others are as they are."""
    names, parameters = several(ids)
    found = []
    for number, packed in tx.all(OLD.format(names=names), {**parameters, "before": before_us}):
        events = unpack(bytes(packed))
        if any(isinstance(event, SAID) for event in events):
            found.append((number, summed_up(events)))
    return found


def summed_up(events: Iterable[AnyEvent]) -> bytes:
    """Without what was said; b"" when that was all."""
    events = tuple(events)
    lines = sum(isinstance(event, Line | Content) for event in events)
    lines += sum(event.lines for event in events if isinstance(event, Dropped))
    kept: list[Event] = [event for event in events if not isinstance(event, (*SAID, Dropped))]
    if not kept:
        return b""
    return pack([*kept, Dropped(events[-1].at, lines)] if lines else kept)


def write(tx: Tx, rows: Iterable[tuple[int, bytes]]) -> int:
    """Rows as `of_rows` gives them; how many."""
    count = 0
    for number, packed in rows:
        if packed:
            tx.run("UPDATE journey SET events = :events WHERE id = :id", {"events": packed, "id": number})
        else:
            tx.run("DELETE FROM journey WHERE id = :id", {"id": number})
        count += 1
    return count


# ── who asks to be forgotten ──


def letters_of(tx: Tx, address: str, after: int = 0) -> list[int]:
    """Letters to and from an address, the oldest first, behind `after`; SLICE at most."""
    to = f"SELECT message_id FROM ({addressed.letters_to(order='ASC')}) found"
    of = "SELECT id FROM message WHERE reverse_path = :value AND reverse_path <> '' AND id >= :first"
    given: dict[str, Value] = {"value": address, "first": after + 1, "last": addressed.LATEST, "limit": SLICE}
    rows = tx.all(f"{to} UNION {of} ORDER BY 1 LIMIT :limit", given)
    return [row[0] for row in rows]


def forget(tx: Tx, address: str, numbers: Sequence[int]) -> int:
    """Take an address out of what is kept of these letters, but for those that are still under way; how many."""
    done = []
    for number in numbers:
        states = tx.all("SELECT state FROM recipient WHERE message_id = :id", {"id": number})
        if any(row[0] in UNDECIDED for row in states):
            continue
        _forget_one(tx, address, number)
        done.append(number)
    if done:
        _forget_copies(tx, address, done)
    return len(done)


def _forget_one(tx: Tx, address: str, number: int) -> None:
    given: dict[str, Value] = {"id": number, "address": address, "nobody": FORGOTTEN}
    sessions = tx.all(
        "SELECT DISTINCT session_id FROM journey WHERE message_id = :id AND message_id <> 0", {"id": number}
    )
    rows = tx.all("SELECT id, events FROM journey WHERE message_id = :id AND message_id <> 0", {"id": number})
    for session in (row[0] for row in sessions if row[0]):
        rows += tx.all("SELECT id, events FROM journey WHERE session_id = :id AND session_id <> 0", {"id": session})
    for row_id, packed in rows:
        if (changed := without(bytes(packed), address)) != bytes(packed):
            tx.run("UPDATE journey SET events = :events WHERE id = :row", {"events": changed, "row": row_id})
    addressed.note_again(tx, number, address)
    tx.run("UPDATE recipient SET address = :nobody, original = '' WHERE message_id = :id AND address = :address", given)
    tx.run("UPDATE message SET reverse_path = :nobody WHERE id = :id AND reverse_path = :address", given)
    tx.run("UPDATE message SET login = :nobody WHERE id = :id AND login = :address", given)
    for table, column in (("message", "author"), ("event", "facts")):
        key = "id" if table == "message" else "message_id"
        for row in tx.all(f"SELECT DISTINCT {column} FROM {table} WHERE {key} = :id", {"id": number}):
            text = _replaced(row[0], address.casefold())
            if text != row[0]:
                tx.run(
                    f"UPDATE {table} SET {column} = :text WHERE {key} = :id AND {column} = :was",
                    {"text": text, "id": number, "was": row[0]},
                )


def _forget_copies(tx: Tx, address: str, numbers: Sequence[int]) -> None:
    """What was answered to an app goes (it is made anew for who asks again), and whom a support code's letter names."""
    names, parameters = several(numbers)
    tx.run(f"UPDATE idempotency SET answer = '' WHERE message_id IN ({names})", parameters)
    for code, named in tx.all(f"SELECT code, named FROM support_code WHERE message_id IN ({names})", parameters):
        text = _replaced(named, address.casefold())
        tx.run("UPDATE support_code SET named = :named WHERE code = :code", {"named": text, "code": code})


def without(packed: bytes, address: str) -> bytes:
    """Packed events in which an address stands nowhere any more, whatever field it was in."""
    changed: bytes = msgspec.msgpack.encode(_walked(msgspec.msgpack.decode(packed), address.casefold()))
    return changed


def _walked(value: Any, address: str) -> Any:
    if isinstance(value, str):
        return _replaced(value, address)
    if isinstance(value, list):
        return [_walked(one, address) for one in value]
    return value


def _replaced(text: str, address: str) -> str:
    """In any case of its letters."""
    folded = text.casefold()
    if address not in folded or len(folded) != len(text):
        return FORGOTTEN if address in folded else text
    out, at = [], 0
    while (found := folded.find(address, at)) >= 0:
        out += [text[at:found], FORGOTTEN]
        at = found + len(address)
    return "".join([*out, text[at:]])
