"""Who is signed in with a browser.  Only the digest of what that holds is kept: nobody can sign in by reading it."""

from typing import NamedTuple

from pyeonji.store.engine.base import Tx

MINUTE_US = 60_000_000
IDLE_US = 14 * 86_400_000_000  # without a look, a session is over
WHOLE_US = 60 * 86_400_000_000  # the longest it lasts
MOST = 50  # sessions of one account; those not seen for longest go first
MAX_PROGRAM = 200  # characters of what a browser calls itself


class WebSession(NamedTuple):
    """One browser that is signed in."""

    digest: str
    account_id: int
    made_us: int
    seen_us: int
    proved_us: int
    place: str
    program: str


COLUMNS = ", ".join(WebSession._fields)
SURPLUS = """
DELETE FROM web_session WHERE digest IN (
  SELECT digest FROM web_session WHERE account_id = :account
  ORDER BY seen_us DESC, made_us DESC LIMIT 1000 OFFSET :most)
"""


def begin(tx: Tx, one: WebSession) -> None:
    tx.run(
        f"INSERT INTO web_session ({COLUMNS}) VALUES"
        " (:digest, :account_id, :made_us, :seen_us, :proved_us, :place, :program)",
        {**one._asdict(), "program": one.program[:MAX_PROGRAM]},
    )
    tx.run(SURPLUS, {"account": one.account_id, "most": MOST})


def find(tx: Tx, digest: str, now_us: int) -> WebSession | None:
    """The session of this digest, unless it is over."""
    row = tx.one(f"SELECT {COLUMNS} FROM web_session WHERE digest = :digest", {"digest": digest})
    one = WebSession(*row) if row else None
    return one if one and now_us < min(one.seen_us + IDLE_US, one.made_us + WHOLE_US) else None


def seen(tx: Tx, digest: str, now_us: int) -> None:
    """Noted once a minute: a look at a page costs no write."""
    tx.run(
        "UPDATE web_session SET seen_us = :now WHERE digest = :digest AND seen_us < :before",
        {"digest": digest, "now": now_us, "before": now_us - MINUTE_US},
    )


def prove(tx: Tx, digest: str, now_us: int) -> None:
    """Its owner has just said the password again."""
    tx.run("UPDATE web_session SET proved_us = :now WHERE digest = :digest", {"digest": digest, "now": now_us})


def of_account(tx: Tx, account_id: int) -> list[WebSession]:
    sql = f"SELECT {COLUMNS} FROM web_session WHERE account_id = :id ORDER BY seen_us DESC, digest"
    return [WebSession(*row) for row in tx.all(sql, {"id": account_id})]


def end(tx: Tx, account_id: int, digest: str) -> bool:
    """Only the account's own; False when there is none of it."""
    sql = "DELETE FROM web_session WHERE account_id = :id AND digest = :digest"
    return tx.run(sql, {"id": account_id, "digest": digest}) > 0


def end_others(tx: Tx, account_id: int, but: str = "") -> int:
    """All of an account, but for one; how many."""
    return tx.run("DELETE FROM web_session WHERE account_id = :id AND digest <> :but", {"id": account_id, "but": but})


OVER = """
DELETE FROM web_session WHERE digest IN (
  SELECT digest FROM web_session WHERE seen_us < :idle OR made_us < :whole LIMIT :limit)
"""


def forget_over(tx: Tx, now_us: int, limit: int) -> int:
    """Those that are over; how many went."""
    return tx.run(OVER, {"idle": now_us - IDLE_US, "whole": now_us - WHOLE_US, "limit": limit})
