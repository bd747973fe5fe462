"""What others reported of their connections to the domains here (TLS reports), for those who run them."""

from dataclasses import dataclass

from pyeonji.message.tls_report import TlsReport
from pyeonji.store.engine.base import Insert, Tx

KEPT_S = 400 * 86_400  # seconds, as DMARC reports are kept
MAX_ROWS = 500  # kept of one report, those with most sessions

ROWS = Insert("tls_report_row", ("report", "n", "policy", "result", "mx", "sender", "sessions", "detail"))
FROM = """
FROM tls_report r JOIN tls_report_row w ON w.report = r.id
WHERE (:domain = '' OR r.domain = :domain) AND r.ends_s >= :since_s
"""
GOOD = "sum(CASE WHEN w.result = '' THEN w.sessions ELSE 0 END)"


@dataclass(frozen=True, slots=True)
class Failed:
    """Sessions that were not as they should be, alike."""

    result: str  # RFC 8460 §4.3, or "other"
    mx: str
    policy: str
    sessions: int
    reporters: int
    detail: str  # in the words of one of them


def keep(tx: Tx, report: TlsReport, submitter: str, now_s: int) -> bool:
    """False when it is here already.  Very old ones go."""
    tx.run("DELETE FROM tls_report WHERE ends_s < :then", {"then": now_s - KEPT_S})
    row = tx.one(
        "INSERT INTO tls_report (domain, submitter, report_id, reporter, begins_s, ends_s)"
        " VALUES (:domain, :submitter, :id, :reporter, :begins_s, :ends_s)"
        " ON CONFLICT (domain, submitter, report_id) DO NOTHING RETURNING id",
        {
            "domain": report.domain, "submitter": submitter, "id": report.id, "reporter": report.reporter,
            "begins_s": report.begins_s, "ends_s": report.ends_s,
        },
    )  # fmt: skip
    if row is None:
        return False
    most = sorted(report.rows, key=lambda one: -one.sessions)[:MAX_ROWS]
    tx.insert(
        ROWS,
        [(row[0], n, one.policy, one.result, one.mx, one.sender, one.sessions, one.detail)
         for n, one in enumerate(most, 1)],
    )  # fmt: skip
    return True


def domains(tx: Tx, since_s: int, domain: str = "") -> list[tuple[str, int, int]]:
    """(domain, sessions, sessions that were as they should be) of each that is reported on."""
    rows = tx.all(
        f"SELECT r.domain, sum(w.sessions), {GOOD} {FROM} GROUP BY r.domain ORDER BY r.domain", _given(domain, since_s)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in rows]


def days(tx: Tx, domain: str, since_s: int) -> list[tuple[int, int, int]]:
    """(day since 1970, sessions, good ones), each report counted on the day it begins."""
    rows = tx.all(
        f"SELECT r.begins_s / 86400, sum(w.sessions), {GOOD} {FROM} GROUP BY r.begins_s / 86400 ORDER BY 1",
        _given(domain, since_s),
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def failures(tx: Tx, domain: str, since_s: int) -> list[Failed]:
    """What went wrong, what happened most first."""
    rows = tx.all(
        "SELECT w.result, w.mx, w.policy, sum(w.sessions), count(DISTINCT r.submitter), max(w.detail)"
        f" {FROM} AND w.result <> '' GROUP BY w.result, w.mx, w.policy ORDER BY sum(w.sessions) DESC, w.result, w.mx",
        _given(domain, since_s),
    )
    return [Failed(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5]) for row in rows]


def reporters(tx: Tx, domain: str, since_s: int) -> list[tuple[str, str, int]]:
    """(submitter, name, reports) of who reported."""
    rows = tx.all(
        "SELECT submitter, max(reporter), count(*) FROM tls_report"
        " WHERE (:domain = '' OR domain = :domain) AND ends_s >= :since_s GROUP BY submitter ORDER BY submitter",
        _given(domain, since_s),
    )
    return [(row[0], row[1], int(row[2])) for row in rows]


def _given(domain: str, since_s: int) -> dict[str, str | int]:
    return {"domain": domain, "since_s": since_s}
