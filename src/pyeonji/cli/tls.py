"""`pyeonji tls`: the certificates that are shown, and asking an authority for new ones (docs/tls.md)."""

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyeonji.catalog.cli import say, table
from pyeonji.cli import tls_reports
from pyeonji.cli.config import settings_at
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import now_us, place
from pyeonji.cli.where import data_folder
from pyeonji.config.model import Settings
from pyeonji.daemon.certificate import files_of
from pyeonji.daemon.kept import State
from pyeonji.daemon.owner import become, somebody_else
from pyeonji.daemon.renewal import Renewal, Wanted, due_s, wanted_by
from pyeonji.net.acme import AcmeError
from pyeonji.net.certificates import BadCertificate, Shown, load
from pyeonji.net.clock import SystemClock
from pyeonji.net.resolver import Resolver

DAY_S = 86_400
REASONS = {"unspecified": 0, "key": 1, "superseded": 4, "stopped": 5}  # RFC 5280 §5.3.1


def configure(parser: Parser) -> None:
    parser.verb("status", _status)
    tls_reports.configure(parser)
    parser.verb("renew", _renew).argument("name", nargs="?", default="", metavar="NAME", key="tls_name")
    revoke = parser.verb("revoke", _revoke)
    revoke.argument("name", metavar="NAME", key="tls_name")
    revoke.argument("--reason", default="unspecified", choices=tuple(REASONS), key="tls_reason")
    revoke.argument("--yes", action="store_true")


def _status(args: argparse.Namespace, out: Out) -> int:
    """0 when every certificate is good, 1 when somebody has to act."""
    settings = _settings(args, out)
    if not settings.data.exists():
        raise Problem("cli.no_data", data=str(settings.data))
    _become_owner(settings)
    known = {wanted.path: wanted for wanted in wanted_by(settings)}
    rows = [_row(files.chain, known.get(files.chain), settings) for files in files_of(settings, now_us())]
    rows += [_row(path, wanted, settings) for path, wanted in known.items() if not path.exists()]
    running = (place(args).ask({"do": "status"}) or {}).get("certificate_problem")
    if out.json:
        out.data({"certificates": rows, "certificate_problem": running})
    else:
        _tell(rows, running, out)
    return 1 if running or any(row["problem"] or row["days"] is None or row["days"] < 0 for row in rows) else 0


def _row(path: Path, wanted: Wanted | None, settings: Settings) -> dict[str, Any]:
    """One certificate: what is in its file, and what is planned with it."""
    shown, bad = _loaded(path, settings)
    state = State(settings.data).of(wanted.label) if wanted else {}
    problem: dict[str, Any] | None = state.get("problem")
    if bad is not None and problem is None and (path.exists() or wanted is None):
        problem = {"key": bad.key, "slots": bad.slots}
    return {
        "names": list(shown.names if shown else wanted.names if wanted else ()),
        "file": str(path),
        "issuer": shown.issuer if shown else "",
        "until": _instant(shown.until_s) if shown else None,
        "days": (shown.until_s - now_us() // 1_000_000) // DAY_S if shown else None,
        "renewed_at": _instant(due_s(shown)) if shown and wanted else None,
        "tried_at": _instant(state["next_s"]) if state.get("next_s") else None,
        "problem": problem,
    }


def _loaded(path: Path, settings: Settings) -> tuple[Shown | None, BadCertificate | None]:
    files = next((one for one in files_of(settings, now_us()) if one.chain == path), None)
    if files is None:
        return None, None
    try:
        return load(files), None
    except BadCertificate as error:
        return None, error


def _tell(rows: list[dict[str, Any]], running: dict[str, Any] | None, out: Out) -> None:
    cells = [
        [", ".join(row["names"]) or "-", row["until"] or "-", "-" if row["days"] is None else row["days"],
         row["renewed_at"] or "-", row["issuer"] or out.words("tls.self"), row["file"]]
        for row in rows
    ]  # fmt: skip
    out.table(("names", "until", "days", "renewed_at", "issuer", "file"), cells)
    for row in rows:
        if problem := row["problem"]:
            out.line()
            out.line(_sentence(problem, out))
            if row["tried_at"]:
                out.line(f"  {out.words('tls.next', at=row['tried_at'])}")
    if running:
        out.line()
        out.say("tls.stays", reason=out.words(running["key"], **running["slots"]))


def _sentence(problem: dict[str, Any], out: Out) -> str:
    """Trouble with a file, or with an authority."""
    if "key" in problem:
        return out.words(problem["key"], **problem["slots"])
    return acme_sentence(AcmeError(problem["kind"], problem["detail"], problem["name"]), out.language)


def acme_sentence(error: AcmeError, language: str) -> str:
    """What went wrong with the authority, and what to do."""
    key = f"acme.{error.kind}"
    if key not in table(language):
        return say(language, "acme.other", name=error.name, kind=error.kind, detail=error.detail)
    return say(language, key, name=error.name, detail=error.detail)


def _renew(args: argparse.Namespace, out: Out) -> int:
    settings = _settings(args, out)
    _become_owner(settings)
    good = True
    for wanted in _chosen(settings, args.name):
        good = _told(asyncio.run(_renewal(settings).renew(wanted)), wanted, out) and good
    return 0 if good else 1


def _revoke(args: argparse.Namespace, out: Out) -> int:
    settings = _settings(args, out)
    (wanted,) = _chosen(settings, args.name)
    if not args.yes:
        raise Problem("tls.sure", name=wanted.label)
    _become_owner(settings)
    error = asyncio.run(_renewal(settings).revoke(wanted, REASONS[args.reason]))
    return 0 if _told(error, wanted, out) else 1


def _told(error: AcmeError | None, wanted: Wanted, out: Out) -> bool:
    """Whether it went well, in a sentence."""
    if error is not None:
        error.name = error.name or wanted.label
    if out.json:
        problem = {"kind": error.kind, "detail": error.detail, "name": error.name} if error else None
        out.record({"names": list(wanted.names), "file": str(wanted.path), "problem": problem})
    elif error is None:
        out.say("tls.renewed", names=", ".join(wanted.names), file=str(wanted.path))
    else:
        out.line(acme_sentence(error, out.language))
    return error is None


def _renewal(settings: Settings) -> Renewal:
    clock = SystemClock()
    return Renewal(settings, clock, Resolver(settings.dns.nameservers or None, clock))


def _chosen(settings: Settings, name: str) -> tuple[Wanted, ...]:
    wanted = wanted_by(settings)
    if not wanted:
        raise Problem("tls.no_authority")
    found = tuple(one for one in wanted if not name or name in one.names)
    if not found:
        raise Problem("tls.unknown", name=name, known=", ".join(one.label for one in wanted))
    return found


def _settings(args: argparse.Namespace, out: Out) -> Settings:
    return settings_at(Path(data_folder(getattr(args, "data", ""))), out)


def _become_owner(settings: Settings) -> None:
    """What root writes, the server could not read."""
    if os.geteuid() == 0 and (owner := somebody_else(settings.data)) is not None:
        become(owner)


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")
