"""Keys that make a second try of the same request harmless: the letter that was taken with one is taken once.

The key is kept in the commit that takes the letter, so that there is no instant at which one is kept without the other.
"""

from typing import NamedTuple

from pyeonji.store.engine.base import Row, Tx

KEPT_US = 7 * 86_400_000_000  # longer than the longest usual way of a letter: a job may be stuck for a weekend
MAX_KEY = 255  # visible characters


class Known(NamedTuple):
    """What was taken with a key.  `digest` of the request and `answer` are "" where nobody needs them."""

    digest: str
    message_id: int
    answer: str
    at_us: int


class Repeated(Exception):
    """The key was used before; `known` says for what.  Nothing must be committed."""

    def __init__(self, known: Known) -> None:
        super().__init__(str(known.message_id))
        self.known = known


def is_key(text: str) -> bool:
    """1 to 255 visible characters."""
    return 0 < len(text) <= MAX_KEY and all("!" <= char <= "~" for char in text)


def kept_as(key: str, *, test: bool) -> str:
    """Test keys have names of their own: they lie in many hands, and would take and ask for those of real letters."""
    return f"test {key}" if test else key  # no key has a space


NOTE = """
INSERT INTO idempotency (app_id, key, digest, at_us, message_id, answer)
VALUES (:app, :key, :digest, :now, :message, :answer)
ON CONFLICT (app_id, key) DO UPDATE SET digest = excluded.digest, at_us = excluded.at_us,
  message_id = excluded.message_id, answer = excluded.answer
WHERE idempotency.at_us <= :expired
"""


def note(
    tx: Tx, app_id: int, key: str, *, digest: str = "", message_id: int, answer: str = "", now_us: int
) -> None:  # fmt: skip
    """Keep a key with what is taken in this transaction; raises Repeated, and then it must not be committed."""
    done = tx.run(
        NOTE,
        {
            "app": app_id, "key": key, "digest": digest, "now": now_us, "message": message_id, "answer": answer,
            "expired": now_us - KEPT_US,
        },
    )  # fmt: skip
    if not done and (known := find(tx, app_id, key, now_us)) is not None:
        raise Repeated(known)


def find(tx: Tx, app_id: int, key: str, now_us: int) -> Known | None:
    """What was taken with this key in the last seven days."""
    row = tx.one(
        "SELECT digest, message_id, answer, at_us FROM idempotency WHERE app_id = :app AND key = :key"
        " AND at_us > :expired",
        {"app": app_id, "key": key, "expired": now_us - KEPT_US},
    )
    return _known(row) if row else None


def forget_before(tx: Tx, before_us: int, limit: int) -> int:
    """Keys that are older; how many rows went."""
    return tx.run(
        "DELETE FROM idempotency WHERE (app_id, key) IN"
        " (SELECT app_id, key FROM idempotency WHERE at_us <= :before ORDER BY at_us LIMIT :limit)",
        {"before": before_us, "limit": limit},
    )


def _known(row: Row) -> Known:
    return Known(*row)
