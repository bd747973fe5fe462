"""Work that one worker does at a time: a lease that runs out when its holder does not come back."""

from pyeonji.store.engine.base import Tx, Value, single

TAKE = """
INSERT INTO lease (name, holder, until_us) VALUES (:name, :holder, :until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us
WHERE lease.holder IN (excluded.holder, :gone) OR lease.until_us <= :now OR lease.until_us > :most
"""


def take(tx: Tx, name: str, holder: str, now_us: int, lease_us: int, gone: str = "") -> bool:
    """Take or renew it; False while somebody else has it, unless that is `gone`, who is known to have ended.

    One that would last for longer than any lease was written by a clock that has been set back since.
    """
    row: dict[str, Value] = {
        "name": name,
        "holder": holder,
        "gone": gone,
        "now": now_us,
        "until": now_us + lease_us,
        "most": now_us + 2 * lease_us,
    }
    return tx.run(TAKE, row) > 0


def holds(tx: Tx, name: str, holder: str) -> bool:
    """Has nobody taken it over?  Asked in the transaction of the work, so that who is too late writes nothing."""
    return single(tx.one("SELECT holder FROM lease WHERE name = :name", {"name": name})) == holder


def give_back(tx: Tx, name: str, holder: str) -> None:
    tx.run("DELETE FROM lease WHERE name = :name AND holder = :holder", {"name": name, "holder": holder})


def all_are_over(tx: Tx) -> None:
    """At the start of the only node: whoever held one died with it."""
    tx.run("DELETE FROM lease")
