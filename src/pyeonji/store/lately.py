"""What happened lately, for who looks after the server: bounded walks back over the journey, and the queue by place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pyeonji.journey.event import Deferred, Failed, Refused, Returned
from pyeonji.journey.troubles import Trouble
from pyeonji.store.accept import SessionRef
from pyeonji.store.engine.base import Damaged, Tx, single
from pyeonji.store.journey import JourneyRow, row_of, session
from pyeonji.store.queue import LIST, UNDECIDED, QueueRow

ROWS = 5_000  # of the journey, looked at in one walk: a tenth of a second
LETTERS = 1_000  # undecided ones whose last answer is looked up
PAGE = 500  # rows read at once


@dataclass(slots=True)
class Destination:
    """Undecided recipients of one domain; `counts` by state."""

    domain: str
    counts: dict[str, int] = field(default_factory=dict)
    next_us: int = 0  # when the next one is due; 0: none waits
    oldest: int = 0  # receipt number of the oldest letter
    attempts: int = 0  # the most that one of them has had

    @property
    def recipients(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Refusal:
    """We said no to somebody."""

    at_us: int
    session: SessionRef | None
    letter: int
    address: str
    reply: str
    because: str


# The state is said in each statement: only then are the partial indexes used.
DESTINATIONS = """
SELECT domain, COUNT(*), COALESCE(MIN(due_us), 0), MIN(message_id), MAX(attempts) FROM recipient
WHERE state = '{state}' GROUP BY domain
"""
OLDEST_WAITING = """
SELECT message_id, n, address, domain, attempts FROM recipient WHERE state = '{state}' AND attempts > 0
ORDER BY message_id, n LIMIT :limit
"""
OF_DOMAIN = "r.state = '{state}' AND r.domain = :domain"
BACKWARDS = """
SELECT id, session_id, message_id, at_us, events FROM journey WHERE id < :before
ORDER BY id DESC LIMIT :limit
"""
OF_LETTER = """
SELECT id, session_id, message_id, at_us, events FROM journey WHERE message_id = :id AND message_id <> 0
ORDER BY id DESC LIMIT :limit
"""


def destinations(tx: Tx, limit: int = 200) -> list[Destination]:
    """The domains with most undecided recipients first."""
    found: dict[str, Destination] = {}
    for state in UNDECIDED:
        for domain, count, next_us, oldest, attempts in tx.all(DESTINATIONS.format(state=state)):
            one = found.setdefault(domain, Destination(domain))
            one.counts[state] = count
            one.next_us = next_us if state == "waiting" else one.next_us
            one.oldest = min(oldest, one.oldest or oldest)
            one.attempts = max(attempts, one.attempts)
    return sorted(found.values(), key=lambda one: (-one.recipients, one.domain))[:limit]


def listing(tx: Tx, domain: str, limit: int, states: Sequence[str] = UNDECIDED) -> list[QueueRow]:
    """Undecided recipients of one domain, the oldest letter first."""
    rows = [
        row
        for state in states
        for row in tx.all(LIST.format(which=OF_DOMAIN.format(state=state)), {"domain": domain, "limit": limit})
    ]
    return [QueueRow(*row) for row in sorted(rows)[:limit]]


def domains(tx: Tx, places: Sequence[tuple[int, int]]) -> set[str]:
    """Where these recipients are."""
    sql = "SELECT domain FROM recipient WHERE message_id = :id AND n = :n"
    return {str(single(tx.one(sql, {"id": letter, "n": n}))) for letter, n in places}


def waiting(tx: Tx, limit: int = LETTERS) -> list[Trouble]:
    """Why those wait that were tried already: their last answer, of the oldest letters."""
    found: list[Trouble] = []
    told: dict[int, dict[int, Deferred]] = {}
    rows = [
        row for state in ("waiting", "held") for row in tx.all(OLDEST_WAITING.format(state=state), {"limit": limit})
    ]
    for letter, n, address, domain, attempts in sorted(rows)[:limit]:
        if letter not in told:
            told[letter] = _last_answers(tx, letter)
        if (event := told[letter].get(n)) is not None:
            found.append(_trouble(letter, address, domain, event, attempts))
    return found


def failures(tx: Tx, since_us: int, rows: int = ROWS) -> list[Trouble]:
    """Recipients that were given up since then, the latest first."""
    found = []
    for row in backwards(tx, since_us, rows):
        for event in reversed(row.events):
            if isinstance(event, Failed):
                address = _address(tx, row.message_id, event.recipient)
                found.append(_trouble(row.message_id, address, address.rpartition("@")[2], event, 0))
    return found


def unexplained(tx: Tx, since_us: int, rows: int = ROWS) -> list[Trouble]:
    """Answers of other servers that the catalogue could not explain, the latest first."""
    found = []
    for row in backwards(tx, since_us, rows):
        for event in reversed(row.events):
            if isinstance(event, Deferred | Failed | Returned) and event.reply and not event.cause:
                found.append(_trouble(row.message_id, "", "", event, 0))
    return found


def refusals(tx: Tx, since_us: int, limit: int, rows: int = ROWS) -> list[Refusal]:
    """Whom we refused something since then, the latest first."""
    found: list[Refusal] = []
    for row in backwards(tx, since_us, rows):
        told = [event for event in row.events if isinstance(event, Refused)]
        peer = session(tx, row.session_id) if told and row.session_id else None
        for event in reversed(told):
            found.append(Refusal(event.at, peer, row.message_id, event.address, event.reply, event.because))
        if len(found) >= limit:
            break
    return found[:limit]


def backwards(tx: Tx, since_us: int, rows: int) -> Iterator[JourneyRow]:
    """The newest rows of the journey, back to an instant, and so many at most."""
    before = int(single(tx.one("SELECT MAX(id) FROM journey")) or 0) + 1
    while rows > 0:
        page = tx.all(BACKWARDS, {"before": before, "limit": min(PAGE, rows)})
        for row in page:
            before = row[0]
            if row[3] < since_us:  # rows are written in the order of time, or nearly so
                return
            if (readable := _readable(row)) is not None:
                yield readable
        rows -= len(page)
        if len(page) < PAGE:
            return


def _last_answers(tx: Tx, letter: int) -> dict[int, Deferred]:
    """By recipient."""
    found: dict[int, Deferred] = {}
    for row in tx.all(OF_LETTER, {"id": letter, "limit": PAGE}):
        readable = _readable(row)
        for event in reversed(readable.events if readable else ()):
            if isinstance(event, Deferred):
                found.setdefault(event.recipient, event)
    return found


def _readable(row: tuple[int, int, int, int, bytes]) -> JourneyRow | None:
    try:
        return row_of(row)
    except Damaged:
        return None  # `pyeonji verify` tells of it


def _trouble(letter: int, address: str, domain: str, event: Deferred | Failed | Returned, attempts: int) -> Trouble:
    return Trouble(letter, event.recipient, address, domain, event.cause, event.reply, event.host, event.at, attempts)


def _address(tx: Tx, letter: int, n: int) -> str:
    row = tx.one("SELECT address FROM recipient WHERE message_id = :id AND n = :n", {"id": letter, "n": n})
    return str(row[0]) if row else ""
