"""Who tried to log in, from where, by what, and what came of it: folded, so that a flood is one row with a count.

A name that nobody has may be a password typed into the wrong field, or a guess at who is here.  It is kept as a digest
with a secret of this installation: whoever knows the name finds its attempts, and nobody reads names out of the table.
"""

import hmac
from collections.abc import Sequence
from typing import NamedTuple

from pyeonji.store import apps, directory
from pyeonji.store.engine.base import Tx, Value, single

IN, WRONG, BARRED, SCOPE, BROKEN, LATER = "in", "wrong", "barred", "scope", "broken", "later"
OUTCOMES = (IN, WRONG, BARRED, SCOPE, BROKEN, LATER)
UNKNOWN = "?"  # begins the name of nobody
MAX_UNKNOWN = 100_000  # rows of names nobody has; those that were tried longest ago go first

MAX_OF_ONE = 1_000  # rows of attempts at one name that came to nothing; more are counted together
EVERYWHERE = "*"  # in place of the place then


class Attempt(NamedTuple):
    """Attempts that are alike."""

    name: str  # folded
    place: str
    service: str
    mechanism: str
    outcome: str
    credential: str
    attempts: int
    first_us: int
    last_us: int


KEEP = """
INSERT INTO login_attempt (name, place, service, mechanism, outcome, credential, attempts, first_us, last_us)
VALUES (:name, :place, :service, :mechanism, :outcome, :credential, :attempts, :first, :last)
ON CONFLICT (name, place, service, mechanism, outcome, credential) DO UPDATE SET
  attempts = login_attempt.attempts + excluded.attempts,
  last_us = CASE WHEN excluded.last_us > login_attempt.last_us THEN excluded.last_us ELSE login_attempt.last_us END
"""


def keep(tx: Tx, attempts: Sequence[Attempt], secret: str) -> None:
    """Add them to what is kept, and note which app passwords and keys were used."""
    room: dict[str, int] = {}
    for one in attempts:
        account = directory.account(tx, one.name)
        name = one.name if account is not None else unknown(one.name, secret)
        tx.run(
            KEEP,
            {
                "name": name, "place": _place(tx, one, name, room), "service": one.service, "mechanism": one.mechanism,
                "outcome": one.outcome, "credential": one.credential, "attempts": one.attempts,
                "first": one.first_us, "last": one.last_us,
            },
        )  # fmt: skip
        if account is not None and one.credential and one.outcome == IN:
            tx.run(
                "UPDATE app_password SET used_us = :at WHERE account_id = :id AND name = :name AND used_us < :at",
                {"at": one.last_us, "id": account.id, "name": one.credential},
            )
            apps.used_by_hint(tx, account.id, one.credential, one.last_us)


def _place(tx: Tx, one: Attempt, name: str, room: dict[str, int]) -> str:
    """Where it came from, while there is `room` for another row of this name: guesses may come from everywhere."""
    if one.outcome == IN:
        return one.place
    if name not in room:
        sql = "SELECT count(*) FROM (SELECT 1 FROM login_attempt WHERE name = :name LIMIT :most) AS found"
        room[name] = MAX_OF_ONE - int(single(tx.one(sql, {"name": name, "most": MAX_OF_ONE})) or 0)
    room[name] -= 1
    if room[name] >= 0 or _is_there(tx, one, name):
        return one.place
    return EVERYWHERE


def _is_there(tx: Tx, one: Attempt, name: str) -> bool:
    sql = (
        "SELECT 1 FROM login_attempt WHERE name = :name AND place = :place AND service = :service"
        " AND mechanism = :mechanism AND outcome = :outcome AND credential = :credential"
    )
    row: dict[str, Value] = {
        "name": name, "place": one.place, "service": one.service, "mechanism": one.mechanism, "outcome": one.outcome,
        "credential": one.credential,
    }  # fmt: skip
    return tx.one(sql, row) is not None


def unknown(name: str, secret: str) -> str:
    """What is kept in place of a name nobody has."""
    digest = hmac.digest(secret.encode(), name.encode("utf-8", "surrogateescape"), "sha256")
    return UNKNOWN + digest.hex()[:32]


COLUMNS = "name, place, service, mechanism, outcome, credential, attempts, first_us, last_us"


def attempts(tx: Tx, name: str, secret: str, limit: int) -> list[Attempt]:
    """Those by one folded name, the latest first."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM login_attempt WHERE name IN (:name, :unknown)"
        " ORDER BY last_us DESC, place LIMIT :limit",
        {"name": name, "unknown": unknown(name, secret), "limit": limit},
    )
    return [Attempt(name, *row[1:]) for row in rows]


def latest(tx: Tx, limit: int) -> list[Attempt]:
    """Those of everybody, the latest first; names nobody has begin with "?"."""
    return [
        Attempt(*row)
        for row in tx.all(f"SELECT {COLUMNS} FROM login_attempt ORDER BY last_us DESC LIMIT :limit", {"limit": limit})
    ]


def knows(tx: Tx, name: str, place: str, since_us: int) -> bool:
    """Has this name logged in from there since?"""
    row = tx.one(
        "SELECT 1 FROM login_attempt WHERE name = :name AND place = :place AND outcome = :outcome AND last_us >= :since"
        " LIMIT 1",
        {"name": name, "place": place, "outcome": IN, "since": since_us},
    )
    return row is not None


OLD = """
DELETE FROM login_attempt WHERE (name, place, service, mechanism, outcome, credential) IN (
  SELECT name, place, service, mechanism, outcome, credential FROM login_attempt
  WHERE last_us < :before ORDER BY last_us LIMIT :limit)
"""
SURPLUS = """
DELETE FROM login_attempt WHERE (name, place, service, mechanism, outcome, credential) IN (
  SELECT name, place, service, mechanism, outcome, credential FROM login_attempt
  WHERE name LIKE :nobody ORDER BY last_us DESC LIMIT :limit OFFSET :most)
"""


def forget_before(tx: Tx, before_us: int, limit: int) -> int:
    """What is too old, and of names nobody has what is too much; how many rows went."""
    gone = tx.run(OLD, {"before": before_us, "limit": limit})
    return gone + tx.run(SURPLUS, {"nobody": UNKNOWN + "%", "most": MAX_UNKNOWN, "limit": limit})
