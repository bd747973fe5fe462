"""The queue in the store: claims with leases and fences, outcomes with their events (docs/queue.md).

A claim writes "trying" with a lease and a fence that grows.  Whoever comes back with an old fence is too late: the
lease ran out and somebody else carries the letter.  No function here changes a state without writing its event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from pyeonji.address import verp
from pyeonji.journey.event import (
    NOTHING,
    Cancelled,
    Confirmed,
    Deferred,
    Delivered,
    Event,
    Failed,
    Held,
    LeaseExpired,
    Notified,
    Released,
    joined,
    pack,
)
from pyeonji.store.accept import Fact, SessionRef, record, record_all
from pyeonji.store.blobs import Blobs
from pyeonji.store.engine.base import Row, Tx, single
from pyeonji.store.journey import MessageFacts, message

WINDOW = 1_000  # due rows looked at in one claim
MAX_TOGETHER = 100  # recipients in one transaction, RFC 5321 §4.5.3.1.8
MAX_EXPIRED = 1_000  # leases ended in one transaction
AT_ONCE = 0  # due instant of what a person wants tried now, even when the destination counts as down
UNDECIDED = ("waiting", "trying", "held", "failed")


Ended = Delivered | Deferred | Failed | Held  # of one recipient, until somebody tries again


class Fenced(Exception):
    """Somebody else has dealt with it; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One recipient, leased to us.  `attempts` counts this one, from 1."""

    n: int
    address: str
    original: str
    notify: str
    deadline_us: int
    fence: int
    attempts: int
    delay_notified: bool
    due_us: int


@dataclass(frozen=True, slots=True)
class Job:
    """One letter and those recipients of it that go to one domain."""

    message: MessageFacts
    domain: str
    recipients: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How it ended for one recipient: the event decides the new state."""

    claim: Claim
    event: Ended


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One undecided recipient, as `pyeonji queue list` shows it."""

    message_id: int
    n: int
    address: str
    domain: str
    state: str
    due_us: int
    deadline_us: int
    attempts: int
    at_us: int
    size: int
    reverse_path: str
    subject: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The letter of number `report` tells the writer of these recipients' success."""

    report: int
    recipients: frozenset[int]


NOT_CONFIRMED = Confirmation(0, frozenset())


class Told(Protocol):
    """Events of one connection, or of none."""

    @property
    def session(self) -> SessionRef | None: ...
    @property
    def events(self) -> tuple[Event, ...]: ...


# ── claiming ──

CLAIM = """
UPDATE recipient SET state = 'trying', lease_us = :lease, fence = fence + 1, attempts = attempts + 1
WHERE state = 'waiting' AND (message_id, n) IN (
  SELECT message_id, n FROM recipient
  WHERE message_id = :message AND domain = :domain AND state = 'waiting' AND due_us <= :now
  ORDER BY n LIMIT :together)
RETURNING n, address, original, notify, deadline_us, fence, attempts, delay_notified, due_us
"""


def claim(tx: Tx, now_us: int, lease_us: int, limit: int, room: Mapping[str, int], default_room: int) -> list[Job]:
    """Lease up to `limit` letters that are due until `lease_us`, the longest waiting first.

    `room` says how many letters a destination may still get, `default_room` how many one that is not named.
    """
    left = dict(room)
    jobs: list[Job] = []
    for message_id, domain in _due(tx, now_us, [name for name, free in room.items() if free <= 0]):
        if len(jobs) == limit:
            break
        if left.get(domain, default_room) <= 0:
            continue
        left[domain] = left.get(domain, default_room) - 1
        if (job := _claim_one(tx, message_id, domain, now_us, lease_us)) is not None:
            jobs.append(job)
    return jobs


def _due(tx: Tx, now_us: int, busy: Sequence[str]) -> list[tuple[int, str]]:
    condition, names = _not_busy(busy)
    rows = tx.all(
        "SELECT message_id, domain FROM recipient WHERE state = 'waiting' AND due_us <= :now"
        f" {condition} ORDER BY due_us LIMIT :window",
        {**names, "now": now_us, "window": WINDOW},
    )
    return list(dict.fromkeys((row[0], row[1]) for row in rows))


def _claim_one(tx: Tx, message_id: int, domain: str, now_us: int, lease_us: int) -> Job | None:
    facts = message(tx, message_id)
    if facts is None:
        return None
    # Where each recipient has a return address of its own, each is a transaction of its own.
    together = 1 if facts.onward_path.startswith(verp.PREFIX) else MAX_TOGETHER
    rows = tx.all(
        CLAIM,
        {"message": message_id, "domain": domain, "now": now_us, "lease": lease_us, "together": together},
    )
    if not rows:
        return None
    return Job(facts, domain, tuple(_claim(*row) for row in sorted(rows)))


def _claim(
    n: int, address: str, original: str, notify: str, deadline: int, fence: int, attempts: int, notified: int, due: int
) -> Claim:
    return Claim(n, address, original, notify, deadline, fence, attempts, bool(notified), due)


def next_due(tx: Tx, busy: Sequence[str] = ()) -> int | None:
    """The instant at which the next letter is due, of destinations that are not `busy`."""
    condition, names = _not_busy(busy)
    found = single(tx.one(f"SELECT MIN(due_us) FROM recipient WHERE state = 'waiting' {condition}", names))
    return None if found is None else int(found)


def renew(tx: Tx, held: Iterable[tuple[int, Claim]], lease_us: int) -> None:
    """We are still at it: (message number, claim)."""
    tx.many(
        "UPDATE recipient SET lease_us = :lease"
        " WHERE message_id = :message AND n = :n AND fence = :fence AND state = 'trying'",
        [{"message": number, "n": c.n, "fence": c.fence, "lease": lease_us} for number, c in held],
    )


def give_back(tx: Tx, number: int, claims: Iterable[Claim], now_us: int, *, set_out: bool = True) -> None:
    """The server stops: the recipients wait again.  A courier that never set out was no attempt, and no event."""
    events: list[Event] = []
    for c in claims:
        if _move(tx, number, c.n, c.fence, "waiting", now_us):
            events.append(LeaseExpired(now_us, c.n, c.attempts))
            if not set_out:
                sql = "UPDATE recipient SET attempts = attempts - 1 WHERE message_id = :message AND n = :n"
                tx.run(sql, {"message": number, "n": c.n})
    if events and set_out:
        record(tx, None, number, now_us, events)


def expire(tx: Tx, now_us: int) -> int:
    """Recipients whose courier did not come back wait again; how many."""
    rows = tx.all(
        "UPDATE recipient SET state = 'waiting', due_us = :now, lease_us = 0, fence = fence + 1"
        " WHERE state = 'trying' AND (message_id, n) IN (SELECT message_id, n FROM recipient"
        " WHERE state = 'trying' AND lease_us <= :now ORDER BY lease_us LIMIT :limit)"
        " RETURNING message_id, n, attempts",
        {"now": now_us, "limit": MAX_EXPIRED},
    )
    expired: dict[int, list[Event]] = {}
    for number, n, attempts in sorted(rows):
        expired.setdefault(number, []).append(LeaseExpired(now_us, n, attempts))
    for number, events in expired.items():
        record(tx, None, number, now_us, events)
    return len(rows)


def leased_beyond(tx: Tx, latest_us: int) -> bool:
    """Does a lease last for longer than that?"""
    sql = "SELECT 1 FROM recipient WHERE state = 'trying' AND lease_us > :latest LIMIT 1"
    return tx.one(sql, {"latest": latest_us}) is not None


def shorten(tx: Tx, lease_us: int, latest_us: int) -> None:
    """A lease that lasts for longer than any does is a whole one from now: the clock was ahead when it was written.

    Its courier may well live, and renews it; if not, it runs out.
    """
    sql = "UPDATE recipient SET lease_us = :lease WHERE state = 'trying' AND lease_us > :latest"
    tx.run(sql, {"lease": lease_us, "latest": latest_us})


def waits_beyond(tx: Tx, latest_us: int) -> bool:
    """Is anybody due later than that?"""
    sql = "SELECT 1 FROM recipient WHERE state = 'waiting' AND due_us > :latest LIMIT 1"
    return tx.one(sql, {"latest": latest_us}) is not None


def bring_forward(tx: Tx, now_us: int, latest_us: int) -> None:
    """Whoever is due later than any wait lasts is due now: the clock was ahead when that was written."""
    sql = "UPDATE recipient SET due_us = :now WHERE state = 'waiting' AND due_us > :latest"
    tx.run(sql, {"now": now_us, "latest": latest_us})


def nobody_carries(tx: Tx) -> None:
    """All couriers are gone: at the start of the only node, whoever held a lease died with it."""
    tx.run("UPDATE recipient SET lease_us = 0 WHERE state = 'trying'")


# ── outcomes ──


def conclude(
    tx: Tx,
    number: int,
    conclusions: Sequence[Conclusion],
    talks: Sequence[Told],
    now_us: int,
    notice: int = 0,
    confirmation: Confirmation = NOT_CONFIRMED,
) -> list[Conclusion]:
    """Write how an attempt ended: states, dialogue and events in this one transaction.

    Returns the conclusions that counted; the others came too late (their lease had run out).
    `notice` is the number of the letter that tells the writer of the delay in the same transaction, `confirmation`
    of one that tells of a success.
    """
    counted = [one for one in conclusions if _apply(tx, number, one.claim.n, one.claim.fence, one.event)]
    events: list[Event] = [conclusion.event for conclusion in counted]
    if notice:
        for conclusion in counted:
            if isinstance(conclusion.event, Deferred):
                _mark_notified(tx, number, conclusion.claim.n)
                events.append(Notified(now_us, conclusion.claim.n, notice))
    events += [
        Confirmed(now_us, conclusion.claim.n, confirmation.report)
        for conclusion in counted
        if conclusion.claim.n in confirmation.recipients
    ]
    record_all(tx, _facts(number, [(talk.session, pack(talk.events)) for talk in talks], events, now_us))
    return counted


class End(msgspec.Struct, frozen=True, array_like=True):
    """How it ended for one recipient, with the fence of its claim."""

    n: int
    fence: int
    event: Ended


class Attempt(msgspec.Struct, frozen=True, array_like=True):
    """All of one attempt that another process may write down for us; `talks` are packed."""

    number: int
    at_us: int
    ends: tuple[End, ...]
    talks: tuple[tuple[SessionRef | None, bytes], ...]


def attempt(number: int, conclusions: Sequence[Conclusion], talks: Sequence[Told], now_us: int) -> Attempt:
    """What `conclude` is told, in a form that can be given away."""
    ends = tuple(End(one.claim.n, one.claim.fence, one.event) for one in conclusions)
    return Attempt(number, now_us, ends, tuple((talk.session, pack(talk.events)) for talk in talks))


def conclude_all(tx: Tx, attempts: Sequence[Attempt]) -> list[int]:
    """`conclude` for many attempts at once; of each, how many recipients' ends counted."""
    facts: list[Fact] = []
    counted: list[int] = []
    for one in attempts:
        ended = [end.event for end in one.ends if _apply(tx, one.number, end.n, end.fence, end.event)]
        counted.append(len(ended))
        facts += _facts(one.number, one.talks, ended, one.at_us)
    record_all(tx, facts)
    return counted


def conclude_again(tx: Tx, one: Attempt) -> int:
    """The same for one that may have been written down: when no claim of it holds any more, it was."""
    held = "SELECT 1 FROM recipient WHERE message_id = :id AND n = :n AND fence = :fence AND state = 'trying'"
    if not any(tx.one(held, {"id": one.number, "n": end.n, "fence": end.fence}) for end in one.ends):
        return 0
    return conclude_all(tx, [one])[0]


def _facts(
    number: int, talks: Sequence[tuple[SessionRef | None, bytes]], events: Sequence[Event], now_us: int
) -> list[Fact]:
    """A row for each connection: where it leads was found out before it, what came of all stands in the last one."""
    facts: list[Fact] = []
    before = NOTHING
    for session, packed in talks:
        told = joined(before, packed)
        if session is None:
            before = told
        else:
            facts.append((session, number, now_us, told))
            before = NOTHING
    if before != NOTHING or not facts:
        facts.append((None, number, now_us, before))
    *others, (session, _, _, told) = facts
    last = (session, number, now_us, joined(told, pack(tuple(events))))
    return [fact for fact in (*others, last) if fact[3] != NOTHING]


def _apply(tx: Tx, number: int, n: int, fence: int, event: Ended) -> bool:
    if isinstance(event, Deferred):
        return _move(tx, number, n, fence, "waiting", event.next_at)
    if isinstance(event, Delivered):  # nothing is due any more: it says when it went, for whoever asks how long it took
        return _move(tx, number, n, fence, "done", event.at)
    return _move(tx, number, n, fence, _STATES[type(event)], 0)


_STATES: Mapping[type[Event], str] = {Failed: "failed", Held: "held"}


def _move(tx: Tx, number: int, n: int, fence: int, state: str, due_us: int) -> bool:
    """Out of "trying", if the claim still holds."""
    return bool(
        tx.run(
            "UPDATE recipient SET state = :state, due_us = :due, lease_us = 0"
            " WHERE message_id = :message AND n = :n AND fence = :fence AND state = 'trying'",
            {"state": state, "due": due_us, "message": number, "n": n, "fence": fence},
        )
    )


def _mark_notified(tx: Tx, number: int, n: int) -> None:
    tx.run(
        "UPDATE recipient SET delay_notified = 1 WHERE message_id = :message AND n = :n", {"message": number, "n": n}
    )


# ── what persons decide ──


def hold(tx: Tx, number: int, n: int, because: str, now_us: int) -> int:
    """Stop what waits (n 0: all recipients); how many."""
    return _decide(tx, number, n, ("waiting",), "held", 0, Held, because, now_us)


def release(tx: Tx, number: int, n: int, because: str, now_us: int) -> int:
    """Let go what was held; how many."""
    return _decide(tx, number, n, ("held",), "waiting", now_us, Released, because, now_us)


def retry(tx: Tx, number: int, n: int, because: str, now_us: int) -> int:
    """Try at once what waits; how many."""
    return _decide(tx, number, n, ("waiting",), "waiting", AT_ONCE, Released, because, now_us)


def cancel(tx: Tx, number: int, n: int, because: str, now_us: int) -> int:
    """Take back what was not handed over; how many.  What a courier carries at this moment cannot be taken back."""
    return _decide(tx, number, n, ("waiting", "held"), "cancelled", 0, Cancelled, because, now_us)


DECISIONS = {"retry": retry, "hold": hold, "release": release, "cancel": cancel}


def _decide(
    tx: Tx,
    number: int,
    n: int,
    states: tuple[str, ...],
    state: str,
    due_us: int,
    kind: type[Held] | type[Released] | type[Cancelled],
    because: str,
    now_us: int,
) -> int:
    condition = " AND n = :n" if n else ""
    rows = tx.all(
        f"UPDATE recipient SET state = :state, due_us = :due WHERE message_id = :id{condition}"
        f" AND state IN ({', '.join(repr(name) for name in states)}) RETURNING n",
        {"id": number, "state": state, "due": due_us, **({"n": n} if n else {})},
    )
    events = [kind(now_us, row[0], because) for row in sorted(rows)]
    if events:
        record(tx, None, number, now_us, tuple(events))
    return len(rows)


# ── looking ──

LIST = """
SELECT r.message_id, r.n, r.address, r.domain, r.state, r.due_us, r.deadline_us, r.attempts,
  m.at_us, m.size, m.reverse_path, m.subject
FROM recipient r JOIN message m ON m.id = r.message_id
WHERE {which} ORDER BY r.message_id, r.n LIMIT :limit
"""
ALL_OF_IT = 2**31 - 1  # above any recipient's number


def listing(
    tx: Tx, *, states: Sequence[str] = UNDECIDED, after: int = 0, after_n: int = ALL_OF_IT, limit: int = 1_000
) -> list[QueueRow]:
    """Undecided recipients behind recipient `after_n` of letter `after`, oldest letter first."""
    rows: list[Row] = []
    for state in states:
        if state in UNDECIDED:
            which = f"r.state = '{state}' AND (r.message_id, r.n) > (:after, :n)"
            rows += tx.all(LIST.format(which=which), {"after": after, "n": after_n, "limit": limit})
    return [QueueRow(*row) for row in sorted(rows)[:limit]]


def show(tx: Tx, number: int, limit: int = 100_000) -> list[QueueRow]:
    """All recipients of one letter, also the decided ones."""
    rows = tx.all(LIST.format(which="r.message_id = :number"), {"number": number, "limit": limit})
    return [QueueRow(*row) for row in rows]


def counts(tx: Tx) -> dict[str, int]:
    """Undecided recipients by state."""
    return {state: _number(tx, f"SELECT COUNT(*) FROM recipient WHERE state = '{state}'") for state in UNDECIDED}


def oldest_undecided_us(tx: Tx) -> int:
    """When the oldest undecided letter was accepted; 0 when all are decided."""
    found = [_number(tx, f"SELECT MIN(message_id) FROM recipient WHERE state = '{state}'") for state in UNDECIDED]
    numbers = [number for number in found if number]
    if not numbers:
        return 0
    return _number(tx, "SELECT at_us FROM message WHERE id = :id", id=min(numbers))


def piece(tx: Tx, blobs: Blobs, content_id: int, offset: int, size: int) -> bytes:
    """A slice of a letter, for whoever carries it."""
    return blobs.read(tx, content_id, offset, size)


def _number(tx: Tx, sql: str, **parameters: int) -> int:
    return int(single(tx.one(sql, parameters)) or 0)


def _not_busy(busy: Sequence[str]) -> tuple[str, dict[str, str]]:
    """A condition that leaves destinations out, and its parameters."""
    if not busy:
        return "", {}
    names = {f"d{at}": domain for at, domain in enumerate(busy)}
    return f"AND domain NOT IN ({', '.join(':' + name for name in names)})", names
