"""What others reported of letters in the names of our domains (DMARC aggregate reports), for those who run them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.msgauth.dmarc.report import Report
from pyeonji.store import directory
from pyeonji.store.engine.base import Insert, Tx

MAX_ROWS = 2_000  # kept of one report, those with most letters
KEPT_S = 400 * 86_400  # seconds; a year and a month, so that a year can be compared with the last

ROWS = Insert(
    "dmarc_row",
    ("report", "n", "ip", "letters", "disposition", "dkim", "spf", "author", "signed", "sent", "reason"),
)
PASSED = "(w.dkim = 'pass' OR w.spf = 'pass')"
COUNTED = f"""
sum(w.letters), sum(CASE WHEN {PASSED} THEN w.letters ELSE 0 END),
sum(CASE WHEN w.dkim = 'pass' THEN w.letters ELSE 0 END), sum(CASE WHEN w.spf = 'pass' THEN w.letters ELSE 0 END),
sum(CASE WHEN w.disposition <> 'none' THEN w.letters ELSE 0 END)
FROM dmarc_report r JOIN dmarc_row w ON w.report = r.id
WHERE (:domain = '' OR r.domain = :domain) AND r.ends_s >= :since_s
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Letters of one kind: all, those with DMARC pass, by signature, by address; and those kept from their readers."""

    of: str  # an address, or a domain
    letters: int
    passed: int
    dkim: int
    spf: int
    stopped: int


def whose(tx: Tx, domain: str) -> str:
    """The domain here that this one is, or lies below; "" for somebody else's."""
    return next((one for one in _upwards(domain) if directory.domain_exists(tx, one)), "")


def keep(tx: Tx, report: Report, submitter: str, now_s: int) -> bool:
    """False when it is here already: a report may come twice (RFC 9990 §3.5.4).  Very old ones go."""
    tx.run("DELETE FROM dmarc_report WHERE ends_s < :then", {"then": now_s - KEPT_S})
    row = tx.one(
        "INSERT INTO dmarc_report (domain, submitter, report_id, reporter, policy, begins_s, ends_s)"
        " VALUES (:domain, :submitter, :id, :reporter, :policy, :begins_s, :ends_s)"
        " ON CONFLICT (domain, submitter, report_id) DO NOTHING RETURNING id",
        {
            "domain": report.domain, "submitter": submitter, "id": report.id, "reporter": report.reporter,
            "policy": report.policy, "begins_s": report.begins_s, "ends_s": report.ends_s,
        },
    )  # fmt: skip
    if row is None:
        return False
    tx.insert(
        ROWS,
        [
            (row[0], n, one.ip, one.letters, one.disposition, one.dkim, one.spf, one.author, one.signed, one.sent,
             one.reason)
            for n, one in enumerate(sorted(report.rows, key=lambda row: -row.letters)[:MAX_ROWS], 1)
        ],
    )  # fmt: skip
    return True


def domains(tx: Tx, since_s: int, domain: str = "") -> list[Count]:
    """All letters for each domain that is reported on."""
    rows = tx.all(f"SELECT r.domain, {COUNTED} GROUP BY r.domain ORDER BY r.domain", _given(domain, since_s))
    return [Count(row[0], *map(int, row[1:])) for row in rows]


def sources(tx: Tx, domain: str, since_s: int, limit: int) -> list[Count]:
    """The addresses that wrote in its name, those with most letters first."""
    rows = tx.all(
        f"SELECT w.ip, {COUNTED} GROUP BY w.ip ORDER BY sum(w.letters) DESC, w.ip LIMIT :limit",
        {**_given(domain, since_s), "limit": limit},
    )
    return [Count(row[0], *map(int, row[1:])) for row in rows]


def days(tx: Tx, domain: str, since_s: int) -> list[tuple[int, int, int]]:
    """(day since 1970, letters, letters that passed), each report counted on the day it begins."""
    rows = tx.all(
        f"SELECT r.begins_s / 86400, {COUNTED} GROUP BY r.begins_s / 86400 ORDER BY 1", _given(domain, since_s)
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def reporters(tx: Tx, domain: str, since_s: int) -> list[tuple[str, str, int]]:
    """(submitter, name, reports) of who reported."""
    return [
        (submitter, name, number)
        for submitter, name, number in tx.all(
            "SELECT submitter, max(reporter), count(*) FROM dmarc_report"
            " WHERE (:domain = '' OR domain = :domain) AND ends_s >= :since_s GROUP BY submitter ORDER BY submitter",
            _given(domain, since_s),
        )
    ]


def _given(domain: str, since_s: int) -> dict[str, str | int]:
    return {"domain": domain, "since_s": since_s}


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    return (".".join(labels[at:]) for at in range(len(labels)))
