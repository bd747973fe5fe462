"""`pyeonji dmarc`: what other servers saw of letters in the names of our domains, and we of theirs (RFC 9990)."""

from collections.abc import Iterator
from dataclasses import asdict

from pyeonji.address import to_unicode
from pyeonji.cli import reported
from pyeonji.cli.chart import day_of, tell_days
from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.reported import Kind, Shown
from pyeonji.msgauth.dmarc.report import NotAReport, Report, parse_aggregate
from pyeonji.store import dmarc, judged
from pyeonji.store.engine.base import Tx

SOURCES = 20  # addresses shown; all of them with --json
MAX_SOURCES = 10_000


def configure(parser: Parser) -> None:
    reported.configure(parser, "report", DMARC)


def _parsed(octets: bytes) -> tuple[Report]:
    return (parse_aggregate(octets),)


def _gathered(tx: Tx, since_s: int, wanted: str) -> Iterator[Shown]:
    """All that is known of each domain."""
    for count in dmarc.domains(tx, since_s, wanted):
        days = dmarc.days(tx, count.of, since_s)
        sources = dmarc.sources(tx, count.of, since_s, MAX_SOURCES)
        yield {
            "domain": count.of, "letters": count.letters, "passed": count.passed, "stopped": count.stopped,
            "reporters": reported.reporters(dmarc.reporters(tx, count.of, since_s)),
            "days": [{"day": day_of(day), "letters": letters, "passed": passed} for day, letters, passed in days],
            "sources": [{("ip" if name == "of" else name): v for name, v in asdict(one).items()} for one in sources],
        }  # fmt: skip


def _tell(one: Shown, days: int, out: Out) -> None:
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


DMARC = Kind(
    counts="letters", parse=_parsed, wrong=NotAReport, keep=dmarc.keep, kept="dmarc.kept", nobody="dmarc.no_reports",
    gather=_gathered, tell=_tell, owed=judged.counted,
)  # fmt: skip
