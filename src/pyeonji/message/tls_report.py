"""TLS reports of others: what became of their connections to us (RFC 8460 §4).

JSON that strangers wrote: read by its shape, so that what is no report makes no objects, and kept to a limit.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from pyeonji.address import NotADomain, parse_domain

MAX_REPORT = 4 << 20  # octets of one, unpacked; those of the largest providers have a hundredth
MAX_POLICIES = 50  # of one report
MAX_ROWS = 1_000  # of one policy
MAX_TEXT = 300  # characters of a word that are kept
MAX_SESSIONS = 10**9  # of one row: sums of all rows there are stay numbers of the database
POLICY_TYPES = ("sts", "tlsa", "no-policy-found")
RESULTS = (
    "starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted",
    "validation-failure", "tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error",
    "sts-policy-invalid", "sts-webpki-invalid",
)  # fmt: skip
OTHER = "other"  # a failure that is told in a word of its own, or in none


class NotATlsReport(ValueError):
    """The octets are no report that we take; the text says why."""


@dataclass(frozen=True, slots=True)
class TlsRow:
    """Sessions that ended alike; `result` "" is success, else a name of RFC 8460 §4.3 or OTHER."""

    policy: str  # one of POLICY_TYPES
    result: str
    mx: str  # of ours that was dialled
    sender: str  # the address it was dialled from
    sessions: int
    detail: str = ""  # in their words


@dataclass(frozen=True, slots=True)
class TlsReport:
    """What one reporter says of one domain.  Instants in seconds since 1970 UTC."""

    domain: str
    id: str
    reporter: str  # as it calls itself
    begins_s: int
    ends_s: int
    rows: tuple[TlsRow, ...]

    @property
    def sessions(self) -> int:
        return sum(row.sessions for row in self.rows)


class _Dates(msgspec.Struct):
    start: str = msgspec.field(name="start-datetime")
    end: str = msgspec.field(name="end-datetime")


class _Policy(msgspec.Struct):
    kind: str = msgspec.field(name="policy-type")
    domain: str = msgspec.field(name="policy-domain")


class _Summary(msgspec.Struct):
    good: int = msgspec.field(name="total-successful-session-count", default=0)
    bad: int = msgspec.field(name="total-failure-session-count", default=0)


class _Failure(msgspec.Struct):
    kind: str = msgspec.field(name="result-type", default="")
    mx: str = msgspec.field(name="receiving-mx-hostname", default="")
    sender: str = msgspec.field(name="sending-mta-ip", default="")
    sessions: int = msgspec.field(name="failed-session-count", default=0)
    detail: str = msgspec.field(name="failure-reason-code", default="")


class _Part(msgspec.Struct):
    policy: _Policy
    summary: _Summary
    failures: list[_Failure] | None = msgspec.field(name="failure-details", default=None)


class _Report(msgspec.Struct):
    dates: _Dates = msgspec.field(name="date-range")
    id: str = msgspec.field(name="report-id")
    policies: list[_Part]
    reporter: str = msgspec.field(name="organization-name", default="")


def parse_tls_report(octets: bytes) -> tuple[TlsReport, ...]:
    """One for each domain it speaks of; raises NotATlsReport."""
    if len(octets) > MAX_REPORT:
        raise NotATlsReport(f"more than {MAX_REPORT} octets")
    try:
        said = msgspec.json.decode(octets, type=_Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotATlsReport("it is no TLS report") from error
    if len(said.policies) > MAX_POLICIES:
        raise NotATlsReport(f"more than {MAX_POLICIES} policies")
    begins_s, ends_s = _instant(said.dates.start), _instant(said.dates.end)
    found: dict[str, list[TlsRow]] = {}
    for part in said.policies:
        found.setdefault(_domain(part.policy.domain), []).extend(_rows(part))
    reports = tuple(
        TlsReport(domain, _printable(said.id), _printable(said.reporter), begins_s, max(begins_s, ends_s), tuple(rows))
        for domain, rows in found.items()
        if rows
    )
    if not reports or not said.id:
        raise NotATlsReport("it has no number, or nothing to say")
    return reports


def _rows(part: _Part) -> list[TlsRow]:
    """Failures that are only summed up, or summed up wrongly, are of kind OTHER."""
    kind = part.policy.kind.lower()
    policy = kind if kind in POLICY_TYPES else POLICY_TYPES[-1]
    failures = part.failures or []
    if len(failures) > MAX_ROWS:
        raise NotATlsReport(f"more than {MAX_ROWS} rows")
    rows = [
        TlsRow(
            policy, one.kind.lower() if one.kind.lower() in RESULTS else OTHER, _printable(one.mx.lower().rstrip(".")),
            _printable(one.sender), _count(one.sessions), _printable(one.detail),
        )
        for one in failures
    ]  # fmt: skip
    untold = _count(part.summary.bad) - sum(row.sessions for row in rows)
    rows += [TlsRow(policy, OTHER, "", "", untold)] if untold > 0 else []
    rows += [TlsRow(policy, "", "", "", good)] if (good := _count(part.summary.good)) else []
    return [row for row in rows if row.sessions]


def _count(number: int) -> int:
    if not 0 <= number <= MAX_SESSIONS:
        raise NotATlsReport("a count that is none")
    return number


def _domain(text: str) -> str:
    try:
        return parse_domain(text.rstrip("."))
    except NotADomain as error:
        raise NotATlsReport("it names no domain") from error


def _instant(text: str) -> int:
    """RFC 3339; who leaves the zone out means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotATlsReport("it names no time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return max(0, int(moment.timestamp()))
    except OverflowError as error:
        raise NotATlsReport("it names no time") from error


def _printable(text: Any) -> str:
    """A stranger's words on one line, without what steers a terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(text)[:MAX_TEXT])
