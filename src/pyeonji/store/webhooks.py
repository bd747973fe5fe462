"""Endpoints of apps: how far each has come in the app's events, what it is still owed, what it said.

`passed` is a cursor: every event up to it was taken by the endpoint, or stands in `webhook_owed`.  Both are written in
one transaction, so that no event falls between them; who dies before that sends again, with the same name.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pyeonji.journey.outcome import Item
from pyeonji.store import apps, told
from pyeonji.store.engine.base import Insert, Row, Tx, Value, single

MAX_OWED = 100  # events owed to an endpoint before the cursor waits: a receiver that is down is not asked for each
SECOND_US = 1_000_000
MAX_LOGGED = 1_000  # deliveries kept of each endpoint
MAX_SAID = 300  # characters kept of an answer
NEVER = (1 << 62) - 1  # the instant at which an event is due that is not sent again by itself
MAX_REST_S = 3_600  # seconds an endpoint may ask to be left alone for (Retry-After); ours
MAX_WAIT_US = 14 * 3_600 * SECOND_US  # what is due later was put off by a clock that has been set back since
OUTAGE_US = 60_000_000  # of silence, after which a first answer makes everything that is owed due


class Webhook(NamedTuple):
    """One endpoint.  `types` () is all; `inside`: it may lie in a private network; `paused_us` 0: it is not."""

    id: int
    app_id: int
    url: str
    types: tuple[str, ...]
    inside: bool
    passed: int
    down_us: int  # since when it has not taken anything; 0: it is up
    paused_us: int
    rests_us: int  # until when it asked to get nothing
    created_us: int

    def rests(self, now_us: int) -> bool:
        """A rest that would last for longer than any was noted by a clock that has been set back since."""
        return now_us < self.rests_us <= now_us + MAX_REST_S * SECOND_US


class Secrets(NamedTuple):
    """The old one signs, too, until an instant."""

    secret: str
    old_secret: str
    old_until_us: int


class Task(NamedTuple):
    """One event for one endpoint.  `attempts` made so far, the first at `first_us` (0: none)."""

    item: Item
    attempts: int = 0
    first_us: int = 0
    is_owed: bool = False


class Work(NamedTuple):
    """What an endpoint is to get now, and how far the cursor goes with it.

    `behind` are events that must wait for an earlier one of the same recipient.  `given_up`: it is to be paused.
    """

    tasks: tuple[Task, ...]
    behind: tuple[Item, ...]
    passed: int
    given_up: bool = False


class Result(NamedTuple):
    """What came of one attempt.  `due_us`: when again; 0 when it was taken."""

    task: Task
    at_us: int
    took_ms: int
    status: int  # 0: no answer
    said: str
    due_us: int
    rests_us: int = 0  # until when the endpoint wants to be left alone; 0: it did not say


class Delivery(NamedTuple):
    """One row of the log."""

    id: int
    event_id: int
    attempt: int
    at_us: int
    took_ms: int
    status: int
    said: str


COLUMNS = "id, app_id, url, types, inside, passed, down_us, paused_us, rests_us, created_us"
HOOKS = Insert("webhook", ("app_id", "url", "types", "inside", "passed", "created_us"))
OWED = Insert(
    "webhook_owed", ("webhook_id", "event_id", "message_id", "n", "attempts", "first_us", "due_us"),
    "ON CONFLICT (webhook_id, event_id) DO NOTHING",
)  # fmt: skip
LOG = Insert("webhook_delivery", ("webhook_id", "event_id", "attempt", "at_us", "took_ms", "status", "said"))


# ── endpoints ──


def add(
    tx: Tx, app_id: int, url: str, secret: str, now_us: int, *, types: Sequence[str] = (), inside: bool = False
) -> int:  # fmt: skip
    """The number of a new endpoint, which hears of what happens from now on.

    With its first endpoint an app gets return addresses of its own, so that it hears of late bounces.
    """
    if not every(tx, app_id):
        apps.set_verp(tx, app_id, True)
    number = tx.insert_numbered(HOOKS, [(app_id, url, " ".join(types), int(inside), told.last_id(tx, app_id), now_us)])[
        0
    ]
    tx.run("INSERT INTO webhook_secret (webhook_id, secret) VALUES (:id, :secret)", {"id": number, "secret": secret})
    return number


def every(tx: Tx, app_id: int = 0) -> list[Webhook]:
    """Of an app, or (0) of all."""
    condition = "WHERE app_id = :app" if app_id else ""
    return [
        _hook(row)
        for row in tx.all(f"SELECT {COLUMNS} FROM webhook {condition} ORDER BY id", {"app": app_id} if app_id else {})
    ]


def active(tx: Tx) -> list[Webhook]:
    """Those that get something."""
    return [_hook(row) for row in tx.all(f"SELECT {COLUMNS} FROM webhook WHERE paused_us = 0 ORDER BY id")]


WITH_WORK = f"""
SELECT {COLUMNS} FROM webhook w WHERE w.paused_us = 0 AND (
  EXISTS (SELECT 1 FROM event e WHERE e.app_id = w.app_id AND e.id > w.passed) OR EXISTS (
    SELECT 1 FROM webhook_owed o WHERE o.webhook_id = w.id AND (o.due_us <= :now OR o.due_us > :latest)))
ORDER BY w.id
"""


def with_work(tx: Tx, now_us: int) -> list[Webhook]:
    """Those of them for which there may be something to do: thousands that have heard everything cost nothing."""
    return [_hook(row) for row in tx.all(WITH_WORK, {"now": now_us, "latest": now_us + MAX_WAIT_US})]


def numbered(tx: Tx, hook_id: int) -> Webhook | None:
    row = tx.one(f"SELECT {COLUMNS} FROM webhook WHERE id = :id", {"id": hook_id})
    return _hook(row) if row else None


def remove(tx: Tx, hook_id: int) -> bool:
    return tx.run("DELETE FROM webhook WHERE id = :id", {"id": hook_id}) > 0


def secrets(tx: Tx, hook_id: int) -> Secrets | None:
    row = tx.one("SELECT secret, old_secret, old_until_us FROM webhook_secret WHERE webhook_id = :id", {"id": hook_id})
    return Secrets(*row) if row else None


ROTATE = """
INSERT INTO webhook_secret (webhook_id, secret) VALUES (:id, :secret)
ON CONFLICT (webhook_id) DO UPDATE SET
  old_secret = webhook_secret.secret, secret = excluded.secret, old_until_us = :until
"""


def rotate(tx: Tx, hook_id: int, secret: str, old_until_us: int) -> bool:
    """A new secret; the one before, where there is one, signs beside it for a while."""
    return tx.run(ROTATE, {"id": hook_id, "secret": secret, "until": old_until_us}) > 0


def change(tx: Tx, hook_id: int, *, url: str, types: Sequence[str]) -> bool:
    sql = "UPDATE webhook SET url = :url, types = :types WHERE id = :id"
    return tx.run(sql, {"id": hook_id, "url": url, "types": " ".join(types)}) > 0


def pause(tx: Tx, hook_id: int, now_us: int) -> bool:
    """It gets nothing until it is resumed, and nothing is lost; False when it was paused already."""
    sql = "UPDATE webhook SET paused_us = :now WHERE id = :id AND paused_us = 0"
    return tx.run(sql, {"id": hook_id, "now": now_us}) > 0


def resume(tx: Tx, hook_id: int, now_us: int) -> None:
    """It gets what it missed, at once, with all attempts before it again."""
    tx.run("UPDATE webhook SET paused_us = 0, down_us = 0, rests_us = 0 WHERE id = :id", {"id": hook_id})
    tx.run(
        "UPDATE webhook_owed SET attempts = 0, first_us = 0, due_us = :now WHERE webhook_id = :id",
        {"id": hook_id, "now": now_us},
    )


def replay(tx: Tx, hook: Webhook, since_us: int, now_us: int) -> int:
    """Give it again what the app was told since; how many events.  A paused endpoint is resumed."""
    before = tx.one(
        "SELECT MAX(id) FROM event WHERE app_id = :app AND id <= :passed AND at_us < :since",
        {"app": hook.app_id, "passed": hook.passed, "since": since_us},
    )
    back = min(int(single(before) or 0), hook.passed)
    tx.run("UPDATE webhook SET passed = :passed WHERE id = :id", {"id": hook.id, "passed": back})
    resume(tx, hook.id, now_us)
    row = tx.one("SELECT COUNT(*) FROM event WHERE app_id = :app AND id > :id", {"app": hook.app_id, "id": back})
    return int(single(row) or 0)


def replay_one(tx: Tx, hook: Webhook, item: Item, now_us: int) -> None:
    """Give it one event again."""
    tx.insert(OWED, [(hook.id, item.id, item.message, item.n, 0, 0, now_us)])


# ── work ──


def work(tx: Tx, hook: Webhook, now_us: int, limit: int) -> Work:
    """What is due: first what it owes, then what is new.  Of each recipient's events only the earliest is sent."""
    owed = _owed(tx, hook.id)
    if any(row[-1] >= NEVER for row in owed):
        return Work((), (), hook.passed, given_up=True)
    if hook.rests(now_us):
        return Work((), (), hook.passed)
    waiting: set[tuple[int, int]] = set()
    tasks: list[Task] = []
    for event_id, message, n, attempts, first_us, due_us in owed:
        is_due = not now_us < due_us <= now_us + MAX_WAIT_US
        if (message, n) not in waiting and is_due and len(tasks) < limit:
            item = told.numbered(tx, event_id)
            if item is not None:
                tasks.append(Task(item, attempts, first_us, is_owed=True))
        waiting.add((message, n))
    if len(owed) >= MAX_OWED:
        return Work(tuple(tasks), (), hook.passed)
    fresh = told.after(tx, hook.app_id, hook.passed, max(limit - len(tasks), 0)) if len(tasks) < limit else []
    passed = fresh[-1].id if fresh else hook.passed
    wanted = [item for item in fresh if not hook.types or item.type in hook.types]
    behind = tuple(item for item in wanted if (item.message, item.n) in waiting)
    tasks += [Task(item) for item in wanted if (item.message, item.n) not in waiting]
    return Work(tuple(tasks), behind, passed)


def _owed(tx: Tx, hook_id: int) -> list[Row]:
    return tx.all(
        "SELECT event_id, message_id, n, attempts, first_us, due_us FROM webhook_owed WHERE webhook_id = :id"
        " ORDER BY event_id LIMIT :limit",
        {"id": hook_id, "limit": 2 * MAX_OWED},
    )


def conclude(
    tx: Tx, hook: Webhook, results: Sequence[Result], behind: Sequence[Item], passed: int, now_us: int
) -> None:
    """Write down what came of it: the log, what is owed, the cursor."""
    for one in results:
        if one.task.is_owed:
            _settle(tx, hook.id, one)
    failed = [one for one in results if one.due_us and not one.task.is_owed]
    rows: list[tuple[Value, ...]] = [
        (hook.id, one.task.item.id, one.task.item.message, one.task.item.n, 1, one.at_us, one.due_us) for one in failed
    ]
    rows += [(hook.id, item.id, item.message, item.n, 0, 0, now_us) for item in behind]
    tx.insert(OWED, rows)
    tx.insert(
        LOG,
        [
            (hook.id, one.task.item.id, one.task.attempts + 1, one.at_us, one.took_ms, one.status, one.said[:MAX_SAID])
            for one in results
        ],
    )
    _shorten_log(tx, hook.id)
    # A replay may have put the cursor back meanwhile: then it stays there.
    tx.run(
        "UPDATE webhook SET passed = :passed WHERE id = :id AND passed = :before",
        {"id": hook.id, "passed": passed, "before": hook.passed},
    )
    _note_health(tx, hook, results, now_us)


def _settle(tx: Tx, hook_id: int, one: Result) -> None:
    key: dict[str, Value] = {"id": hook_id, "event": one.task.item.id}
    if not one.due_us:
        tx.run("DELETE FROM webhook_owed WHERE webhook_id = :id AND event_id = :event", key)
        return
    tx.run(
        "UPDATE webhook_owed SET attempts = attempts + 1, due_us = :due,"
        " first_us = CASE WHEN first_us = 0 THEN :at ELSE first_us END WHERE webhook_id = :id AND event_id = :event",
        {**key, "due": one.due_us, "at": one.at_us},
    )


def _note_health(tx: Tx, hook: Webhook, results: Sequence[Result], now_us: int) -> None:
    """A receiver that answers again after an outage gets all it missed; one event that it never takes is no outage."""
    if not results:
        return
    if rests_us := max(one.rests_us for one in results):
        tx.run("UPDATE webhook SET rests_us = :until WHERE id = :id", {"id": hook.id, "until": rests_us})
    taken = any(not one.due_us for one in results)
    if taken and hook.down_us:
        tx.run("UPDATE webhook SET down_us = 0 WHERE id = :id", {"id": hook.id})
        if now_us - hook.down_us >= OUTAGE_US:
            sql = "UPDATE webhook_owed SET due_us = :now WHERE webhook_id = :id AND due_us > :now"
            tx.run(sql, {"id": hook.id, "now": now_us})
    elif not taken and not hook.down_us:
        tx.run("UPDATE webhook SET down_us = :now WHERE id = :id", {"id": hook.id, "now": now_us})


def _shorten_log(tx: Tx, hook_id: int) -> None:
    last = single(
        tx.one(
            "SELECT id FROM webhook_delivery WHERE webhook_id = :id ORDER BY id DESC LIMIT 1 OFFSET :most",
            {"id": hook_id, "most": MAX_LOGGED},
        )
    )
    if last is not None:
        sql = "DELETE FROM webhook_delivery WHERE webhook_id = :id AND id <= :last"
        tx.run(sql, {"id": hook_id, "last": last})


# ── looking ──


def deliveries(tx: Tx, hook_id: int, limit: int = 100, before: int = 0) -> list[Delivery]:
    """The latest first; `before` is the id behind the page before."""
    condition = "AND id < :before" if before else ""
    rows = tx.all(
        "SELECT id, event_id, attempt, at_us, took_ms, status, said FROM webhook_delivery"
        f" WHERE webhook_id = :id {condition} ORDER BY id DESC LIMIT :limit",
        {"id": hook_id, "limit": min(limit, MAX_LOGGED), **({"before": before} if before else {})},
    )
    return [Delivery(*row) for row in rows]


def owed_count(tx: Tx, hook: Webhook) -> int:
    """Events that it has not taken yet."""
    owed = single(tx.one("SELECT COUNT(*) FROM webhook_owed WHERE webhook_id = :id", {"id": hook.id}))
    new = single(
        tx.one("SELECT COUNT(*) FROM event WHERE app_id = :app AND id > :id", {"app": hook.app_id, "id": hook.passed})
    )
    return int(owed or 0) + int(new or 0)


def _hook(row: Row) -> Webhook:
    number, app_id, url, types, inside, *rest = row
    return Webhook(number, app_id, url, tuple(types.split()), bool(inside), *rest)
