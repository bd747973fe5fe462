"""The full-text index on SQLite: FTS5 without the text, and without places within it."""

from collections.abc import Sequence

from pyeonji.message.terms import Term
from pyeonji.store.engine.base import SECTIONS, Tx, several

SLICE = 512  # letters named in one statement


class SqliteFullText:
    """See `FullText`."""

    def insert(self, tx: Tx, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
        tx.many(INSERT, [{"id": number, **dict(zip(SECTIONS, terms, strict=True))} for number, terms in rows])

    def delete(self, tx: Tx, letters: Sequence[int]) -> None:
        tx.many("DELETE FROM term WHERE rowid = :id", [{"id": number} for number in letters])

    def find(self, tx: Tx, sections: Sequence[str], terms: Sequence[Term], first: int, last: int) -> list[int]:
        wanted = " AND ".join(f'"{term.text}"*' if term.begins else f'"{term.text}"' for term in terms)
        question = f"{{{' '.join(sections)}}} : ({wanted})"
        sql = "SELECT rowid FROM term WHERE term MATCH :question AND rowid BETWEEN :first AND :last"
        return [row[0] for row in tx.all(sql, {"question": question, "first": first, "last": last})]

    def held(self, tx: Tx, letters: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for start in range(0, len(letters), SLICE):
            names, parameters = several(letters[start : start + SLICE])
            found.update(row[0] for row in tx.all(f"SELECT id FROM term_docsize WHERE id IN ({names})", parameters))
        return found

    def damage(self, tx: Tx) -> list[str]:
        # A question first: without it FTS5 checks what it remembers of the index from before others wrote to it.
        self.find(tx, SECTIONS, (Term("x"),), 1, 1)
        return [row[0] for row in tx.all("PRAGMA quick_check") if row[0] != "ok"]


INSERT = f"""
INSERT INTO term (rowid, {", ".join(SECTIONS)}) VALUES (:id, {", ".join(f":{section}" for section in SECTIONS)})
"""
