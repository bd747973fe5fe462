"""`pyeonji dmarc`: what other servers saw of letters in the names of our domains (RFC 9990)."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyeonji.address import to_unicode
from pyeonji.cli.chart import DAY_S, day_of, tell_days
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, domain_of, place
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import parse_header
from pyeonji.message.inflate import Swells, inflated
from pyeonji.message.packed import MAX_ATTACHED, packed_reports
from pyeonji.msgauth.dmarc.report import NotAReport, Report, parse_aggregate
from pyeonji.store import dmarc
from pyeonji.store.dmarc import Count

DAYS = 30
SOURCES = 20  # addresses shown; all of them with --json
MAX_SOURCES = 10_000


def configure(parser: Parser) -> None:
    report = parser.verb("report", _report)
    report.argument("domain", nargs="?", default="", key="dmarc_domain")
    report.argument("--days", type=int, default=DAYS, metavar="N", key="dmarc_days")
    parser.verb("read", _read).argument("file", nargs="+", key="dmarc_file")


# ── report ──


def _report(args: argparse.Namespace, out: Out) -> int:
    """0 when somebody reported, 1 when nobody did."""
    here = place(args)
    since_s = here.now_us() // 1_000_000 - max(args.days, 0) * DAY_S
    wanted = domain_of(args.domain) if args.domain else ""
    found = [_gathered(here, count, since_s) for count in _counts(here, since_s, wanted)]
    if out.json:
        out.data(found)
        return 0 if found else 1
    if not found:
        raise Problem("dmarc.no_reports", days=str(args.days), domain=wanted or out.words("dmarc.all_domains"))
    for number, one in enumerate(found):
        if number:
            out.line()
        _tell(one, args.days, out)
    return 0


def _counts(here: Place, since_s: int, domain: str) -> list[Count]:
    found: list[Count] = []
    with here.homes() as homes:
        for _, home in homes:
            found += home.engine.read_now(dmarc.domains, since_s, domain)
    return found


def _gathered(here: Place, count: Count, since_s: int) -> dict[str, Any]:
    """All that is known of one domain."""
    with here.homes() as homes:
        for _, home in homes:
            read = home.engine.read_now
            if found := read(dmarc.sources, count.of, since_s, MAX_SOURCES):
                return {
                    "domain": count.of,
                    "letters": count.letters,
                    "passed": count.passed,
                    "stopped": count.stopped,
                    "reporters": [
                        {"domain": domain, "name": name, "reports": reports}
                        for domain, name, reports in read(dmarc.reporters, count.of, since_s)
                    ],
                    "days": [
                        {"day": day_of(day), "letters": letters, "passed": passed}
                        for day, letters, passed in read(dmarc.days, count.of, since_s)
                    ],
                    "sources": [{("ip" if k == "of" else k): v for k, v in asdict(one).items()} for one in found],
                }
    raise AssertionError("a domain that is counted has sources")


def _tell(one: dict[str, Any], days: int, out: Out) -> None:
    letters, passed = one["letters"], one["passed"]
    failed = letters - passed
    out.say(
        "dmarc.seen", domain=to_unicode(one["domain"]), days=days, letters=letters, reporters=len(one["reporters"])
    )  # fmt: skip
    out.say("dmarc.passed", passed=passed, share=f"{100 * passed // max(letters, 1)}")
    if failed:
        from_ = sum(1 for source in one["sources"] if source["passed"] < source["letters"])
        out.say("dmarc.failed", failed=failed, sources=from_, stopped=one["stopped"])
    out.line()
    tell_days([(day["day"], day["passed"], day["letters"] - day["passed"]) for day in one["days"]], "dmarc.legend", out)
    out.line()
    rows = [
        (source["ip"], source["letters"], source["passed"], source["dkim"], source["spf"], source["stopped"])
        for source in one["sources"][:SOURCES]
    ]
    out.table(("address", "letters", "passed", "by_dkim", "by_spf", "stopped"), rows)


# ── read ──


def _read(args: argparse.Namespace, out: Out) -> int:
    """Reports out of files: letters, XML, gzip, ZIP.  1 when one of them was none."""
    here = place(args)
    worst, told = 0, []
    for file in args.file:
        try:
            report, submitter = _in_file(Path(file))
            kept = _kept(here, report, submitter)
        except (NotAReport, Swells) as error:
            worst = 1
            told.append({"file": file, "error": str(error)})
            out.error("dmarc.no_report", file=file, why=str(error))
            continue
        told.append({"file": file, "domain": report.domain, "letters": report.letters, "new": kept})
        out.say(
            "dmarc.kept" if kept else "dmarc.known",
            file=file, domain=report.domain, letters=report.letters, reporter=report.reporter,
        )  # fmt: skip
    if out.json:
        out.data(told)
    return worst


def _in_file(path: Path) -> tuple[Report, str]:
    """The report and who sent it, as far as the file says; raises NotAReport, Swells, OSError."""
    with path.open("rb") as opened:
        octets = opened.read(2 * MAX_ATTACHED)
    header = parse_header(octets)
    if header.count(b"from"):
        packed = next(packed_reports(octets), None)
        if packed is None:
            raise NotAReport("the letter has no report attached")
        try:
            return parse_aggregate(packed), author(header)[0].raw_domain.decode("utf-8", "replace").lower()
        except NotOneAuthor as error:
            raise NotAReport(str(error)) from error
    report = parse_aggregate(inflated(octets))
    return report, report.reporter


def _kept(here: Place, report: Report, submitter: str) -> bool:
    """Where its domain is; raises NotAReport for somebody else's."""
    with here.homes() as homes:
        for _, home in homes:
            if home.engine.read_now(dmarc.whose, report.domain):
                return home.engine.write_now(dmarc.keep, report, submitter, here.now_us() // 1_000_000)
    raise NotAReport(f"{report.domain} is no domain here")
