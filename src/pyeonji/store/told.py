"""What apps are told: rows of `event`, written in the transaction of the fact they tell (docs/adr/0019).

A letter that no app has handed in costs one look-up by its number when its queue row changes.  Ids grow in the order of
commits on both engines: SQLite has one writer, and PostgreSQL gives them at the commit (a trigger in its schema).
"""

import json
from collections.abc import Mapping, Sequence

from pyeonji.address import verp
from pyeonji.journey.event import Event, Released
from pyeonji.journey.outcome import COMPLAINED, ENDED, OPT_IN, RECEIVED, WORDS, Item, News, tells, told
from pyeonji.store import suppressions
from pyeonji.store.engine.base import Insert, Row, Tx, Values, several, single
from pyeonji.store.sent import SIMULATOR

MAX_LISTED = 500  # rows of one page
LOOKED_AT = 20_000  # events among which one question seeks those it wants
LAST = 2**62  # above any event's number
GONE = (WORDS["failed"].type, WORDS["bounced"].type)
REPORTED = (WORDS["bounced"].type, COMPLAINED)  # by letters that come in
EVENTS = Insert(
    "event", ("app_id", "message_id", "n", "sequence", "revision", "type", "cause", "at_us", "facts")
)  # fmt: skip


def tell(tx: Tx, number: int, events: Sequence[Event]) -> None:
    """Write down what an app is told of these events of its letter; nothing for any other letter."""
    if not tells(events):
        return
    row = tx.one(
        "SELECT s.app_id, a.attempts FROM sent s JOIN app a ON a.id = s.app_id WHERE s.message_id = :id",
        {"id": number},
    )
    if row is None:
        return
    app_id, attempts = row
    news = [one for event in events for one in _news(tx, number, event) if attempts or one.type != OPT_IN]
    new = [one for one in news if one.type != COMPLAINED or _is_new(tx, number, one.n)]
    tx.insert(EVENTS, _rows(app_id, number, new, _counts(tx, number, new)))
    _keep_back(tx, app_id, number, news)


def those_of_apps(tx: Tx, numbers: Sequence[int]) -> set[int]:
    """Which of these letters apps have handed in."""
    rows = tx.among("SELECT s.message_id FROM NUMBERS n JOIN sent s ON s.message_id = n.value", numbers)
    return {row[0] for row in rows}


def tell_first(tx: Tx, letters: Sequence[tuple[int, int, Sequence[Event]]]) -> None:
    """The same for letters that are taken in this transaction: (receipt number, app, events)."""
    rows: list[Values] = []
    for number, app_id, events in letters:
        rows += _rows(app_id, number, [one for event in events for one in told(event)], {})
    tx.insert(EVENTS, rows)


def tell_received(tx: Tx, number: int, routed: Sequence[tuple[int, str]], mailbox: str, now_us: int) -> None:
    """A letter came to an address that apps hear of: (app, address)."""
    rows: list[Values] = [
        (app_id, number, 0, sequence, 0, RECEIVED, "", now_us, _json({"address": address, "mailbox": mailbox}))
        for sequence, (app_id, address) in enumerate(routed, 1)
    ]
    tx.insert(EVENTS, rows)


def tell_of_server(tx: Tx, app_id: int, kind: str, facts: Mapping[str, object], now_us: int) -> None:
    """News that are no letter's: "webhook.disabled", "domain.check_failed"."""
    last = single(tx.one("SELECT MAX(sequence) FROM event WHERE message_id = 0 AND n = :app", {"app": app_id}))
    sequence = int(last or 0) + 1
    tx.insert(EVENTS, [(app_id, 0, app_id, sequence, 0, kind, "", now_us, _json(facts))])


def _keep_back(tx: Tx, app_id: int, number: int, news: Sequence[News]) -> None:
    """Whoever does not exist or has complained gets no more of this app's letters."""
    for one in news:
        if one.type in REPORTED and _may_be_anothers(tx, number, one.type):
            continue
        cause = suppressions.COMPLAINT if one.type == COMPLAINED else one.cause
        if (one.type in GONE and cause in suppressions.DEAD) or one.type == COMPLAINED:
            where = {"id": number, "n": one.n}
            row = tx.one("SELECT address FROM recipient WHERE message_id = :id AND n = :n", where)
            if row is not None and not row[0].endswith(f"@{SIMULATOR}"):
                suppressions.add(tx, app_id, row[0], cause, one.at, message_id=number)


def _is_new(tx: Tx, number: int, n: int) -> bool:
    """Who got a letter may complain of it a thousand times: it is news once; where nobody is named, once for each."""
    known, people = "SELECT count(*) FROM event WHERE message_id = :id AND n = :n AND type = :type", 1
    if not n:
        people = int(single(tx.one("SELECT count(*) FROM recipient WHERE message_id = :id", {"id": number})) or 0)
    return int(single(tx.one(known, {"id": number, "n": n, "type": COMPLAINED})) or 0) < people


def _may_be_anothers(tx: Tx, number: int, kind: str) -> bool:
    """Whoever got a letter knows enough of it to report, in others' names, on all who got it (S16).

    So a report shuts nobody out but where one alone got it, or each has a return address of his own.
    """
    row = tx.one(
        "SELECT m.onward_path, (SELECT count(*) FROM recipient r WHERE r.message_id = m.id) FROM message m"
        " WHERE m.id = :id",
        {"id": number},
    )
    own_path = row is not None and row[0].startswith(verp.PREFIX) and kind != COMPLAINED
    return row is not None and row[1] > 1 and not own_path


def _news(tx: Tx, number: int, event: Event) -> list[News]:
    if not isinstance(event, Released):
        return told(event)
    last = single(
        tx.one(
            "SELECT type FROM event WHERE message_id = :id AND n = :n ORDER BY sequence DESC LIMIT 1",
            {"id": number, "n": event.recipient},
        )
    )
    return told(event, held=last == "email.held")


Count = tuple[int, int]  # the last sequence, the last revision


def _counts(tx: Tx, number: int, news: Sequence[News]) -> dict[int, Count]:
    """How far each of these recipients' rows came."""
    if not news:
        return {}
    names, values = several(sorted({one.n for one in news}))
    rows = tx.all(
        "SELECT n, MAX(sequence), MAX(revision) FROM event WHERE message_id = :id"
        f" AND n IN ({names}) GROUP BY n",
        {**values, "id": number},
    )  # fmt: skip
    return {n: (sequence, revision) for n, sequence, revision in rows}


def _rows(app_id: int, number: int, news: Sequence[News], counts: dict[int, Count]) -> list[Values]:
    rows: list[Values] = []
    for one in news:
        sequence, revision = counts.get(one.n, (0, 0))
        sequence, revision = sequence + 1, revision + (one.type == ENDED)
        counts[one.n] = (sequence, revision)
        shown = revision if one.type == ENDED else 0
        rows.append((app_id, number, one.n, sequence, shown, one.type, one.cause, one.at, _json(one.facts)))
    return rows


def _json(facts: Mapping[str, object]) -> str:
    return json.dumps({name: value for name, value in facts.items() if value not in ("", None)}, ensure_ascii=False)


# ── reading ──

ITEM = """
SELECT e.id, e.app_id, e.message_id, e.n, e.sequence, e.revision, e.type, e.cause, e.at_us, e.facts,
  r.address, s.ref, s.tags, s.metadata
FROM event e
LEFT JOIN recipient r ON r.message_id = e.message_id AND r.n = e.n
LEFT JOIN sent s ON s.message_id = e.message_id AND s.app_id = e.app_id
"""


def page(
    tx: Tx, app_id: int, cursor: int, limit: int, types: Sequence[str] = (), *, test: bool = False
) -> tuple[list[Item], int]:  # fmt: skip
    """The same as `after`, among the next LOOKED_AT events; and behind which one to go on.

    What is rare would otherwise be sought in all that the app was ever told, with each question.
    """
    sql = "SELECT id FROM event WHERE app_id = :app AND id > :cursor ORDER BY id LIMIT 1 OFFSET :most"
    row = tx.one(sql, {"app": app_id, "cursor": cursor, "most": LOOKED_AT - 1})
    last = int(row[0]) if row else LAST
    found = after(tx, app_id, cursor, limit, types, test=test, last=last)
    if len(found) < limit and row:
        return found, last
    return found, found[-1].id if found else cursor


def after(
    tx: Tx, app_id: int, cursor: int, limit: int, types: Sequence[str] = (), *, test: bool = False, last: int = LAST
) -> list[Item]:  # fmt: skip
    """What an app was told behind a cursor (an id), in the order it was told.

    `types` () is all; `test`: only of letters that were sent with test keys; `last`: no later event.
    """
    condition, values = _of_types(types)
    condition += " AND s.test = 1" if test else ""
    rows = tx.all(
        f"{ITEM} WHERE e.app_id = :app AND e.id > :cursor AND e.id <= :last {condition} ORDER BY e.id LIMIT :limit",
        {**values, "app": app_id, "cursor": cursor, "last": last, "limit": min(limit, MAX_LISTED)},
    )
    return [_item(row) for row in rows]


def of_letter(tx: Tx, number: int) -> list[Item]:
    """All that an app was told of one letter, in order."""
    return [_item(row) for row in tx.all(f"{ITEM} WHERE e.message_id = :id ORDER BY e.id", {"id": number})]


def numbered(tx: Tx, event_id: int) -> Item | None:
    row = tx.one(f"{ITEM} WHERE e.id = :id", {"id": event_id})
    return _item(row) if row else None


def last_id(tx: Tx, app_id: int) -> int:
    """The newest row of an app; 0 for none."""
    return int(single(tx.one("SELECT MAX(id) FROM event WHERE app_id = :app", {"app": app_id})) or 0)


def _of_types(types: Sequence[str]) -> tuple[str, dict[str, str]]:
    if not types:
        return "", {}
    names = {f"t{at}": name for at, name in enumerate(types)}
    return f"AND e.type IN ({', '.join(':' + name for name in names)})", names


def _item(row: Row) -> Item:
    number, app_id, message, n, sequence, revision, kind, cause, at, facts, address, ref, tags, metadata = row
    return Item(
        id=number, app_id=app_id, message=message, n=n, sequence=sequence, revision=revision, type=kind, cause=cause,
        at=at, facts=json.loads(facts), address=address or "", ref=ref or "", tags=tuple((tags or "").split()),
        metadata=json.loads(metadata) if metadata else {},
    )  # fmt: skip
