"""How endpoints fare, for who looks after the server."""

from pyeonji.store import told, webhooks
from pyeonji.store.engine.base import Tx, single


def last(tx: Tx) -> int:
    """The newest attempt; 0 for none."""
    return int(single(tx.one("SELECT MAX(id) FROM webhook_delivery")) or 0)


def attempts(tx: Tx, after: int, limit: int) -> list[tuple[int, int]]:
    """(id, HTTP status or 0) of each attempt behind one, in order."""
    sql = "SELECT id, status FROM webhook_delivery WHERE id > :after ORDER BY id LIMIT :limit"
    return [(row[0], row[1]) for row in tx.all(sql, {"after": after, "limit": limit})]


def oldest_pending_us(tx: Tx) -> int:
    """When the oldest event happened that an endpoint (paused ones aside) has not taken; 0: there is none."""
    found = [
        single(
            tx.one(
                "SELECT MIN(e.at_us) FROM webhook_owed o JOIN event e ON e.id = o.event_id"
                " JOIN webhook w ON w.id = o.webhook_id WHERE w.paused_us = 0"
            )
        )
    ]
    for hook in webhooks.active(tx):
        found += [item.at for item in told.after(tx, hook.app_id, hook.passed, 1, hook.types)]
    return min((int(at) for at in found if at), default=0)
