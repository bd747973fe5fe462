"""Which of the records that mail goes by are right; what nobody could answer is no verdict.

What is bad of a domain is kept as the names of its records: whoever looks later knows what turned.
"""

from collections.abc import Iterable, Mapping

from pyeonji.address.public import is_public
from pyeonji.zone.compare import Row

# What mail goes by; the rest (keys of `zone.wanted`) is comfort.
WATCHED = frozenset({"mx", "address", "spf", "spf_host", "dkim", "dmarc", "sts", "sts_host"})
REVERSE = "ptr"  # of our addresses, in somebody else's zone: not every look asks for it

Standing = Mapping[str, bool | None]  # by record that is wanted; None: nobody knows


def standing(rows: Iterable[Row]) -> dict[str, bool | None]:
    """By record: False when one of that kind is missing or wrong.

    Private addresses of the host (behind a translator) say nothing of what the world is to be told.
    """
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        one = row.wanted
        if one.key in WATCHED and (one.key != "address" or is_public(one.value)):
            kinds.setdefault(one.key, []).append(row)
    return {key: _of_kind(of_kind) for key, of_kind in kinds.items()}


def _of_kind(rows: Iterable[Row]) -> bool | None:
    verdicts = {row.verdict for row in rows}
    if verdicts & {"missing", "wrong"}:
        return False
    return True if verdicts <= {"good", "better"} else None


def bad_after(before: Iterable[str], found: Standing) -> frozenset[str]:
    """What is bad now: of what nobody knows, and what this look did not ask for, what was bad before.

    Records that are wanted no more are not bad.
    """
    unasked = {REVERSE} - set(found)
    kept = {key for key in before if key in unasked or (key in found and found[key] is None)}
    return frozenset(kept | {key for key, is_good in found.items() if is_good is False})
