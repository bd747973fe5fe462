"""Which letters went to an address (docs/adr/0036).

An index by address takes a page of its own for each recipient of a letter.  So the commit that takes a letter only
notes it, in `unaddressed`; its recipients go to `addressed` later, some thousand at a time, in the order of their
addresses, and the note goes in that same commit.  Whoever asks looks into `addressed` and through the recipients of
the letters that are noted: the answer is right however much was filled in, wherever it was cut off.

A mark "all letters up to this number" would not do: numbers are given before the commit, and a slow letter may be
committed with a lower number later.
"""

from collections.abc import Iterator, Sequence

from pyeonji.store.engine.base import Insert, Tx, Value, several

STEP = 4_096  # recipients of one filling, with those of the last letter: it is taken whole
SLICE = 512  # letters named in one statement
LATEST = 2**60 - 1
PIECE, PIECE_MOST = 32, 4_096  # letters of the first piece of `newest_first`, and of a later one

NOTE = Insert("unaddressed", ("message_id",), "ON CONFLICT DO NOTHING")


# ── asking ──


def letters_to(limit: str | int = ":limit", order: str = "DESC") -> str:
    """The statement that gives `message_id` of letters to the address `:value`, from `:first` to `:last`, in order.

    Each once, however often it was addressed.  Both halves are read by a key, and not further than `limit`.
    """
    return LETTERS_TO.format(end=f"ORDER BY 1 {order} LIMIT {limit}")


LETTERS_TO = """
SELECT message_id FROM (
  SELECT message_id FROM addressed WHERE address = :value AND message_id BETWEEN :first AND :last {end}) known
UNION SELECT message_id FROM (
  SELECT DISTINCT u.message_id FROM unaddressed u CROSS JOIN recipient r
  WHERE r.message_id = u.message_id AND r.address = :value AND u.message_id BETWEEN :first AND :last {end}) fresh
{end}
"""  # CROSS JOIN: SQLite goes through the notes, never through all recipients


def newest_first(tx: Tx, address: str, before: int) -> Iterator[list[int]]:
    """All letters to an address with numbers below `before`, in pieces that grow: who finds soon reads little."""
    limit = PIECE
    while True:
        given: dict[str, Value] = {"value": address, "first": 0, "last": before - 1, "limit": limit}
        numbers = [row[0] for row in tx.all(letters_to(), given)]
        if numbers:
            yield numbers
        if len(numbers) < limit:
            return
        before, limit = numbers[-1], min(8 * limit, PIECE_MOST)


# ── filling ──


def waiting(tx: Tx) -> tuple[int, int]:
    """The newest letter that is noted (0: none is), and how many recipients wait; STEP stands for more, too."""
    newest, recipients = tx.all(
        "SELECT coalesce(max(message_id), 0), (SELECT count(*) FROM (SELECT 1 FROM unaddressed u CROSS JOIN recipient r"
        " WHERE r.message_id = u.message_id LIMIT :step) some) FROM unaddressed",
        {"step": STEP},
    )[0]
    return newest, recipients


def fill(tx: Tx) -> int:
    """Put the recipients of the oldest noted letters where they are found sooner; how many, less than STEP at the end.

    It may run beside itself: a note is gone for all but one, and only who took it away writes its letter's recipients.
    """
    rows = tx.all(
        "SELECT u.message_id FROM unaddressed u LEFT JOIN recipient r ON r.message_id = u.message_id"
        " ORDER BY u.message_id LIMIT :step",
        {"step": STEP},
    )
    numbers = list(dict.fromkeys(row[0] for row in rows))
    for start in range(0, len(numbers), SLICE):
        names, given = several(numbers[start : start + SLICE])
        taken = tx.all(f"DELETE FROM unaddressed WHERE message_id IN ({names}) RETURNING message_id", given)
        _know(tx, [row[0] for row in taken])
    return len(rows)


def _know(tx: Tx, numbers: Sequence[int]) -> None:
    if numbers:
        names, given = several(numbers)
        tx.run(
            "INSERT INTO addressed (address, message_id) SELECT address, message_id FROM recipient"
            f" WHERE message_id IN ({names}) ORDER BY address, message_id ON CONFLICT DO NOTHING",
            given,
        )


# ── letters that go, addresses that change ──


def take_out(tx: Tx, numbers: Sequence[int]) -> None:
    """Forget whom these letters were for; their recipients are still there, and go in this transaction."""
    keys = [{"id": number} for number in numbers]
    tx.many("DELETE FROM unaddressed WHERE message_id = :id", keys)  # first: who fills it in meanwhile is waited for
    tx.many(
        "DELETE FROM addressed WHERE message_id = :id"
        " AND address IN (SELECT address FROM recipient WHERE message_id = :id)",
        keys,
    )


def note_again(tx: Tx, number: int, address: str) -> None:
    """In this transaction the recipients of a letter with this address get another one."""
    given: dict[str, Value] = {"id": number, "address": address}
    tx.run("DELETE FROM unaddressed WHERE message_id = :id", {"id": number})  # who fills it in meanwhile is waited for
    tx.run("DELETE FROM addressed WHERE message_id = :id AND address = :address", given)
    tx.insert(NOTE, [(number,)])


# ── everything against everything ──

STRANGE = """
NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = addressed.message_id AND r.address = addressed.address)
"""
UNKNOWN = """
NOT EXISTS (SELECT 1 FROM addressed a WHERE a.address = recipient.address AND a.message_id = recipient.message_id)
  AND NOT EXISTS (SELECT 1 FROM unaddressed u WHERE u.message_id = recipient.message_id)
"""
EMPTY = "NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = unaddressed.message_id)"


def contradictions(tx: Tx) -> Iterator[tuple[str, int]]:
    """(what, letter)."""
    for (number,) in tx.all(f"SELECT message_id FROM addressed WHERE {STRANGE}"):
        yield "found by an address that it was not for", number
    for (number,) in tx.all(f"SELECT DISTINCT message_id FROM recipient WHERE {UNKNOWN}"):
        yield "not found by an address that it was for", number
    for (number,) in tx.all(f"SELECT message_id FROM unaddressed WHERE {EMPTY}"):
        yield "noted, and for nobody", number


def mend(tx: Tx) -> None:
    """What is found wrongly goes; what is not found is noted."""
    tx.run(f"DELETE FROM addressed WHERE {STRANGE}")
    tx.run(f"DELETE FROM unaddressed WHERE {EMPTY}")
    tx.run(f"INSERT INTO unaddressed (message_id) SELECT DISTINCT message_id FROM recipient WHERE {UNKNOWN}")
