"""Support codes: what a page says to everybody who asks, whether a letter was made or not (docs/journey.md).

A code has the shape of a receipt number and is random in all of it, so nobody can tell one kind from the other, or
guess one.  The app whose code it is and an administrator learn what became of the letter; everybody else, nothing.
"""

from typing import NamedTuple

from pyeonji.store.engine.base import Tx


class SupportCode(NamedTuple):
    """`message_id` 0: no letter was made.  `named`: the addresses that the letter's header names."""

    code: str
    app_id: int
    message_id: int
    named: tuple[str, ...]
    made_us: int


COLUMNS = "code, app_id, message_id, named, made_us"


def add(tx: Tx, one: SupportCode, link: str = "") -> None:
    """`link` is the digest of what stands in the public link, if there is one."""
    tx.run(
        f"INSERT INTO support_code ({COLUMNS}, link) VALUES (:code, :app_id, :message_id, :named, :made_us, :link)",
        {**one._asdict(), "named": " ".join(one.named), "link": link},
    )


def find(tx: Tx, code: str, app_id: int | None = None) -> SupportCode | None:
    """For an app only its own; `app_id` None is an administrator."""
    return _made(tx, f"SELECT {COLUMNS} FROM support_code WHERE code = :value", code, app_id)


def by_link(tx: Tx, link: str) -> SupportCode | None:
    """For anybody who has the link."""
    return _made(tx, f"SELECT {COLUMNS} FROM support_code WHERE link = :value AND link <> ''", link, None)


OLD = """
DELETE FROM support_code WHERE code IN (SELECT code FROM support_code WHERE made_us < :before LIMIT :limit)
"""


def forget_before(tx: Tx, before_us: int, limit: int) -> int:
    return tx.run(OLD, {"before": before_us, "limit": limit})


def _made(tx: Tx, sql: str, value: str, app_id: int | None) -> SupportCode | None:
    row = tx.one(sql, {"value": value})
    if row is None or app_id not in (None, row[1]):
        return None
    return SupportCode(row[0], row[1], row[2], tuple(row[3].split()), row[4])
