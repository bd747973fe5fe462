"""`pyeonji tls reports|read|waiting`: how connections of other servers to us went, and ours to them (RFC 8460)."""

from collections.abc import Iterator
from dataclasses import asdict

from pyeonji.address import to_unicode
from pyeonji.cli import reported
from pyeonji.cli.chart import day_of, tell_days
from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.reported import Kind, Shown
from pyeonji.message.tls_report import NotATlsReport, parse_tls_report
from pyeonji.store import tls_seen, tlsrpt
from pyeonji.store.engine.base import Tx

SHOWN = 10  # kinds of failures with a sentence; all of them with --json


def configure(parser: Parser) -> None:
    reported.configure(parser, "reports", TLS)


def _gathered(tx: Tx, since_s: int, wanted: str) -> Iterator[Shown]:
    """All that is known of each domain."""
    for domain, sessions, good in tls_seen.domains(tx, since_s, wanted):
        days = tls_seen.days(tx, domain, since_s)
        yield {
            "domain": domain, "sessions": sessions, "good": good,
            "reporters": reported.reporters(tls_seen.reporters(tx, domain, since_s)),
            "days": [{"day": day_of(day), "sessions": all_, "good": fine} for day, all_, fine in days],
            "failures": [asdict(one) for one in tls_seen.failures(tx, domain, since_s)],
        }  # fmt: skip


def _tell(one: Shown, days: int, out: Out) -> None:
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


TLS = Kind(
    counts="sessions", parse=parse_tls_report, wrong=NotATlsReport, keep=tls_seen.keep, kept="tls.report_kept",
    nobody="tls.no_reports", gather=_gathered, tell=_tell, owed=tlsrpt.counted,
)  # fmt: skip
