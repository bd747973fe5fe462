"""Aggregate reports: what others saw of letters in a domain's name (RFC 9990; the same of RFC 7489 are read, too).

A report is XML that strangers wrote.  It may declare nothing (no DTD, so no entity of its own) and is read in one go,
with nothing kept but the words that are told.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat

from pyeonji.address import NotADomain, parse_domain

MAX_ROWS = 20_000  # of one report; ours: those of the largest providers stay below
MAX_DEPTH = 16  # elements within elements; a report needs seven
MAX_ELEMENTS = 100 * MAX_ROWS  # of one report; a row has twenty, and five for each signature
MAX_NAMES = 300  # different ones, each of which the parser remembers; RFC 9990 has forty
MAX_NAME = 300  # characters of an element's name with its namespace
MAX_TEXT = 300  # characters of one element that are kept
MAX_NUMBER = 12  # digits

RESULTS = frozenset({"pass", "fail"})
DISPOSITIONS = {"none": "none", "pass": "none", "quarantine": "quarantine", "reject": "reject"}  # "pass": RFC 9990

# The elements whose words are kept, by their place below the root; what else there is costs no memory.
ABOUT = frozenset({
    "policy_published/domain", "policy_published/p", "report_metadata/date_range/begin",
    "report_metadata/date_range/end", "report_metadata/report_id", "report_metadata/org_name",
})  # fmt: skip
OF_A_ROW = frozenset({
    "record/row/source_ip", "record/row/count", "record/row/policy_evaluated/disposition",
    "record/row/policy_evaluated/dkim", "record/row/policy_evaluated/spf", "record/row/policy_evaluated/reason/type",
    "record/identifiers/header_from", "record/auth_results/spf/domain", "record/auth_results/spf/result",
})  # fmt: skip


class NotAReport(ValueError):
    """The octets are no report that we take; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Letters from one address that were judged alike."""

    ip: str
    letters: int
    disposition: str  # none, quarantine, reject: what was done with them
    dkim: str  # pass, fail: with alignment
    spf: str
    author: str = ""  # domain of From
    signed: str = ""  # domains of the signatures with their results: "example.com=pass, list.test=fail"
    sent: str = ""  # the domain SPF was asked about, with its result
    reason: str = ""  # why they did other than the policy says

    @property
    def passed(self) -> bool:
        return "pass" in (self.dkim, self.spf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report about one domain.  Instants in seconds since 1970 UTC."""

    domain: str
    id: str
    reporter: str  # as it calls itself
    begins_s: int
    ends_s: int
    policy: str = ""  # as they had read it
    rows: tuple[Row, ...] = ()
    skipped: int = 0  # rows that made no sense

    @property
    def letters(self) -> int:
        return sum(row.letters for row in self.rows)


def parse_aggregate(xml: bytes) -> Report:
    """The report in these octets; raises NotAReport."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise NotAReport(f"it is no XML: {expat.ErrorString(error.code)}") from error
    except NotAReport:
        raise
    except (LookupError, ValueError) as error:  # of the codec that it names
        raise NotAReport("it is in no encoding that is known") from error
    return reader.report()


def _refuse(*_: object) -> None:
    raise NotAReport("it declares things of its own (DTD)")


class _Reader:
    """Follows the elements; a row is made when its element ends."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._words: list[str] = []
        self._size = 0
        self._about: dict[str, str] = {}
        self._row: dict[str, str] = {}
        self._signed: list[str] = []
        self._rows: list[Row] = []
        self._skipped = 0
        self._elements = 0
        self._names: set[str] = set()
        self._root = ""

    def start(self, name: str, _: object) -> None:
        self._elements += 1
        self._names.add(name)
        if len(name) > MAX_NAME or len(self._names) > MAX_NAMES or self._elements > MAX_ELEMENTS:
            raise NotAReport("elements without end")
        self._path.append(name.rpartition(" ")[2])
        self._root = self._root or self._path[0]
        if len(self._path) > MAX_DEPTH:
            raise NotAReport("elements within elements without end")
        self._words, self._size = [], 0

    def text(self, text: str) -> None:
        if self._size < MAX_TEXT:
            self._words.append(text)
            self._size += len(text)

    def end(self, _: str) -> None:
        path, text = "/".join(self._path[1:]), "".join(self._words).strip()[:MAX_TEXT]
        self._words = []
        self._path.pop()
        if path == "record":
            self._finish_row()
        elif path.startswith("record/auth_results/dkim"):
            self._signature(path, text)
        elif path in OF_A_ROW and text:
            self._row.setdefault(path.removeprefix("record/"), text)
        elif path in ABOUT and text:
            self._about.setdefault(path, text)

    def report(self) -> Report:
        about = self._about
        if self._root != "feedback":
            raise NotAReport("it is no DMARC report")
        try:
            domain = parse_domain(about.get("policy_published/domain", "").rstrip("."))
            begins_s = _number(about.get("report_metadata/date_range/begin", ""))
            ends_s = _number(about.get("report_metadata/date_range/end", ""))
        except (NotADomain, ValueError) as error:
            raise NotAReport("it names no domain or no time") from error
        if not about.get("report_metadata/report_id") or not self._rows:
            raise NotAReport("it has no number or no rows")
        return Report(
            domain=domain,
            id=_printable(about["report_metadata/report_id"]),
            reporter=_printable(about.get("report_metadata/org_name", "")),
            begins_s=begins_s,
            ends_s=max(begins_s, ends_s),
            policy=_printable(about.get("policy_published/p", "")),
            rows=tuple(self._rows),
            skipped=self._skipped,
        )

    def _signature(self, path: str, text: str) -> None:
        if path == "record/auth_results/dkim":
            domain, result = self._row.pop("dkim.domain", ""), self._row.pop("dkim.result", "")
            if domain and len(self._signed) < MAX_DEPTH:
                self._signed.append(f"{domain}={result}")
        elif path.endswith(("/domain", "/result")):
            self._row[f"dkim.{path.rpartition('/')[2]}"] = text

    def _finish_row(self) -> None:
        row, signed = self._row, self._signed
        self._row, self._signed = {}, []
        if len(self._rows) + self._skipped >= MAX_ROWS:
            raise NotAReport(f"more than {MAX_ROWS} rows")
        try:
            self._rows.append(_row(row.get, signed))
        except ValueError:
            self._skipped += 1


def _row(said: Callable[..., str], signed: list[str]) -> Row:
    """Raises ValueError where address or number are none."""
    sent = said("auth_results/spf/domain", "")
    dkim, spf = (said(f"row/policy_evaluated/{name}", "fail").lower() for name in ("dkim", "spf"))
    return Row(
        ip=str(ipaddress.ip_address(said("row/source_ip", ""))),
        letters=_number(said("row/count", "")),
        disposition=DISPOSITIONS.get(said("row/policy_evaluated/disposition", "none").lower(), "none"),
        dkim=dkim if dkim in RESULTS else "fail",
        spf=spf if spf in RESULTS else "fail",
        author=_printable(said("identifiers/header_from", "").lower()),
        signed=_printable(", ".join(signed)),
        sent=_printable(f"{sent}={said('auth_results/spf/result', '')}" if sent else ""),
        reason=_printable(said("row/policy_evaluated/reason/type", "")),
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > MAX_NUMBER:
        raise ValueError(text)
    return int(text)


def _printable(text: str) -> str:
    """A stranger's words on one line, without what steers a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_TEXT])
