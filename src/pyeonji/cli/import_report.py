"""What an import did, or would do: a line for each folder, then what could not be read."""

import argparse
import sys
from dataclasses import asdict

from pyeonji.cli import INTERRUPTED
from pyeonji.cli.out import Out
from pyeonji.transfer.run import Report
from pyeonji.transfer.source import Tally

COUNTS = ("taken", "again", "twice", "passed", "went")


def told(report: Report, out: Out, args: argparse.Namespace, *, stopped: bool) -> int:
    """Say it; the exit code."""
    if out.json:
        out.record({**_data(report), "dry_run": args.dry_run, "stopped": stopped})
    else:
        _table(report, out)
        _sentences(report, out, args, stopped)
    for what, why in report.troubles.named:
        out.error("import.trouble", path=what, reason=why)
    if report.troubles.count > len(report.troubles.named):
        out.error("import.more_troubles", count=report.troubles.count - len(report.troubles.named))
    if report.full:
        out.error("import.full", address=args.address)
    if stopped:
        out.error("import.stopped")
        return INTERRUPTED
    return 1 if report.troubles.count or report.full else 0


def _table(report: Report, out: Out) -> None:
    shown = [name for name in COUNTS if name == "taken" or getattr(report.total, name)]
    rows = [
        (folder.name, place.name if not place.is_view else "-", *(getattr(tally, name) for name in shown))
        for folder, place, tally in report.folders
    ]
    if rows:
        out.table(("folder", "mailbox", *shown), rows)


def _sentences(report: Report, out: Out, args: argparse.Namespace, stopped: bool) -> None:
    total = report.total
    key = "import.would" if args.dry_run else "import.done"
    out.say(key, address=args.address, count=f"{total.taken:,}", size=_size(total.octets))
    for name in ("again", "twice", "passed", "went", "broken"):
        if count := getattr(total, name):
            out.say(f"import.{name}", count=f"{count:,}")
    if any(place.is_view for _, place, _ in report.folders):
        out.say("import.views")
    if args.dry_run and not stopped and sys.stdout.isatty():
        out.say("import.dry_run_next")


def _data(report: Report) -> dict[str, object]:
    return {
        "folders": [
            {"folder": folder.name, "mailbox": None if place.is_view else place.name, **_counts(tally)}
            for folder, place, tally in report.folders
        ],
        "total": _counts(report.total),
        "unreadable": report.troubles.count,
        "full": report.full,
    }


def _counts(tally: Tally) -> dict[str, int]:
    """By the words of the options and of the screen."""
    counts = asdict(tally)
    counts["duplicates"], counts["taken_before"] = counts.pop("twice"), counts.pop("again")
    counts["skipped"], counts["went_away"] = counts.pop("passed"), counts.pop("went")
    counts["line_ends_mended"] = counts.pop("mended")
    return counts


def _size(octets: int) -> str:
    for unit in ("B", "KiB", "MiB"):
        if octets < 10_240 or unit == "MiB":
            return f"{octets:,} {unit}"
        octets //= 1024
    return ""
