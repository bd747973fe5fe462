"""Letters that apps have handed in: what the app calls them, and how it finds them again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pyeonji.store.addressed import LATEST, letters_to
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
    """Receipt numbers of an app's letters, the newest first.  `app_id` 0: of all apps.

    To an address: among the latest MAX_LOOKED_AT between `since` and `before`.
    """
    values: dict[str, Value] = {"limit": min(limit, MAX_LISTED)}
    where = [*_where(search, values), *_of_recipient(search, values)]
    table, mine = "sent s", "s.app_id = :app"
    if search.to and not _has_ref(app_id, search):  # by the index of addresses: however many letters the app has
        table, mine = f"({letters_to(MAX_LOOKED_AT)}) t CROSS JOIN sent s", "+s.app_id = :app"  # "+": not by that index
        where.append("s.message_id = t.message_id")
        values |= {"first": search.since, "last": search.before - 1 if search.before else LATEST}
    if app_id:
        where.append(mine)
        values["app"] = app_id
    sql = f"SELECT s.message_id FROM {table} WHERE {' AND '.join(where)} ORDER BY s.message_id DESC LIMIT :limit"
    return [row[0] for row in tx.all(sql, values)]


def oldest_looked_at(tx: Tx, app_id: int, search: Search) -> int:
    """Where one look ends: among millions of letters what is rare is sought piece by piece.  0: they are all in it."""
    if _has_ref(app_id, search):
        return 0
    last = search.before - 1 if search.before else LATEST
    values: dict[str, Value] = {"first": 0, "last": last, "passed": MAX_LOOKED_AT - 1}
    if search.to:
        table, condition = f"({letters_to(MAX_LOOKED_AT)}) t", "1 = 1"
        values["value"] = search.to
    else:
        table, condition = "sent", "message_id BETWEEN :first AND :last"
        if app_id:
            condition += " AND app_id = :app"
            values["app"] = app_id
    sql = f"SELECT message_id FROM {table} WHERE {condition} ORDER BY message_id DESC LIMIT 1 OFFSET :passed"
    return int(single(tx.one(sql, values)) or 0)


def _has_ref(app_id: int, search: Search) -> bool:
    """Then an index knows it."""
    return bool(search.ref and app_id)


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
    """What must hold for one and the same recipient."""
    found = []
    if search.to:
        found.append("r.address = :value")
        values["value"] = search.to
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
    if not found:
        return []
    return [f"EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = s.message_id AND {' AND '.join(found)})"]


def _literal(text: str) -> str:
    for char in "!%_":
        text = text.replace(char, f"!{char}")
    return text


def _sent(row: Row) -> Sent:
    app_id, ref, tags, metadata, trace, test = row
    return Sent(app_id, ref, tuple(tags.split()), metadata, trace, bool(test))
