"""How letters of strangers were judged, counted by day, for the reports their authors' domains ask for (RFC 9990)."""

import hashlib
from collections.abc import Mapping

import msgspec

from pyeonji.msgauth.dmarc.judged import Judged
from pyeonji.store.engine.base import Tx

MAX_KINDS = 100_000  # of one day; beyond it only what is counted already is counted on

ADD = """
INSERT INTO dmarc_judged (day, domain, digest, judged, letters) VALUES (:day, :domain, :digest, :judged, :letters)
ON CONFLICT (day, domain, digest) DO UPDATE SET letters = dmarc_judged.letters + excluded.letters
"""
ADD_KNOWN = """
UPDATE dmarc_judged SET letters = letters + :letters WHERE day = :day AND domain = :domain AND digest = :digest
"""

Kind = tuple[int, str, Judged]  # day since 1970 UTC, whose policy it was, how


def add(tx: Tx, counted: Mapping[Kind, int], records: Mapping[tuple[int, str], str]) -> None:
    """Letters of each kind, besides those that are counted already; and the records, as last seen on a day."""
    rows: list[dict[str, int | str]] = []
    for (day, domain, one), letters in counted.items():
        text = msgspec.json.encode(one).decode()
        digest = hashlib.sha256(text.encode()).hexdigest()
        rows.append({"day": day, "domain": domain, "digest": digest, "judged": text, "letters": letters})
    room = MAX_KINDS - max((_kinds(tx, day) for day in {day for day, *_ in counted}), default=0)
    tx.many(ADD, rows[: max(room, 0)])
    known = [{name: row[name] for name in ("day", "domain", "digest", "letters")} for row in rows[max(room, 0) :]]
    tx.many(ADD_KNOWN, known)
    tx.many(
        "INSERT INTO dmarc_record (day, domain, record) VALUES (:day, :domain, :record)"
        " ON CONFLICT (day, domain) DO UPDATE SET record = excluded.record",
        [{"day": day, "domain": domain, "record": record} for (day, domain), record in records.items()],
    )


def waiting(tx: Tx, before_day: int) -> list[tuple[int, str, str]]:
    """(day, domain, record) of what was counted before that day, the oldest first."""
    rows = tx.all(
        "SELECT day, domain, record FROM dmarc_record WHERE day < :day ORDER BY day, domain", {"day": before_day}
    )
    return [(row[0], row[1], row[2]) for row in rows]


def counted(tx: Tx) -> list[tuple[int, str, int]]:
    """(day, domain, letters) of all that is not reported yet, the oldest first."""
    rows = tx.all("SELECT day, domain, sum(letters) FROM dmarc_judged GROUP BY day, domain ORDER BY day, domain")
    return [(row[0], row[1], int(row[2])) for row in rows]


def rows(tx: Tx, day: int, domain: str) -> list[tuple[Judged, int]]:
    """All that was counted for a domain on a day."""
    found = tx.all(
        "SELECT judged, letters FROM dmarc_judged WHERE day = :day AND domain = :domain ORDER BY letters DESC, digest",
        {"day": day, "domain": domain},
    )
    return [(msgspec.json.decode(row[0], type=Judged), row[1]) for row in found]


def forget(tx: Tx, day: int, domain: str) -> None:
    """It was reported, or nobody wants to know."""
    for table in ("dmarc_judged", "dmarc_record"):
        tx.run(f"DELETE FROM {table} WHERE day = :day AND domain = :domain", {"day": day, "domain": domain})


def _kinds(tx: Tx, day: int) -> int:
    row = tx.one("SELECT count(*) FROM dmarc_judged WHERE day = :day", {"day": day})
    return int(row[0]) if row else 0
