"""How much an account sends (S27): counted in the commit that takes the letter, for all connections together."""

from dataclasses import dataclass

from pyeonji.store import directory
from pyeonji.store.engine.base import Tx

MINUTE_US = 60_000_000
DAY_US = 86_400_000_000


class TooMuch(Exception):
    """An account has sent as much as it may.  `unit`: "letters", "recipients" or "pace"; `most` of them."""

    def __init__(self, account: directory.Account, unit: str, most: int) -> None:
        super().__init__(f"{account.address}: more than {most} {unit}")
        self.account = account
        self.unit = unit
        self.most = most


@dataclass(frozen=True, slots=True)
class SendingLimits:
    """0: none."""

    letters_a_day: int = 0
    recipients_a_day: int = 0
    letters_a_minute: int = 0

    @property
    def are_any(self) -> bool:
        return bool(self.letters_a_day or self.recipients_a_day or self.letters_a_minute)


COUNT = """
INSERT INTO sending (account_id, minute, letters, recipients) VALUES (:account, :minute, 1, :recipients)
ON CONFLICT (account_id, minute) DO UPDATE SET
  letters = sending.letters + 1, recipients = sending.recipients + excluded.recipients
"""
SENT = """
SELECT COALESCE(SUM(letters), 0), COALESCE(SUM(recipients), 0),
  COALESCE(SUM(CASE WHEN minute = :minute THEN letters ELSE 0 END), 0)
FROM sending WHERE account_id = :account AND minute > :day_ago AND minute <= :minute
"""


def count(tx: Tx, login: str, recipients: int, now_us: int, limits: SendingLimits) -> None:
    """One more letter of this account; raises TooMuch, and then the transaction must not be committed."""
    account = directory.account(tx, login)
    if account is None:
        return
    minute = now_us // MINUTE_US
    # Counted first: on PostgreSQL whoever comes at the same time waits for this row.
    tx.run(COUNT, {"account": account.id, "minute": minute, "recipients": recipients})
    row = tx.one(SENT, {"account": account.id, "minute": minute, "day_ago": minute - DAY_US // MINUTE_US})
    letters, everybody, lately = (int(value or 0) for value in row or (0, 0, 0))
    for unit, sent, most in (
        ("letters", letters, limits.letters_a_day),
        ("recipients", everybody, limits.recipients_a_day),
        ("pace", lately, limits.letters_a_minute),
    ):
        if most and sent > most:
            raise TooMuch(account, unit, most)


def tell(tx: Tx, account_id: int, now_us: int) -> bool:
    """Note that it is told now; False when it was in the last day."""
    sql = """
    INSERT INTO sending_told (account_id, told_us) VALUES (:id, :now)
    ON CONFLICT (account_id) DO UPDATE SET told_us = excluded.told_us WHERE sending_told.told_us <= :before
    """
    return tx.run(sql, {"id": account_id, "now": now_us, "before": now_us - DAY_US}) > 0


def forget_before(tx: Tx, before_us: int, limit: int) -> int:
    """Minutes that count no more; how many rows went."""
    return tx.run(
        "DELETE FROM sending WHERE (account_id, minute) IN"
        " (SELECT account_id, minute FROM sending WHERE minute < :before LIMIT :limit)",
        {"before": before_us // MINUTE_US, "limit": limit},
    )
