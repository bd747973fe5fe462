"""Letters that apps have handed in: what the app calls them, and how it finds them again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from pyeonji.store.engine.base import Insert, Row, Tx, Values, single

MAX_LISTED = 200  # letters of one page
SIMULATOR = "simulator.test"  # the only place for letters with a test key, where everything is tried again and again


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """Whose letter it is.  `metadata` is a JSON object of strings as text, `trace` a W3C traceparent; "" is none."""

    app_id: int
    ref: str = ""
    tags: tuple[str, ...] = ()
    metadata: str = ""
    trace: str = ""
    test: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """The metadata."""
        return dict(json.loads(self.metadata)) if self.metadata else {}


SENT = Insert("sent", ("message_id", "app_id", "ref", "tags", "metadata", "trace", "test"))
COLUMNS = "s.app_id, s.ref, s.tags, s.metadata, s.trace, s.test"


def rows(letters: Sequence[tuple[int, Sent]]) -> list[Values]:
    """(receipt number, whose it is), to be written in the commit that takes them."""
    return [
        (number, one.app_id, one.ref, " ".join(one.tags), one.metadata, one.trace, int(one.test))
        for number, one in letters
    ]


def of(tx: Tx, number: int) -> Sent | None:
    """Whose letter it is; None when no app handed it in."""
    row = tx.one(f"SELECT {COLUMNS} FROM sent s WHERE s.message_id = :id", {"id": number})
    return _sent(row) if row else None


def trace_of(tx: Tx, number: int) -> str:
    """The traceparent that its app gave; "" for none."""
    return str(single(tx.one("SELECT trace FROM sent WHERE message_id = :id", {"id": number})) or "")


def of_these(tx: Tx, numbers: Sequence[int]) -> dict[int, Sent]:
    """The same for many."""
    rows = tx.among(f"SELECT s.message_id, {COLUMNS} FROM NUMBERS n JOIN sent s ON s.message_id = n.value", numbers)
    return {row[0]: _sent(row[1:]) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; "" and 0 are anything.  `to` is folded, `status` a state of docs/queue.md."""

    ref: str = ""
    tag: str = ""
    to: str = ""
    states: tuple[str, ...] = ()
    cause: str = ""
    before: int = 0  # receipt number behind the page


def find(tx: Tx, app_id: int, search: Search, limit: int = MAX_LISTED) -> list[int]:
    """Receipt numbers of an app's letters, the newest first.  `app_id` 0: of all apps."""
    where, values = _where(app_id, search)
    sql = f"SELECT s.message_id FROM sent s WHERE {' AND '.join(where)} ORDER BY s.message_id DESC LIMIT :limit"
    return [row[0] for row in tx.all(sql, {**values, "limit": min(limit, MAX_LISTED)})]


def _where(app_id: int, search: Search) -> tuple[list[str], Mapping[str, int | str]]:
    where, values = ["1 = 1"], dict[str, int | str]()
    if app_id:
        where.append("s.app_id = :app")
        values["app"] = app_id
    if search.ref:
        where.append("s.ref = :ref AND s.ref <> ''")
        values["ref"] = search.ref
    if search.tag:
        where.append("' ' || s.tags || ' ' LIKE :tag ESCAPE '!'")
        values["tag"] = f"% {_literal(search.tag)} %"
    if search.before:
        where.append("s.message_id < :before")
        values["before"] = search.before
    of_recipient = _of_recipient(search, values)
    if of_recipient:
        where.append(
            f"EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = s.message_id AND {' AND '.join(of_recipient)})"
        )
    return where, values


def _of_recipient(search: Search, values: dict[str, int | str]) -> list[str]:
    found = []
    if search.to:
        found.append("r.address = :to")
        values["to"] = search.to
    if search.states:
        names = {f"state{at}": state for at, state in enumerate(search.states)}
        found.append(f"r.state IN ({', '.join(':' + name for name in names)})")
        values.update(names)
    if search.cause:  # that of the latest news
        found.append(
            "EXISTS (SELECT 1 FROM event e WHERE e.message_id = r.message_id AND e.n = r.n AND e.cause = :cause"
            " AND NOT EXISTS (SELECT 1 FROM event f WHERE f.message_id = e.message_id AND f.n = e.n"
            " AND f.sequence > e.sequence))"
        )
        values["cause"] = search.cause
    return found


def _literal(text: str) -> str:
    for char in "!%_":
        text = text.replace(char, f"!{char}")
    return text


def _sent(row: Row) -> Sent:
    app_id, ref, tags, metadata, trace, test = row
    return Sent(app_id, ref, tuple(tags.split()), metadata, trace, bool(test))
