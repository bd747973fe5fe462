"""`pyeonji tls reports|read`: how the connections of other servers to us went, as they tell it (RFC 8460)."""

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
from pyeonji.message.tls_report import NotATlsReport, TlsReport, parse_tls_report
from pyeonji.store import dmarc, tls_seen

DAYS = 30
SHOWN = 10  # kinds of failures with a sentence; all of them with --json


def configure(parser: Parser) -> None:
    report = parser.verb("reports", _report)
    report.argument("domain", nargs="?", default="", key="dmarc_domain")
    report.argument("--days", type=int, default=DAYS, metavar="N", key="dmarc_days")
    parser.verb("read", _read).argument("file", nargs="+", key="dmarc_file")


def _report(args: argparse.Namespace, out: Out) -> int:
    """0 when somebody reported, 1 when nobody did."""
    here = place(args)
    since_s = here.now_us() // 1_000_000 - max(args.days, 0) * DAY_S
    wanted = domain_of(args.domain) if args.domain else ""
    found = _gathered(here, since_s, wanted)
    if out.json:
        out.data(found)
        return 0 if found else 1
    if not found:
        raise Problem("tls.no_reports", days=str(args.days), domain=wanted or out.words("dmarc.all_domains"))
    for number, one in enumerate(found):
        if number:
            out.line()
        _tell(one, args.days, out)
    return 0


def _gathered(here: Place, since_s: int, wanted: str) -> list[dict[str, Any]]:
    """All that is known of each domain."""
    found = []
    with here.homes() as homes:
        for _, home in homes:
            read = home.engine.read_now
            for domain, sessions, good in read(tls_seen.domains, since_s, wanted):
                days = read(tls_seen.days, domain, since_s)
                failures = read(tls_seen.failures, domain, since_s)
                reporters = read(tls_seen.reporters, domain, since_s)
                found.append(
                    {
                        "domain": domain, "sessions": sessions, "good": good,
                        "reporters": [{"domain": by, "name": name, "reports": n} for by, name, n in reporters],
                        "days": [{"day": day_of(day), "sessions": all_, "good": fine} for day, all_, fine in days],
                        "failures": [asdict(one) for one in failures],
                    }
                )  # fmt: skip
    return found


def _tell(one: dict[str, Any], days: int, out: Out) -> None:
    sessions, good = one["sessions"], one["good"]
    out.say(
        "tls.seen", domain=to_unicode(one["domain"]), days=days, sessions=sessions, reporters=len(one["reporters"])
    )  # fmt: skip
    out.say("tls.seen_good", good=good, share=f"{100 * good // max(sessions, 1)}")
    out.line()
    tell_days([(day["day"], day["good"], day["sessions"] - day["good"]) for day in one["days"]], "tls.legend", out)
    for failed in one["failures"][:SHOWN]:
        out.line()
        out.say(
            "tls.seen_bad", sessions=failed["sessions"], mx=failed["mx"] or out.words("tls.some_server"),
            what=out.words(f"tls.result.{failed['result']}"),
        )  # fmt: skip
        out.say(f"tls.mend.{failed['result']}", domain=one["domain"], mx=failed["mx"] or "MX")
        if failed["detail"]:
            out.say("tls.their_words", detail=failed["detail"])


# ── read ──


def _read(args: argparse.Namespace, out: Out) -> int:
    """Reports out of files: letters, JSON, gzip.  1 when one of them was none."""
    here = place(args)
    worst, told = 0, []
    for file in args.file:
        try:
            reports, submitter = _in_file(Path(file))
            kept = [(report, _kept(here, report, submitter)) for report in reports]
        except (NotATlsReport, Swells) as error:
            worst = 1
            told.append({"file": file, "error": str(error)})
            out.error("dmarc.no_report", file=file, why=str(error))
            continue
        for report, new in kept:
            told.append({"file": file, "domain": report.domain, "sessions": report.sessions, "new": new})
            out.say(
                "tls.report_kept" if new else "dmarc.known", file=file, domain=report.domain,
                sessions=report.sessions, reporter=report.reporter,
            )  # fmt: skip
    if out.json:
        out.data(told)
    return worst


def _in_file(path: Path) -> tuple[tuple[TlsReport, ...], str]:
    """The reports and who sent them, as far as the file says; raises NotATlsReport, Swells, OSError."""
    with path.open("rb") as opened:
        octets = opened.read(2 * MAX_ATTACHED)
    header = parse_header(octets)
    if header.count(b"from"):
        packed = next(packed_reports(octets), None)
        if packed is None:
            raise NotATlsReport("the letter has no report attached")
        try:
            return parse_tls_report(packed), author(header)[0].raw_domain.decode("utf-8", "replace").lower()
        except NotOneAuthor as error:
            raise NotATlsReport(str(error)) from error
    reports = parse_tls_report(inflated(octets))
    return reports, reports[0].reporter


def _kept(here: Place, report: TlsReport, submitter: str) -> bool:
    """Where its domain is; raises NotATlsReport for somebody else's."""
    with here.homes() as homes:
        for _, home in homes:
            if home.engine.read_now(dmarc.whose, report.domain):
                return home.engine.write_now(tls_seen.keep, report, submitter, here.now_us() // 1_000_000)
    raise NotATlsReport(f"{report.domain} is no domain here")
