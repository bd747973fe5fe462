"""Letters that were sent again: for each recipient of a letter once, however often somebody presses the button."""

from typing import NamedTuple

from pyeonji.store.blobs import GONE
from pyeonji.store.engine.base import Tx, single


class SentBefore(Exception):
    """It was sent again already, as the letter `number`.  Nothing must be committed."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


NOTE = """
INSERT INTO sent_again (message_id, n, again_id) VALUES (:message, :n, :again) ON CONFLICT (message_id, n) DO NOTHING
"""
THERE = f"""
SELECT 1 FROM message m JOIN content c ON c.id = m.content_id WHERE m.id = :id AND c.codec <> {GONE}
"""


def note(tx: Tx, number: int, n: int, again: int) -> None:
    """In the commit that takes the letter `again`; raises SentBefore."""
    if not tx.run(NOTE, {"message": number, "n": n, "again": again}):
        raise SentBefore(sent_as(tx, number, n))


def sent_as(tx: Tx, number: int, n: int) -> int:
    """0: it was not."""
    row = tx.one("SELECT again_id FROM sent_again WHERE message_id = :id AND n = :n", {"id": number, "n": n})
    return int(row[0]) if row else 0


class Wishes(NamedTuple):
    """What its writer wanted to hear of one recipient (RFC 3461), and until when the letter was to arrive."""

    notify: str
    original: str  # ORCPT, as given
    deadline_us: int  # 0: nobody knows


def wishes(tx: Tx, number: int, n: int) -> Wishes:
    """Of recipient `n`; the deadline is the letter's: also of who was refused before anything was due."""
    row = tx.one("SELECT notify, original FROM recipient WHERE message_id = :id AND n = :n", {"id": number, "n": n})
    until = single(tx.one("SELECT MAX(deadline_us) FROM recipient WHERE message_id = :id", {"id": number}))
    notify, original = row or ("", "")
    return Wishes(notify, original, int(until or 0))


def has_octets(tx: Tx, number: int) -> bool:
    """Is the letter itself still kept, and not only its facts?"""
    return tx.one(THERE, {"id": number}) is not None
