"""An aggregate report of ours, written: XML as RFC 9990 §3.1 has it.  `report` reads those of others, and these."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pyeonji.msgauth.dmarc.judged import Judged
from pyeonji.msgauth.dmarc.record import Record, parse_record
from pyeonji.msgauth.dmarc.report import MAX_ROWS, MAX_TEXT

NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One day of one domain.  `day` counts from 1970 UTC."""

    day: int
    domain: str  # whose policy it is
    record: str  # as last seen on that day
    reporter: str  # our host name
    contact: str  # an address
    number: str  # a word that no other report of ours has
    rows: Sequence[tuple[Judged, int]]  # how judged, and how many letters

    @property
    def identity(self) -> str:
        return f"{self.number}@{self.reporter}"

    @property
    def begins_s(self) -> int:
        return self.day * DAY_S

    @property
    def ends_s(self) -> int:
        return self.begins_s + DAY_S - 1

    @property
    def file_name(self) -> str:
        """RFC 9990 §3.5.2."""
        return f"{self.reporter}!{self.domain}!{self.begins_s}!{self.ends_s}!{self.number}.xml.gz"


def aggregate_xml(report: Aggregate) -> bytes:
    """Elements in the order of the tables of RFC 9990 §3.1.1; rows with most letters first."""
    most = sorted(report.rows, key=lambda row: -row[1])[:MAX_ROWS]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feedback xmlns="{NAMESPACE}">',
        _text("version", "1.0"),
        *_element("report_metadata", _metadata(report)),
        *_element("policy_published", _published(report.domain, parse_record(report.record) or Record())),
        *(line for one, letters in most for line in _element("record", _record(one, letters))),
        "</feedback>",
    ]
    return ("\n".join(lines) + "\n").encode("ascii", "xmlcharrefreplace")


def _metadata(report: Aggregate) -> Iterator[str]:
    yield _text("org_name", report.reporter)
    yield _text("email", report.contact)
    yield _text("report_id", report.identity)
    yield from _element("date_range", [_text("begin", report.begins_s), _text("end", report.ends_s)])
    yield _text("generator", "pyeonji")


def _published(domain: str, record: Record) -> Iterator[str]:
    yield _text("domain", domain)
    yield _text("discovery_method", "treewalk")
    yield _text("p", record.policy)
    if record.subdomains is not None:
        yield _text("sp", record.subdomains)
    if record.missing is not None:
        yield _text("np", record.missing)
    yield _text("fo", record.failure_options)
    yield _text("adkim", "s" if record.strict_dkim else "r")
    yield _text("aspf", "s" if record.strict_spf else "r")
    yield _text("testing", "y" if record.testing else "n")


def _record(one: Judged, letters: int) -> Iterator[str]:
    evaluated = [
        _text("disposition", "pass" if one.passed and one.done == "none" else one.done),
        _text("dkim", _word(one.dkim)),
        _text("spf", _word(one.spf)),
        *(_element("reason", [_text("type", one.override)]) if one.override else ()),
    ]
    row = [_text("source_ip", one.ip), _text("count", letters), *_element("policy_evaluated", evaluated)]
    yield from _element("row", row)
    yield from _element("identifiers", [_text("header_from", one.author), _text("envelope_from", one.path)])
    yield from _element("auth_results", _results(one))


def _results(one: Judged) -> Iterator[str]:
    for domain, selector, result in one.signatures:
        yield from _element("dkim", [_text("domain", domain), _text("selector", selector), _text("result", result)])
    if one.asked:
        found = [_text("domain", one.asked), _text("scope", "mfrom"), _text("result", one.spf_result)]
        yield from _element("spf", found)


def _element(name: str, inside: Iterable[str]) -> list[str]:
    return [f"<{name}>", *inside, f"</{name}>"]


def _text(name: str, value: str | int) -> str:
    """XML 1.0 §2.2 has no control characters, not even as references."""
    text = "".join(char if char.isprintable() else "?" for char in str(value)[:MAX_TEXT])
    return f"<{name}>{escape(text)}</{name}>"


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
