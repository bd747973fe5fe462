"""What was bad in the DNS of the domains here when somebody last looked, and telling apps when that changes.

Whoever looks says what he found: the hourly watch, the API, a command.  The row of the domain and the events are one
commit, and of two who found the same at once one tells.  A domain at which nobody looked yet is thought good.
"""

from collections.abc import Iterable, Sequence

from pyeonji.journey.outcome import DOMAIN_BAD, DOMAIN_GOOD
from pyeonji.store import meta, told
from pyeonji.store.engine.base import Tx
from pyeonji.zone.standing import Standing, bad_after


def bad(tx: Tx, domain: str) -> frozenset[str]:
    """Records (keys of `zone.wanted`) that were bad when somebody last knew."""
    return frozenset(meta.text(tx, meta.BAD_RECORDS + domain).split())


def note(tx: Tx, domain: str, found: Standing, now_us: int) -> None:
    """Write down what a look found; apps are told when a record turned bad, and when the last bad one is good again."""
    name = meta.BAD_RECORDS + domain
    old = meta.text(tx, name)
    before = frozenset(old.split())
    after = bad_after(before, found)
    if after == before or not meta.replace(tx, name, old, " ".join(sorted(after))):
        return
    if after - before:
        _tell(tx, domain, DOMAIN_BAD, sorted(after), now_us)
    elif not after:
        _tell(tx, domain, DOMAIN_GOOD, [], now_us)


def _tell(tx: Tx, domain: str, kind: str, records: Sequence[str], now_us: int) -> None:
    facts = {"domain": domain, "records": list(records)}
    for app_id in _concerned(tx, domain):
        told.tell_of_server(tx, app_id, kind, facts, now_us)


def _concerned(tx: Tx, domain: str) -> Iterable[int]:
    """Apps whose account is of the domain, and those with a live key of an administrator."""
    for app_id, address in tx.all(
        "SELECT a.id, o.address FROM app a JOIN account o ON o.id = a.account_id ORDER BY a.id"
    ):
        if address.rpartition("@")[2] == domain or tx.one(
            "SELECT 1 FROM api_key WHERE app_id = :id AND test = 0 AND ' ' || scopes || ' ' LIKE '% admin %'",
            {"id": app_id},
        ):
            yield app_id
