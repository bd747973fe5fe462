"""Who has written to whom for the first time, and who has come again (RFC 6647).

A row with a recipient is a first attempt; one without is a network, or a domain whose SPF holds, that has come again in
time and is known.  Expired rows are as if they were not there.
"""

from dataclasses import dataclass
from typing import Literal

from pyeonji.store.engine.base import Tx, Value, single

MAX_WAITING = 1_000  # first attempts of one network that are remembered
SWEPT = 200  # expired rows removed with each new one

Outcome = Literal["known", "first", "early", "passed"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at `network` writes to `recipient` in the name of `domain` ("" is the null reverse-path)."""

    network: str
    domain: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds: how long to stay away, until when to come again, how long somebody stays known."""

    wait: int
    within: int
    keep: int


def met(tx: Tx, attempt: Attempt, times: Times, now_us: int, room: bool | None = None) -> tuple[Outcome, int]:
    """What this attempt is, with the seconds that are still to wait; and it is remembered, if there is room.

    There is for MAX_WAITING first attempts of one network; where many share a name in its place, the caller says it.
    """
    names: dict[str, Value] = {"network": attempt.network, "domain": attempt.domain, "now": now_us}
    if _row(tx, names | {"recipient": ""}) is not None:
        _write(tx, names | {"recipient": "", "first": now_us, "expires": now_us + times.keep})
        return "known", 0
    wanted = names | {"recipient": attempt.recipient}
    row = _row(tx, wanted)
    if row is None:
        if _waiting(tx, attempt.network, now_us) < MAX_WAITING if room is None else room:
            _write(tx, wanted | {"first": now_us, "expires": now_us + times.within})
            _sweep(tx, now_us)
        return "first", _seconds(times.wait)
    left = row + times.wait - now_us
    if left > 0:
        return "early", _seconds(left)
    _write(tx, names | {"recipient": "", "first": now_us, "expires": now_us + times.keep})
    return "passed", 0


def _seconds(us: int) -> int:
    return -(-us // 1_000_000)


def _row(tx: Tx, wanted: dict[str, Value]) -> int | None:
    found = tx.one(
        "SELECT first_us FROM greylist WHERE network = :network AND domain = :domain AND recipient = :recipient"
        " AND expires_us > :now",
        wanted,
    )
    return None if found is None else int(found[0])


def _write(tx: Tx, row: dict[str, Value]) -> None:
    tx.run(
        "INSERT INTO greylist (network, domain, recipient, first_us, expires_us)"
        " VALUES (:network, :domain, :recipient, :first, :expires)"
        " ON CONFLICT (network, domain, recipient)"
        " DO UPDATE SET first_us = excluded.first_us, expires_us = excluded.expires_us",
        {name: value for name, value in row.items() if name != "now"},
    )


def _waiting(tx: Tx, network: str, now_us: int) -> int:
    sql = "SELECT count(*) FROM greylist WHERE network = :network AND recipient <> '' AND expires_us > :now"
    return int(single(tx.one(sql, {"network": network, "now": now_us})) or 0)


def _sweep(tx: Tx, now_us: int) -> None:
    rows = tx.all(
        "SELECT network, domain, recipient FROM greylist WHERE expires_us <= :now ORDER BY expires_us LIMIT :limit",
        {"now": now_us, "limit": SWEPT},
    )
    for network, domain, recipient in rows:
        tx.run(
            "DELETE FROM greylist WHERE network = :network AND domain = :domain AND recipient = :recipient",
            {"network": network, "domain": domain, "recipient": recipient},
        )


def bound(tx: Tx, most: int) -> int:
    """Forget the rows that expire first beyond this number; how many went."""
    beyond = int(single(tx.one("SELECT count(*) FROM greylist")) or 0) - most
    if beyond <= 0:
        return 0
    rows = tx.all("SELECT expires_us FROM greylist ORDER BY expires_us LIMIT :limit", {"limit": beyond})
    tx.run("DELETE FROM greylist WHERE expires_us <= :last", {"last": rows[-1][0]})
    return beyond
