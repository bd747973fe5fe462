"""`pyeonji status`: what listens, what waits, what failed last."""

import argparse
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyeonji.cli.config import settings_of
from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, now_us, place
from pyeonji.cli.where import MAILDROP
from pyeonji.config.load import ConfigError
from pyeonji.journey.event import Failed
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import written
from pyeonji.store import journey, queue
from pyeonji.submission.maildrop import QUARANTINE, SUFFIX
from pyeonji.submission.unread import Unread, unread

LAST = 20  # letters looked at for the last failures
SHOWN = 5  # failures shown
SOON_DAYS = 14  # a certificate that expires within these is told of


def configure(parser: Parser) -> None:
    parser.argument("--ready", action="store_true")


def run(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    if args.ready:
        answer = here.ask({"do": "status"})
        out.say("status.ready" if answer else "status.down", data=str(here.data))
        return 0 if answer else 1
    return tell(here, out)


def tell(here: Place, out: Out) -> int:
    """0 when the server runs, 1 when it does not; the store is read either way."""
    answer = here.ask({"do": "status"})
    found = state(here, answer)
    if out.json:
        out.data(found)
        return 0 if answer else 1
    out.say("status.running" if answer else "status.down", data=str(here.data), pid=found.get("pid", ""))
    if found["listeners"]:
        out.table(
            ("service", "host", "port", "tls", "domain"),
            [
                [one.get(name) or "" for name in ("service", "host", "port", "tls", "domain")]
                for one in found["listeners"]
            ],
        )
    tell_certificates(answer or {}, out)
    counts = found["queue"]
    out.say("status.queue", **{name: counts.get(name, 0) for name in ("waiting", "trying", "held", "failed")})
    tell_left(here, out, running=answer is not None)
    for failure in found["last_failures"]:
        out.line(f"  {failure['id']}  {failure['address']}  {failure['reply']}")
    return 0 if answer else 1


def state(here: Place, answer: dict[str, Any] | None) -> dict[str, Any]:
    """What the running server says, and what the store says."""
    failures: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    oldest = 0
    with here.homes() as homes:
        for _, home in homes:
            for name, count in home.engine.read_now(queue.counts).items():
                counts[name] = counts.get(name, 0) + count
            since = home.engine.read_now(queue.oldest_undecided_us)
            oldest = max(oldest, (now_us() - since) // 1_000_000 if since else 0)
            failures += home.engine.read_now(last_failures)
    failures = sorted(failures, key=lambda failure: str(failure["at"]), reverse=True)[:SHOWN]
    found: dict[str, Any] = {"running": answer is not None, "data": str(here.data), "listeners": [], "queue": counts}
    aside = sum(count for count, _ in drops_in(here, QUARANTINE))
    left = sum(count for count, _ in drops_in(here, MAILDROP))
    return {
        **found, "oldest_undecided_s": oldest, **(answer or {}), "maildrop": left, "quarantined": aside,
        "unread": [asdict(one) for one in unread_in(here, running=answer is not None)], "last_failures": failures,
    }  # fmt: skip


def tell_certificates(answer: dict[str, Any], out: Out) -> None:
    """Those that somebody has to look after soon."""
    for one in answer.get("certificates", ()):
        days = (one["until_s"] - now_us() // 1_000_000) // 86_400
        if days < SOON_DAYS:
            names = ", ".join(one["names"]) or one["file"]
            out.say("tls.expired" if days < 0 else "tls.expires", names=names, days=days)
    if problem := answer.get("certificate_problem"):
        out.say("tls.stays", reason=out.words(problem["key"], **problem["slots"]))


def drops_in(here: Place, name: str) -> list[tuple[int, Path]]:
    """Files that sendmail left: how many, in which folder."""
    folders = folders_of(here, name)
    return [(count, folder) for folder in folders if (count := sum(map(_is_drop, folder.glob(f"*{SUFFIX}"))))]


def unread_in(here: Place, *, running: bool) -> list[Unread]:
    """What nobody will ever pick up."""
    now_s = now_us() / 1_000_000
    return [one for folder in folders_of(here, MAILDROP) for one in unread(folder, now_s, running=running)]


def folders_of(here: Place, name: str) -> list[Path]:
    if name == MAILDROP and not here.is_lab:
        with suppress(ConfigError):
            return list(settings_of(here.data, "", 0, "en").maildrops)
    return [path / name for path in dict.fromkeys((here.data, *(folder for _, folder in here.nodes)))]


def _is_drop(path: Path) -> bool:
    """Folders and links are nobody's letters: the server does not look at them either."""
    return path.is_file() and not path.is_symlink()


def tell_left(here: Place, out: Out, *, running: bool = False) -> None:
    """What sendmail left: waiting for the server, put aside because it is no letter, or nothing that is ever read."""
    for count, folder in [] if running else drops_in(here, MAILDROP):
        out.say("status.maildrop", count=count, folder=str(folder))
    for count, folder in drops_in(here, QUARANTINE):
        out.say("status.quarantined", count=count, folder=str(folder))
    for one in unread_in(here, running=running):
        out.say(f"status.unread_{one.why}", count=one.count, folder=str(one.folder), first=one.first)


def last_failures(tx: Any) -> list[dict[str, Any]]:
    """Recipients among the newest letters that could not be reached."""
    found = []
    for number in journey.latest(tx, LAST):
        names = {one.n: one.address for one in journey.recipients(tx, number)}
        for row in journey.of_message(tx, number):
            for event in row.events:
                if isinstance(event, Failed):
                    found.append(
                        {
                            "id": written(number, event.recipient),
                            "address": names.get(event.recipient, ""),
                            "at": rfc3339(event.at),
                            "reply": event.reply,
                            "cause": event.cause,
                        }
                    )
    return found
