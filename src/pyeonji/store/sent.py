"""Letters that apps have handed in: what the app calls them, and how it finds them again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pyeonji.store.engine.base import Insert, Row, Tx, Value, Values, single

MAX_LISTED = 200  # letters of one page
MAX_LOOKED_AT = 20_000  # letters that one statement looks at for what no index knows
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
    """What is looked for; "" and 0 are anything.  `to` is folded, `states` are those of docs/queue.md."""

    ref: str = ""
    tag: str = ""
    to: str = ""
    states: tuple[str, ...] = ()
    cause: str = ""
    before: int = 0  # receipt number behind the page
    since: int = 0  # the oldest that is looked at
    test: bool = False  # only what was sent with test keys


def find(tx: Tx, app_id: int, search: Search, limit: int = MAX_LISTED) -> list[int]:
    """Receipt numbers of an app's letters, the newest first.  `app_id` 0: of all apps."""
    values: dict[str, Value] = {"limit": min(limit, MAX_LISTED)}
    table, where = _of_address(app_id, search, values) if search.to else _of_app(app_id, search, values)
    sql = (
        f"SELECT DISTINCT s.message_id FROM {table} WHERE {' AND '.join(where)} ORDER BY s.message_id DESC LIMIT :limit"
    )
    return [row[0] for row in tx.all(sql, values)]


def oldest_looked_at(tx: Tx, app_id: int, search: Search) -> int:
    """Where one look ends: among millions of letters what is rare is sought piece by piece.  0: they are all in it."""
    if search.ref and app_id:  # an index knows it
        return 0
    values: dict[str, Value] = {"passed": MAX_LOOKED_AT - 1, "app": app_id, "to": search.to, "before": search.before}
    name, condition = ("recipient", "address = :to") if search.to else ("sent", "app_id = :app" if app_id else "1 = 1")
    if search.before:
        condition += " AND message_id < :before"
    sql = f"SELECT message_id FROM {name} WHERE {condition} ORDER BY message_id DESC LIMIT 1 OFFSET :passed"
    return int(single(tx.one(sql, {key: value for key, value in values.items() if f":{key}" in sql})) or 0)


def _of_app(app_id: int, search: Search, values: dict[str, Value]) -> tuple[str, list[str]]:
    """By the index of an app's letters."""
    where = _where(search, values)
    if app_id:
        where.append("s.app_id = :app")
        values["app"] = app_id
    if of_recipient := _of_recipient(search, values):
        where.append(
            f"EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = s.message_id AND {' AND '.join(of_recipient)})"
        )
    return "sent s", where


def _of_address(app_id: int, search: Search, values: dict[str, Value]) -> tuple[str, list[str]]:
    """By the index of addresses: however many letters the app has."""
    where = ["r.address = :to", "s.message_id = r.message_id", *_where(search, values), *_of_recipient(search, values)]
    values["to"] = search.to
    if app_id:
        where.append("+s.app_id = :app")  # "+": not by the index of all its letters
        values["app"] = app_id
    return "recipient r, sent s", where


def _where(search: Search, values: dict[str, Value]) -> list[str]:
    where = ["1 = 1"]
    if search.ref:
        where.append("s.ref = :ref AND s.ref <> ''")
        values["ref"] = search.ref
    if search.tag:
        where.append("' ' || s.tags || ' ' LIKE :tag ESCAPE '!'")
        values["tag"] = f"% {_literal(search.tag)} %"
    if search.test:
        where.append("s.test = 1")
    for name, sign, number in (("before", "<", search.before), ("since", ">=", search.since)):
        if number:
            where.append(f"s.message_id {sign} :{name}")
            values[name] = number
    return where


def _of_recipient(search: Search, values: dict[str, Value]) -> list[str]:
    found = []
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
