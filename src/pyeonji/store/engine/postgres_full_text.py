"""The full-text index on PostgreSQL: a tsvector for each section, and one GIN index over all of them."""

from collections.abc import Sequence

from pyeonji.message.terms import Term
from pyeonji.store.engine.base import SECTIONS, Tx, several

SLICE = 512  # letters named in one statement


class PostgresFullText:
    """See `FullText`."""

    def insert(self, tx: Tx, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
        tx.many(INSERT, [{"id": number, **dict(zip(SECTIONS, terms, strict=True))} for number, terms in rows])

    def delete(self, tx: Tx, letters: Sequence[int]) -> None:
        tx.many("DELETE FROM term WHERE message_id = :id", [{"id": number} for number in letters])

    def find(self, tx: Tx, sections: Sequence[str], terms: Sequence[Term], first: int, last: int) -> list[int]:
        # A question lies within one section, so all its terms do.
        holds = " OR ".join(f"{section} @@ :question::tsquery" for section in sections)
        question = " & ".join(f"'{term.text}':*" if term.begins else f"'{term.text}'" for term in terms)
        sql = f"SELECT message_id FROM term WHERE ({holds}) AND message_id BETWEEN :first AND :last"
        return [row[0] for row in tx.all(sql, {"question": question, "first": first, "last": last})]

    def held(self, tx: Tx, letters: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for start in range(0, len(letters), SLICE):
            names, parameters = several(letters[start : start + SLICE])
            rows = tx.all(f"SELECT message_id FROM term WHERE message_id IN ({names})", parameters)
            found.update(row[0] for row in rows)
        return found

    def damage(self, tx: Tx) -> list[str]:
        return []  # the server looks after its indexes


INSERT = f"""
INSERT INTO term (message_id, {", ".join(SECTIONS)})
VALUES (:id, {", ".join(f"array_to_tsvector(string_to_array(:{section}, ' '))" for section in SECTIONS)})
"""
