"""How much an account may hold, and how much it holds (RFC 9208).

What it holds is added up over its mailboxes, whose rows are kept right anyway: 10 µs for an account of six mailboxes,
5 ms for one of ten thousand.  Counters of its own would cost 7 µs with every letter of everybody.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyeonji.store.engine.base import Row, Tx, Value

WARN_AT = (80, 95)  # per cent of a limit at which its owner is told; ours
CALM = 5  # per cent that must be freed before he is told of the same again; ours


class Room(NamedTuple):
    """The limits of one account, 0 for none, and its use."""

    most_octets: int
    most_messages: int
    octets: int
    messages: int
    mailboxes: int

    def takes(self, octets: int, messages: int) -> bool:
        """Is there room for so much more?"""
        return (not self.most_octets or self.octets + octets <= self.most_octets) and (
            not self.most_messages or self.messages + messages <= self.most_messages
        )

    @property
    def per_cent(self) -> int:
        """How full it is, by whichever limit is nearer; 0 without limits."""
        pairs = ((self.octets, self.most_octets), (self.messages, self.most_messages))
        return max((100 * used // most for used, most in pairs if most), default=0)

    @property
    def is_nearly_full(self) -> bool:
        """Beyond the last warning: what RFC 9208 §4.3.1 calls a soft quota."""
        return self.per_cent >= WARN_AT[-1]


NO_LIMITS = Room(0, 0, 0, 0, 0)

ROOM = """
SELECT a.quota_octets, a.quota_messages, COALESCE(SUM(b.octets), 0), COALESCE(SUM(b.messages), 0), COUNT(b.id)
FROM account a LEFT JOIN mailbox b ON b.account_id = a.id WHERE a.id = :id GROUP BY a.id
"""


def room(tx: Tx, account_id: int) -> Room:
    row = tx.one(ROOM, {"id": account_id})
    return _room(row) if row else NO_LIMITS


def set_limits(tx: Tx, account_id: int, *, octets: int, messages: int) -> None:
    """0 for none."""
    tx.run(
        "UPDATE account SET quota_octets = :octets, quota_messages = :messages WHERE id = :id",
        {"octets": octets, "messages": messages, "id": account_id},
    )


# ── warnings ──


class Owner(NamedTuple):
    """Somebody whose mailbox has a limit.  `told` are the per cent he was told of last, 0 for none."""

    account_id: int
    address: str
    language: str
    told: int
    room: Room

    @property
    def level(self) -> int:
        """The warning that is true now: one of WARN_AT, or 0.  It lasts until CALM per cent were freed."""
        return max((at for at in WARN_AT if self.room.per_cent >= (at - CALM if at <= self.told else at)), default=0)


LIMITED = """
SELECT a.id, a.address, a.language, a.quota_told, a.quota_octets, a.quota_messages, COALESCE(SUM(b.octets), 0),
  COALESCE(SUM(b.messages), 0), COUNT(b.id)
FROM account a LEFT JOIN mailbox b ON b.account_id = a.id
WHERE (a.quota_octets > 0 OR a.quota_messages > 0 OR a.quota_told > 0) AND a.disabled = 0 AND a.id > :after
GROUP BY a.id ORDER BY a.id LIMIT :limit
"""


def limited(tx: Tx, after: int, limit: int) -> list[Owner]:
    """The next accounts behind this id that have limits."""
    rows = tx.all(LIMITED, {"after": after, "limit": limit})
    return [Owner(number, address, language, told, _room(rest)) for number, address, language, told, *rest in rows]


def tell(tx: Tx, owner: Owner) -> bool:
    """Note what its owner is told now; False when somebody else has told him meanwhile."""
    return (
        tx.run(
            "UPDATE account SET quota_told = :level WHERE id = :id AND quota_told = :told",
            {"level": owner.level, "id": owner.account_id, "told": owner.told},
        )
        > 0
    )


def _room(row: Row | Iterable[Value]) -> Room:
    return Room._make(int(value or 0) for value in row)
