"""What happened lately, for who looks after the server: bounded walks back over the journey, and the queue by place."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.journey.event import AnyEvent, Deferred, Failed, Refused
from pyeonji.journey.troubles import Trouble
from pyeonji.store.accept import SessionRef
from pyeonji.store.engine.base import Damaged, Tx, single
from pyeonji.store.journey import JourneyRow, row_of, session

ROWS = 5_000  # of the journey, looked at in one walk: a tenth of a second
LETTERS = 1_000  # undecided ones whose last answer is looked up
PAGE = 500  # rows read at once


@dataclass(frozen=True, slots=True)
class Destination:
    """Undecided recipients of one domain."""

    domain: str
    waiting: int
    trying: int
    held: int
    failed: int
    next_us: int  # when the next one is due; 0: none waits
    oldest: int  # receipt number of the oldest letter
    attempts: int  # the most that one of them has had

    @property
    def recipients(self) -> int:
        return self.waiting + self.trying + self.held + self.failed


@dataclass(frozen=True, slots=True)
class Refusal:
    """We said no to somebody."""

    at_us: int
    session: SessionRef | None
    letter: int
    address: str
    reply: str
    because: str


DESTINATIONS = """
SELECT domain, SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'trying' THEN 1 ELSE 0 END),
  SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END),
  COALESCE(MIN(CASE WHEN state = 'waiting' THEN due_us END), 0), MIN(message_id), MAX(attempts)
FROM recipient WHERE state IN ('waiting', 'trying', 'held', 'failed')
GROUP BY domain ORDER BY COUNT(*) DESC, domain LIMIT :limit
"""
OLDEST_WAITING = """
SELECT message_id, n, address, domain, attempts FROM recipient WHERE state IN ('waiting', 'held') AND attempts > 0
ORDER BY message_id, n LIMIT :limit
"""
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
    return [Destination(*row) for row in tx.all(DESTINATIONS, {"limit": limit})]


def of_domain(tx: Tx, domain: str, limit: int) -> list[tuple[int, int]]:
    """(letter, recipient) of undecided ones, oldest first."""
    rows = tx.all(
        "SELECT message_id, n FROM recipient WHERE domain = :domain AND state IN ('waiting', 'held')"
        " ORDER BY message_id, n LIMIT :limit",
        {"domain": domain, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


def waiting(tx: Tx, limit: int = LETTERS) -> list[Trouble]:
    """Why those wait that were tried already: their last answer, of the oldest letters."""
    found: list[Trouble] = []
    told: dict[int, dict[int, Deferred]] = {}
    for letter, n, address, domain, attempts in tx.all(OLDEST_WAITING, {"limit": limit}):
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


def _trouble(letter: int, address: str, domain: str, event: AnyEvent, attempts: int) -> Trouble:
    assert isinstance(event, Deferred | Failed)
    return Trouble(letter, event.recipient, address, domain, event.cause, event.reply, event.host, event.at, attempts)


def _address(tx: Tx, letter: int, n: int) -> str:
    row = tx.one("SELECT address FROM recipient WHERE message_id = :id AND n = :n", {"id": letter, "n": n})
    return str(row[0]) if row else ""
