"""The full-text index on PostgreSQL: a tsvector for each letter, and a GIN index over them."""

from collections.abc import Sequence

from pyeonji.message.terms import Term
from pyeonji.store.engine.base import Tx, several

SLICE = 512  # letters named in one statement
# Of all terms of one letter: a tsvector has 20 bits to say where one begins, and array_to_tsvector takes more without
# a word.  A letter of a hundred and fifty thousand Chinese characters may have more.
MAX_OCTETS = (1 << 20) - 1
UNNAMED = "!"  # stands for all of them then; no section has this mark


class PostgresFullText:
    """See `FullText`."""

    def insert(self, tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
        tx.many(INSERT, [{"id": number, "marked": _kept(marked)} for number, marked in rows])

    def delete(self, tx: Tx, letters: Sequence[int]) -> None:
        tx.many("DELETE FROM term WHERE message_id = :id", [{"id": number} for number in letters])

    def find(self, tx: Tx, marks: str, terms: Sequence[Term], limit: int) -> list[int]:
        question = " | ".join(_all_of(mark, terms) for mark in marks)
        return [row[0] for row in tx.all(FIND, {"question": question, "limit": limit})]

    def held(self, tx: Tx, letters: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for start in range(0, len(letters), SLICE):
            names, parameters = several(letters[start : start + SLICE])
            rows = tx.all(f"SELECT message_id FROM term WHERE message_id IN ({names})", parameters)
            found.update(row[0] for row in rows)
        return found

    def unnamed(self, tx: Tx) -> list[int]:
        return [row[0] for row in tx.all(FIND_UNNAMED)]

    def damage(self, tx: Tx) -> list[str]:
        return []  # the server looks after its indexes


def _kept(marked: str) -> str:
    return marked if len(marked.encode()) <= MAX_OCTETS else UNNAMED


def _all_of(mark: str, terms: Sequence[Term]) -> str:
    wanted = (f"'{mark}{term.text}':*" if term.begins else f"'{mark}{term.text}'" for term in terms)
    return f"({' & '.join(wanted)})"


INSERT = "INSERT INTO term (message_id, marked) VALUES (:id, array_to_tsvector(string_to_array(:marked, ' ')))"
FIND = "SELECT message_id FROM term WHERE marked @@ :question::tsquery LIMIT :limit"
FIND_UNNAMED = f"SELECT message_id FROM term WHERE marked @@ '''{UNNAMED}'''::tsquery"
