"""`pyeonji check`: a domain, an address, an IP address or a letter, looked at from all sides; who must mend what."""

import argparse
import asyncio
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pyeonji.address import to_unicode
from pyeonji.cli import dns, explain_dkim, machine
from pyeonji.cli.asking import add_resolver, nameservers
from pyeonji.cli.dns_facts import keys_and_domains
from pyeonji.cli.fact import Fact, as_data, tell
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, domain_of, place
from pyeonji.daemon.zone_facts import facts_of
from pyeonji.net.authority import Authority
from pyeonji.net.clock import SystemClock
from pyeonji.net.outside import NoAnswer, greeting
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Question

MAX_MX = 5  # hosts of another domain that are dialled
RECORDS = (("spf", "", "v=spf1"), ("dmarc", "_dmarc.", "v=DMARC1"), ("sts", "_mta-sts.", "v=STSv1"))


def configure(parser: Parser) -> None:
    parser.argument("what", key="check_what")
    parser.argument("--address", action="append", default=[], metavar="IP", key="own_address")
    parser.argument("--at", metavar="IP[:PORT]", default="", key="at")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when nothing has to be mended, 1 otherwise."""
    if args.what.endswith(".eml") or Path(args.what).is_file():
        args.file = args.what
        return explain_dkim.run(args, out)
    if _is_ip(args.what):
        return _end(out, args.what, asyncio.run(_ip(_machine(args, out, "", "", (args.what,)))))
    return _domain(args, out)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _machine(
    args: argparse.Namespace, out: Out, hostname: str, domain: str, addresses: tuple[str, ...]
) -> machine.Machine:
    resolver = Resolver(nameservers(args, out), SystemClock())
    return machine.Machine(hostname, domain, addresses, resolver, Authority(resolver), SystemClock())


async def _ip(here: machine.Machine) -> list[Fact]:
    """Its name and whether that leads back, and what lists say."""
    from pyeonji.msgauth.iprev import iprev

    (address,) = here.addresses
    found = await here.resolver.answer_with(iprev(address))
    slots = {"ip": address, "host": found.name or "-"}
    verdicts = {
        "pass": Fact("ptr", "good", slots), "fail": Fact("ptr_not_back", "bad", slots, "hoster"),
        "permerror": Fact("ptr_nameless", "bad", slots, "hoster"),
    }  # fmt: skip
    return [verdicts.get(found.result, Fact("ptr_unknown", "unknown", slots)), *await machine.lists(here)]


def _domain(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.what) if "@" in args.what else None
    name = address.domain if address is not None else domain_of(args.what)
    here = place(args)
    if not _is_ours(here, name):
        facts = asyncio.run(stranger(_machine(args, out, "", name, ())))
        return _end(out, to_unicode(name), facts, next_key="check.dial" if address is not None else "")
    records, rows, servers, facts = _own(args, out, here, name)
    if address is not None:
        facts = [_place_of(here, args.what), *facts]
    if out.json:
        out.data({"records": [dns.row_data(row) for row in rows], "facts": [as_data(out, fact) for fact in facts]})
    else:
        dns.tell(out, records, rows, servers)
        out.line()
        tell(out, facts)
    return 1 if any(row.is_bad for row in rows) or any(fact.verdict == "bad" for fact in facts) else 0


def _own(args: argparse.Namespace, out: Out, here: Place, name: str) -> tuple[Any, Any, list[str], list[Fact]]:
    """The records of a domain of ours, and how this machine stands in the world."""
    from pyeonji.cli.config import settings_at

    with here.home(name) as home:
        keys, _ = home.engine.read_now(keys_and_domains, name)
        settings = settings_at(home.data, out)
    facts = facts_of(settings, name, keys, tuple(args.address))
    looking = _machine(args, out, settings.hostname, name, facts.addresses)

    async def look() -> tuple[Any, list[str], list[Fact]]:
        rows, servers = await dns.looked(settings, facts, args.at)
        found = [await machine.clock(looking)]
        for one in (machine.names, machine.way_out, machine.reverse, machine.lists):
            fact = await one(looking)
            found += fact if isinstance(fact, list) else [fact]
        return rows, servers, found

    rows, servers, found = asyncio.run(look())
    dns.note(args, facts, rows)
    return facts, rows, servers, found


def _is_ours(here: Place, name: str) -> bool:
    from pyeonji.store.engine.base import StoreError

    try:
        with here.home(name) as home:
            return home.engine.read_now(keys_and_domains, name)[1]
    except (StoreError, Problem):  # no server here: every domain is somebody else's
        return False


def _place_of(here: Place, text: str) -> Fact:
    """Would a letter to this address of ours reach anybody?"""
    from pyeonji.delivery.expand import expand

    address = address_of(text)
    with here.home(address.domain) as home:
        found = home.engine.read_now(expand, address)
    slots = {"address": address.display}
    return Fact("nobody_here", "bad", slots, "you") if found.is_nobody else Fact("somebody_here", "good", slots)


async def stranger(here: machine.Machine) -> list[Fact]:
    """Another domain as a sender sees it: does it take mail, and does it say whose letters are its own?"""
    answer = await here.resolver.lookup(Question(here.domain, "MX"))
    slots = {"domain": here.domain}
    if answer.failed:
        return [Fact("dns_silent", "unknown", slots)]
    if not answer.exists:
        return [Fact("no_such_domain", "bad", slots, "them")]
    hosts = [record.split()[1] for record in sorted(answer.records, key=lambda text: int(text.split()[0]))]
    if hosts == ["."]:
        return [Fact("null_mx", "bad", slots, "them")]
    found = [Fact("their_mx", "good", slots | {"hosts": ", ".join(hosts)}) if hosts else Fact("no_mx", "better", slots)]
    for host in (hosts or [here.domain])[:MAX_MX]:
        found.append(await _greets(here, host))
    for key, label, version in RECORDS:
        texts = (await here.resolver.lookup(Question(f"{label}{here.domain}", "TXT"))).records
        record = next((text for text in texts if text.startswith(version)), "")
        more = slots | {"record": record}
        found.append(Fact(f"their_{key}", "good", more) if record else Fact(f"no_{key}", "better", slots))
    return found


async def _greets(here: machine.Machine, host: str) -> Fact:
    for kind in ("A", "AAAA"):
        for ip in (await here.resolver.lookup(Question(host, kind))).records[:1]:
            try:
                said = await greeting(ip, machine.SMTP, machine.TRY_S)
            except NoAnswer:
                continue
            return Fact("mx_greets", "good", {"host": host, "ip": ip, "said": said})
    return Fact("mx_silent", "bad", {"host": host}, "them")


def _end(out: Out, what: str, facts: list[Fact], next_key: str = "") -> int:
    bad = [fact for fact in facts if fact.verdict == "bad"]
    if out.json:
        out.data({"facts": [as_data(out, fact) for fact in facts]})
    else:
        out.line(what)
        tell(out, facts)
        if next_key:
            out.say(next_key)
    return 1 if bad else 0
