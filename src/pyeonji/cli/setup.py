"""`pyeonji setup you@domain`: from an empty machine to a mail server, with real tests on the way."""

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyeonji.cli import making
from pyeonji.cli.answers import Answers, ask, read
from pyeonji.cli.fact import Fact, as_data, tell
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, domain_of, now_us
from pyeonji.cli.where import SYSTEM, own_folder

LINES = "dns.zone"  # in the data folder: what to put into the DNS


def configure(parser: Parser) -> None:
    parser.argument("address", key="setup_address")
    parser.argument("--hostname", default="", metavar="NAME", key="setup_hostname")
    parser.argument("--address", dest="ips", action="append", default=[], metavar="IP", key="own_address")
    parser.argument("--dns", action="append", default=[], metavar="IP[:PORT]", key="dns")
    parser.argument("--config", default="", metavar="FILE", key="setup_config")
    parser.argument("--acme", default=making.LETS_ENCRYPT, metavar="URL", key="setup_acme")
    parser.argument("--acme-roots", default="", metavar="FILE", key="setup_acme_roots")
    parser.argument("--agree", action="store_true", key="setup_agree")
    parser.argument("--answers", default="", metavar="FILE", key="setup_answers")
    parser.argument("--password-stdin", action="store_true", key="password_stdin")
    parser.argument("--dry-run", action="store_true", key="setup_dry_run")


@dataclass(slots=True)
class Report:
    """What is said at the end, to people and to programs."""

    facts: list[Fact] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    ready: bool = False


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when everything is as it should be, 1 when somebody has something to do first."""
    address = address_of(args.address)
    hostname = domain_of(args.hostname) if args.hostname else f"mail.{address.domain}"
    given = read(args.answers)
    report = Report()
    _look(args, out, report, address.domain, hostname)
    answers = given or ask(report.facts, out, _host(args.acme), agree=args.agree)
    _take_over(args, answers, report)
    plan = making.Plan(
        address, hostname, _data(args), _config(args), ipv6=any(":" in ip for ip in _ips(args)),
        relay=answers.relay if answers.port25 == "relay" else "", nameservers=tuple(args.dns),
        acme=args.acme, acme_roots=_absolute(args.acme_roots), agreed=answers.agree or args.agree,
    )  # fmt: skip
    out.say("setup.making", step="3/4")
    if args.dry_run:
        out.say("setup.would", config=plan.config, text=plan.text, data=plan.data, address=address.display)
    else:
        _make(args, out, plan, report)
    _certificates(out, plan, report)
    _lines(args, out, plan, answers, report)
    bad = [fact for fact in report.facts if fact.verdict == "bad"]
    report.ready = not bad
    if out.json:
        out.data(
            {
                "facts": [as_data(out, fact) for fact in report.facts], "made": report.made, "dry_run": args.dry_run,
                "config": plan.text, "records": report.records, "ready": report.ready,
            }
        )  # fmt: skip
    if not args.dry_run:
        out.say("setup.open" if bad else "setup.ready", count=len(bad), domain=address.domain, data=plan.data)
    return 1 if bad else 0


def _look(args: argparse.Namespace, out: Out, report: Report, domain: str, hostname: str) -> None:
    """Steps 1 and 2: this machine, and the world."""
    from pyeonji.cli import machine
    from pyeonji.net.authority import Authority
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver

    clock = SystemClock()
    try:
        resolver = Resolver(tuple(args.dns) or None, clock)
    except ValueError as error:
        raise Problem("asking.no_server", code=2, value=str(args.dns[0])) from error
    here = machine.Machine(hostname, domain, _ips(args), resolver, Authority(resolver), clock)
    out.say("setup.machine", step="1/4")
    local = [*machine.ports(), asyncio.run(machine.clock(here))]
    _told(out, local)
    out.say("setup.world", step="2/4")
    far = asyncio.run(machine.outside(here))
    _told(out, far)
    report.facts += [*local, *far]


def _told(out: Out, facts: list[Fact]) -> None:
    if not out.json:
        tell(out, facts)


def _take_over(args: argparse.Namespace, answers: Answers, report: Report) -> None:
    """Stop who has our ports, if that was the answer; the facts change with it."""
    if not answers.take_over or args.dry_run:
        return
    units = {fact.slots["unit"] for fact in report.facts if fact.key == "port_taken"}
    stopped = {unit for unit in units if making.stop_unit(unit)}
    for unit in sorted(stopped):
        report.made.append(f"systemctl disable --now {unit}")
    report.facts = [
        fact for fact in report.facts if not (fact.key == "port_taken" and fact.slots["unit"] in stopped)
    ]  # fmt: skip


def _make(args: argparse.Namespace, out: Out, plan: making.Plan, report: Report) -> None:
    credentials = _credentials(args, out)
    if str(plan.data) == SYSTEM and making.make_user():
        report.made.append(f"user {making.USER}")
    if making.write_config(plan):
        report.made.append(str(plan.config))
    new, keys = making.make_store(plan, credentials, out.language, now_us())
    if new:
        report.made.append(plan.address.display)
    report.made += [key.name for key in keys]
    if _is_system(plan):
        from pyeonji.cli.systemd import install

        report.made += install(plan.data, plan.config)
        making.give_away(plan.data)
    for one in report.made:
        out.say("setup.made", what=one)
    if not credentials and new:
        out.say("setup.no_password", address=plan.address.display)
    if new and not out.json:  # what programs read is kept in logs
        _show_link(out, plan)


def _show_link(out: Out, plan: making.Plan) -> None:
    """The new account looks after the server, and has a link for its first visit."""
    from pyeonji.cli.visitors import LINK_US, made_link
    from pyeonji.store import administrators, directory
    from pyeonji.store.home import open_home

    home = open_home(plan.data, create=False)
    try:
        account = home.engine.read_now(directory.account, directory.fold(plan.address))
        if account is not None:
            home.engine.write_now(administrators.set_administrator, account.id, True)
            out.say(
                "setup.link", minutes=LINK_US // 60_000_000, url=made_link(home, account, f"https://{plan.hostname}")
            )
    finally:
        home.close()


def _certificates(out: Out, plan: making.Plan, report: Report) -> None:
    """What becomes of them: browsers and mail programs believe none that we make ourselves."""
    slots = {"authority": _host(plan.acme), "names": ", ".join(plan.certified), "config": str(plan.config)}
    if not plan.acme:
        found = Fact("no_authority", "better", slots, "you")
    else:
        found = Fact("agreed", "good", slots) if plan.agreed else Fact("not_agreed", "better", slots, "you")
    report.facts.append(found)
    _told(out, [found])


def _lines(args: argparse.Namespace, out: Out, plan: making.Plan, answers: Answers, report: Report) -> None:
    """Step 4: what to put into the DNS.  A domain whose mail goes elsewhere keeps its MX unless that was answered."""
    from dataclasses import replace as changed

    from pyeonji.cli.dns import as_data as record_data
    from pyeonji.config.load import default, understood
    from pyeonji.daemon.zone_facts import facts_of
    from pyeonji.store import keys
    from pyeonji.store.home import DATABASE, open_home
    from pyeonji.zone.master import fragment
    from pyeonji.zone.wanted import wanted

    own: list[keys.OwnKey] = []
    if (plan.data / DATABASE).exists():
        home = open_home(plan.data, create=False)
        own = home.engine.read_now(keys.keys_of, plan.address.domain)
        home.close()
    settings, _ = understood(plan.text.encode(), default(plan.data))
    facts = changed(facts_of(settings, plan.address.domain, own, _ips(args)), can_send=answers.port25 != "receive")
    elsewhere = any(fact.key == "mx_elsewhere" for fact in report.facts) and not answers.receive
    records = [one for one in wanted(facts) if not (elsewhere and one.key == "mx")]
    report.records = [record_data(one) for one in records]
    out.say("setup.dns", step="4/4", count=len(records))
    if not out.json:
        for line in fragment(records).splitlines():
            out.line(f"  {line}")
    if not args.dry_run:
        path = plan.data / LINES
        path.write_text(fragment(records), "utf-8")
        out.say("setup.dns_file", file=path, domain=plan.address.domain)


def _credentials(args: argparse.Namespace, out: Out) -> dict[str, str]:
    """Of the password that somebody types, or that comes by a pipe; none is made up, for none is ever printed."""
    from pyeonji.directory.login import make_credentials

    if args.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty() and not out.json:
        import getpass

        password = getpass.getpass(f"  {out.words('setup.ask_password')} ")
    else:
        return {}
    if not password:
        return {}
    if not password:
        raise Problem("account.no_password", code=2)
    try:
        return make_credentials(password)
    except ValueError as error:
        raise Problem("account.odd_password", code=2) from error


def _ips(args: argparse.Namespace) -> tuple[str, ...]:
    from pyeonji.net.own_address import own_addresses

    return tuple(args.ips) or own_addresses()


def _host(url: str) -> str:
    """For people: of whom it is."""
    return urlsplit(url).hostname or url


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _data(args: argparse.Namespace) -> Path:
    asked = getattr(args, "data", "") or os.environ.get("PYEONJI_DATA", "")
    return Path(asked or (SYSTEM if os.geteuid() == 0 else own_folder())).absolute()


def _config(args: argparse.Namespace) -> Path:
    if args.config:
        return Path(args.config).absolute()
    data = _data(args)
    return making.CONFIG_DIR / "pyeonji.toml" if str(data) == SYSTEM else data / "pyeonji.toml"


def _is_system(plan: making.Plan) -> bool:
    """Is this the machine's own server, which systemd starts?"""
    return str(plan.data) == SYSTEM and os.geteuid() == 0 and Path("/run/systemd/system").is_dir()
