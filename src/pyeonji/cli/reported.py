"""Reports about domains, whatever they count: what others told us of ours, in sentences, and what we shall tell others.

DMARC reports (RFC 9990) count letters, TLS reports (RFC 8460) sessions; `Kind` is what else they differ in.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pyeonji.cli.chart import DAY_S, day_of
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, domain_of, place
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import parse_header
from pyeonji.message.inflate import Swells, inflated
from pyeonji.message.packed import MAX_ATTACHED, packed_reports
from pyeonji.store import dmarc
from pyeonji.store.engine.base import Tx

DAYS = 30
Shown = dict[str, Any]  # what is known of one domain, as `--json` shows it


class Report(Protocol):
    """What is asked of a report of either kind."""

    @property
    def domain(self) -> str: ...
    @property
    def reporter(self) -> str: ...


R = TypeVar("R", bound=Report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[R]):
    """One kind of reports."""

    counts: str  # what is counted, the name it has in a report and in JSON
    parse: Callable[[bytes], Sequence[R]]
    wrong: type[ValueError]  # raised by `parse`
    keep: Callable[[Tx, R, str, int], bool]
    kept: str  # the sentence of a report that is new
    nobody: str  # the sentence when there is none
    gather: Callable[[Tx, int, str], Iterable[Shown]]
    tell: Callable[[Shown, int, Out], None]
    owed: Callable[[Tx], Sequence[tuple[int, str, int]]]  # (day since 1970 UTC, domain, count) of what we shall report


def configure(parser: Parser, verb: str, kind: Kind[R]) -> None:
    report = parser.verb(verb, partial(_report, kind))
    report.argument("domain", nargs="?", default="", key="dmarc_domain")
    report.argument("--days", type=int, default=DAYS, metavar="N", key="dmarc_days")
    parser.verb("read", partial(_read, kind)).argument("file", nargs="+", key="dmarc_file")
    parser.verb("waiting", partial(_waiting, kind))


# ── what others told us ──


def _report(kind: Kind[R], args: argparse.Namespace, out: Out) -> int:
    """0 when somebody reported, 1 when nobody did."""
    here = place(args)
    since_s = here.now_us() // 1_000_000 - max(args.days, 0) * DAY_S
    wanted = domain_of(args.domain) if args.domain else ""
    with here.homes() as homes:
        found = [one for _, home in homes for one in home.engine.read_now(_all_of, kind, since_s, wanted)]
    if out.json:
        out.data(found)
        return 0 if found else 1
    if not found:
        raise Problem(kind.nobody, days=str(args.days), domain=wanted or out.words("dmarc.all_domains"))
    for number, one in enumerate(found):
        if number:
            out.line()
        kind.tell(one, args.days, out)
    return 0


def _all_of(tx: Tx, kind: Kind[R], since_s: int, wanted: str) -> list[Shown]:
    return list(kind.gather(tx, since_s, wanted))


def reporters(rows: Iterable[tuple[str, str, int]]) -> list[Shown]:
    return [{"domain": domain, "name": name, "reports": reports} for domain, name, reports in rows]


# ── reports out of files ──


def _read(kind: Kind[R], args: argparse.Namespace, out: Out) -> int:
    """Letters, or what is attached to them, packed or not.  1 when one of them was none."""
    here = place(args)
    worst, told = 0, []
    for file in args.file:
        try:
            reports, submitter = _in_file(kind, Path(file))
            kept = [(report, _kept(kind, here, report, submitter)) for report in reports]
        except (kind.wrong, Swells) as error:
            worst = 1
            told.append({"file": file, "error": str(error)})
            out.error("dmarc.no_report", file=file, why=str(error))
            continue
        for report, new in kept:
            count = {kind.counts: getattr(report, kind.counts)}
            told.append({"file": file, "domain": report.domain, **count, "new": new})
            said = kind.kept if new else "dmarc.known"
            out.say(said, file=file, domain=report.domain, reporter=report.reporter, **count)
    if out.json:
        out.data(told)
    return worst


def _in_file(kind: Kind[R], path: Path) -> tuple[Sequence[R], str]:
    """The reports and who sent them, as far as the file says; raises what `parse` does, Swells, OSError."""
    with path.open("rb") as opened:
        octets = opened.read(2 * MAX_ATTACHED)
    header = parse_header(octets)
    if not header.count(b"from"):
        reports = kind.parse(inflated(octets))
        return reports, reports[0].reporter
    packed = next(packed_reports(octets), None)
    if packed is None:
        raise kind.wrong("the letter has no report attached")
    try:
        return kind.parse(packed), author(header)[0].raw_domain.decode("utf-8", "replace").lower()
    except NotOneAuthor as error:
        raise kind.wrong(str(error)) from error


def _kept(kind: Kind[R], here: Place, report: R, submitter: str) -> bool:
    """Where its domain is; whether it is new.  Raises what `parse` does for somebody else's."""
    with here.homes() as homes:
        for _, home in homes:
            if home.engine.read_now(dmarc.whose, report.domain):
                return home.engine.write_now(kind.keep, report, submitter, here.now_us() // 1_000_000)
    raise kind.wrong(f"{report.domain} is no domain here")


# ── what we shall tell others ──


def _waiting(kind: Kind[R], args: argparse.Namespace, out: Out) -> int:
    """What is counted and not yet reported; a report goes when its day (UTC) is over."""
    with place(args).homes() as homes:
        owed = [one for _, home in homes for one in home.engine.read_now(kind.owed)]
    if out.json:
        out.data([{"day": day_of(day), "domain": domain, kind.counts: count} for day, domain, count in owed])
    elif owed:
        out.table(("day", "domain", kind.counts), [(day_of(day), domain, count) for day, domain, count in owed])
    else:
        out.say("dmarc.nothing_waits")
    return 0
