"""What encryption came to at other servers, counted by day, for the reports their domains ask for (RFC 8460)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyeonji.store.engine.base import Tx


@dataclass(frozen=True, slots=True)
class Result:
    """One kind of outcome.  `day` counts from 1970 UTC; `result` "" is success, else a name of RFC 8460 §4.3."""

    day: int
    domain: str
    policy_type: str  # sts, tlsa, no-policy-found
    policy: str  # its lines, as the report shows them
    mx: str
    ip: str
    result: str


ADD = """
INSERT INTO tls_result (day, domain, policy_type, policy, mx, ip, result, sessions)
VALUES (:day, :domain, :policy_type, :policy, :mx, :ip, :result, :sessions)
ON CONFLICT (day, domain, policy_type, policy, mx, ip, result)
DO UPDATE SET sessions = tls_result.sessions + excluded.sessions
"""


def add(tx: Tx, counted: Mapping[Result, int]) -> None:
    """Sessions of each kind, besides those that are counted already."""
    tx.many(
        ADD,
        [
            {
                "day": one.day, "domain": one.domain, "policy_type": one.policy_type, "policy": one.policy,
                "mx": one.mx, "ip": one.ip, "result": one.result, "sessions": sessions,
            }
            for one, sessions in counted.items()
        ],
    )  # fmt: skip


def waiting(tx: Tx, before_day: int, limit: int) -> list[tuple[int, str]]:
    """(day, domain) of what was counted before that day, the oldest first."""
    rows = tx.all(
        "SELECT DISTINCT day, domain FROM tls_result WHERE day < :day ORDER BY day, domain LIMIT :limit",
        {"day": before_day, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


def counted(tx: Tx) -> list[tuple[int, str, int]]:
    """(day, domain, sessions) of all that is not reported yet, the oldest first."""
    rows = tx.all("SELECT day, domain, sum(sessions) FROM tls_result GROUP BY day, domain ORDER BY day, domain")
    return [(row[0], row[1], int(row[2])) for row in rows]


def results(tx: Tx, day: int, domain: str) -> Sequence[tuple[Result, int]]:
    """All that was counted for a domain on a day."""
    rows = tx.all(
        "SELECT day, domain, policy_type, policy, mx, ip, result, sessions FROM tls_result"
        " WHERE day = :day AND domain = :domain ORDER BY policy_type, policy, mx, ip, result",
        {"day": day, "domain": domain},
    )
    return [(Result(*row[:7]), row[7]) for row in rows]


def forget(tx: Tx, day: int, domain: str) -> None:
    """It was reported, or nobody wants to know."""
    tx.run("DELETE FROM tls_result WHERE day = :day AND domain = :domain", {"day": day, "domain": domain})
