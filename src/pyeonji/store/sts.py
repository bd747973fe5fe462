"""Policies that other domains publish for their mail (MTA-STS), as they were fetched."""

from dataclasses import dataclass

from pyeonji.store.engine.base import Tx

KEPT_US = 31_557_600 * 1_000_000  # as long as any policy may hold, RFC 8461 §3.2


@dataclass(frozen=True, slots=True)
class Kept:
    """`text` is "" and `fetched_us` 0 where no policy was ever fetched; `failure`: why the last try came to nothing."""

    domain: str
    policy_id: str  # of the record that `text` was fetched for
    text: str
    fetched_us: int
    tried_us: int
    failure: str = ""


def kept(tx: Tx, domain: str) -> Kept | None:
    row = tx.one(
        "SELECT domain, policy_id, text, fetched_us, tried_us, failure FROM sts_policy WHERE domain = :domain",
        {"domain": domain},
    )
    return Kept(*row) if row else None


def keep(tx: Tx, policy: Kept) -> None:
    """In place of what was kept for that domain."""
    tx.run(
        "INSERT INTO sts_policy (domain, policy_id, text, fetched_us, tried_us, failure)"
        " VALUES (:domain, :id, :text, :fetched, :tried, :failure) ON CONFLICT (domain) DO UPDATE SET"
        " policy_id = excluded.policy_id, text = excluded.text, fetched_us = excluded.fetched_us,"
        " tried_us = excluded.tried_us, failure = excluded.failure",
        {
            "domain": policy.domain, "id": policy.policy_id, "text": policy.text, "fetched": policy.fetched_us,
            "tried": policy.tried_us, "failure": policy.failure,
        },
    )  # fmt: skip


def forget_old(tx: Tx, now_us: int) -> int:
    """Drop what no policy can hold for any more; how many."""
    return tx.run("DELETE FROM sts_policy WHERE tried_us < :then", {"then": now_us - KEPT_US})
