"""The full-text index on SQLite: FTS5 without the text, and without places within it."""

from collections.abc import Sequence

from pyeonji.message.terms import Term
from pyeonji.store.engine.base import Insert, Tx

LETTERS = Insert("term_letter", ("message_id",))
ANY = "sx"  # a term like any other


class SqliteFullText:
    """See `FullText`."""

    def insert(self, tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
        tx.insert(LETTERS, [(number,) for number, _ in rows])
        tx.many(INSERT, [{"number": number, "marked": marked} for number, marked in rows])

    def delete(self, tx: Tx, letters: Sequence[int]) -> None:
        rows = [{"number": number} for number in letters]
        tx.many("DELETE FROM term WHERE rowid = (SELECT id FROM term_letter WHERE message_id = :number)", rows)
        tx.many("DELETE FROM term_letter WHERE message_id = :number", rows)

    def find(self, tx: Tx, marks: str, terms: Sequence[Term], limit: int) -> list[int]:
        found = tx.all(FIND, {"question": " OR ".join(_all_of(mark, terms) for mark in marks), "limit": limit})
        return [row[0] for row in found]

    def held(self, tx: Tx, letters: Sequence[int]) -> set[int]:
        return {row[0] for row in tx.among(HELD, letters)}

    def unnamed(self, tx: Tx) -> list[int]:
        return []  # it takes any number of terms

    def damage(self, tx: Tx) -> list[str]:
        # A question first: without it FTS5 checks what it remembers of the index from before others wrote to it.
        tx.all("SELECT rowid FROM term WHERE term MATCH :question LIMIT 1", {"question": ANY})
        return [row[0] for row in tx.all("PRAGMA quick_check") if row[0] != "ok"]


def _all_of(mark: str, terms: Sequence[Term]) -> str:
    wanted = (f'"{mark}{term.text}"*' if term.begins else f'"{mark}{term.text}"' for term in terms)
    return f"({' AND '.join(wanted)})"


INSERT = """
INSERT INTO term (rowid, marked) VALUES ((SELECT id FROM term_letter WHERE message_id = :number), :marked)
"""
HELD = """
SELECT l.message_id FROM NUMBERS n JOIN term_letter l ON l.message_id = n.value CROSS JOIN term_docsize d ON d.id = l.id
"""
FIND = """
SELECT l.message_id FROM (SELECT rowid AS id FROM term WHERE term MATCH :question LIMIT :limit) t
CROSS JOIN term_letter l ON l.id = t.id
"""
