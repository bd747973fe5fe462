"""The keys we sign letters with (RFC 6376), and when each came so far: made, seen in the DNS, in use, given up.

The private half lies in the database, unencrypted: whoever reads the data folder (0700) reads the mail itself, and a
key to open it with would lie beside it.  It is erased when the key is given up (docs/adr/0014-keys.md).
"""

from dataclasses import dataclass
from typing import Literal

from pyeonji.store.engine.base import Tx, Value

State = Literal["made", "published", "active", "retired"]

STAYS_US = (
    7 * 86_400 * 1_000_000
)  # how long a record stays in the DNS after its key was given up: letters are under way


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One key; instants are 0 until they come."""

    domain: str
    selector: str
    algorithm: str  # a= of RFC 6376 §3.3
    record: str  # what TXT at `name` must say
    made_us: int
    published_us: int  # seen in the DNS
    active_us: int  # from here on letters are signed with it
    retired_us: int  # from here on no more

    @property
    def name(self) -> str:
        """Where its record belongs."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def state(self) -> State:
        if self.retired_us:
            return "retired"
        if self.active_us:
            return "active"
        return "published" if self.published_us else "made"

    def is_wanted(self, now_us: int) -> bool:
        """Must its record be in the DNS?"""
        return not self.retired_us or now_us < self.retired_us + STAYS_US


COLUMNS = "domain, selector, algorithm, record, made_us, published_us, active_us, retired_us"
IN_ORDER = "ORDER BY domain, made_us, algorithm DESC, selector"


def keys_of(tx: Tx, domain: str) -> list[OwnKey]:
    """All keys of a domain, the oldest first."""
    rows = tx.all(f"SELECT {COLUMNS} FROM signing_key WHERE domain = :domain {IN_ORDER}", {"domain": domain})
    return [OwnKey(*row) for row in rows]


def all_keys(tx: Tx) -> list[OwnKey]:
    return [OwnKey(*row) for row in tx.all(f"SELECT {COLUMNS} FROM signing_key {IN_ORDER}")]


def signing(tx: Tx, domain: str) -> list[tuple[str, str]]:
    """(selector, private key as PEM) of each key that letters of this domain are signed with, RSA first."""
    return [
        (str(selector), str(pem))
        for selector, pem in tx.all(
            "SELECT selector, private_pem FROM signing_key WHERE domain = :domain AND active_us > 0 AND retired_us = 0"
            " ORDER BY algorithm DESC, selector",
            {"domain": domain},
        )
    ]


def add_key(tx: Tx, key: OwnKey, private_pem: str) -> None:
    """A key nobody knows of yet.  Raises Conflict when the selector is taken."""
    values: dict[str, Value] = {
        "domain": key.domain, "selector": key.selector, "algorithm": key.algorithm, "record": key.record,
        "pem": private_pem, "now": key.made_us,
    }  # fmt: skip
    tx.run(
        "INSERT INTO signing_key (domain, selector, algorithm, record, private_pem, made_us)"
        " VALUES (:domain, :selector, :algorithm, :record, :pem, :now)",
        values,
    )


def seen(tx: Tx, domain: str, selector: str, now_us: int) -> None:
    """Its record is in the DNS."""
    tx.run(
        "UPDATE signing_key SET published_us = :now"
        " WHERE domain = :domain AND selector = :selector AND published_us = 0",
        {"domain": domain, "selector": selector, "now": now_us},
    )


def activate(tx: Tx, domain: str, selector: str, now_us: int) -> bool:
    """Sign with it from now on, and give up the one before it; False when it is not there or was given up."""
    where: dict[str, Value] = {"domain": domain, "selector": selector, "now": now_us}
    found = tx.run(
        "UPDATE signing_key SET active_us = :now WHERE domain = :domain AND selector = :selector AND retired_us = 0",
        where,
    )
    if not found:
        return False
    tx.run(
        "UPDATE signing_key SET retired_us = :now, private_pem = '' WHERE domain = :domain AND selector <> :selector"
        " AND active_us > 0 AND retired_us = 0 AND algorithm ="
        " (SELECT algorithm FROM signing_key WHERE domain = :domain AND selector = :selector)",
        where,
    )
    return True


def retire(tx: Tx, domain: str, selector: str, now_us: int) -> bool:
    """Sign with it no more; False when it is not there or was given up before."""
    sql = (
        "UPDATE signing_key SET retired_us = :now, private_pem = ''"
        " WHERE domain = :domain AND selector = :selector AND retired_us = 0"
    )
    return tx.run(sql, {"domain": domain, "selector": selector, "now": now_us}) > 0


def forget_old(tx: Tx, before_us: int) -> None:
    """What was given up before this instant."""
    tx.run("DELETE FROM signing_key WHERE retired_us > 0 AND retired_us < :before", {"before": before_us})


def forget_keys(tx: Tx, domain: str) -> None:
    """The domain is ours no more."""
    tx.run("DELETE FROM signing_key WHERE domain = :domain", {"domain": domain})
