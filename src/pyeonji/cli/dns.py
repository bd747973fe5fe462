"""`pyeonji dns`: the records a domain should have, what is there, and what to paste."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from pyeonji.address import to_unicode
from pyeonji.cli.dns_facts import keys_and_domains
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import domain_of, now_us, place, seconds_of
from pyeonji.config.model import Settings
from pyeonji.daemon.zone_facts import facts_of
from pyeonji.proto.dns import Question
from pyeonji.zone.compare import Row, compared
from pyeonji.zone.master import data, fragment, line
from pyeonji.zone.provider import PROVIDERS, belongs, provider_of
from pyeonji.zone.standing import standing
from pyeonji.zone.wanted import Facts, Wanted, wanted

MARKS = {"good": "✓", "better": "!", "missing": "✗", "wrong": "✗", "unknown": "?"}
EVERY = "60s"  # between two looks of `watch`
Look = Callable[[], Awaitable[list[Row]]]


def configure(parser: Parser) -> None:
    for name, run in (("show", _show), ("check", _check), ("watch", _watch), ("zone", _zone)):
        verb = parser.verb(name, run)
        verb.argument("name", key="domain")
        verb.argument("--address", action="append", default=[], metavar="IP", key="own_address")
        verb.argument("--tlsa", action="store_true")
        if name in ("check", "watch"):
            verb.argument("--at", metavar="IP[:PORT]", default="", key="at")
        if name == "watch":
            verb.argument("--every", metavar="TIME", default=EVERY)
        if name == "zone":
            verb.argument("--provider", choices=tuple(PROVIDERS), default="", metavar="NAME", key="dns_provider")


def asked_facts(args: argparse.Namespace, out: Out) -> tuple[Settings, Facts]:
    """Of the domain and the server that the command line names; raises Problem."""
    from pyeonji.cli.config import settings_at

    name = domain_of(args.name)
    here = place(args)
    with here.home(name) as home:
        keys, ours = home.engine.read_now(keys_and_domains, name)
    if not ours:
        raise Problem("domain.unknown", domain=name)
    settings = settings_at(home.data, out)
    return settings, facts_of(settings, name, keys, tuple(args.address), tlsa_us=now_us() if args.tlsa else 0)


def _show(args: argparse.Namespace, out: Out) -> int:
    _, facts = asked_facts(args, out)
    records = wanted(facts)
    if out.json:
        out.data([as_data(one) for one in records])
        return 0
    for one in records:
        out.line(f"{out.words(f'dns.need.{one.need}')}  {one.name}.  {one.kind}  {data(one.kind, one.value)}")
        out.line(f"    {out.words(one.why, domain=to_unicode(facts.domain), host=facts.hostname)}")
    if not facts.keys:
        out.say("dns.no_keys", domain=facts.domain)
    return 0


def _zone(args: argparse.Namespace, out: Out) -> int:
    _, facts = asked_facts(args, out)
    records = wanted(facts)
    if args.provider:
        return _for_provider(out, args.provider, facts, records)
    if out.json:
        out.data({"zone": fragment(records)})
    else:
        out.line(fragment(records).rstrip("\n"))
    return 0


def _for_provider(out: Out, provider: str, facts: Facts, records: tuple[Wanted, ...]) -> int:
    """As its pages want them; what stands in another zone is only named."""
    here = [one for one in records if belongs(facts.domain, one)]
    text = PROVIDERS[provider](facts.domain, here)
    if out.json:
        out.data({"provider": provider, "text": text})
        return 0
    out.say(f"dns.provider.{provider}", domain=facts.domain)
    out.line()
    out.line(text.rstrip("\n"))
    for one in records:
        if one not in here:
            out.say("dns.other_zone", line=line(one.name, one.kind, one.value))
    out.line()
    out.say("dns.then_check", domain=facts.domain)
    return 0


def _check(args: argparse.Namespace, out: Out) -> int:
    settings, facts = asked_facts(args, out)
    rows, servers = asyncio.run(looked(settings, facts, args.at))
    note(args, facts, rows)
    if out.json:
        out.data({"servers": servers, "records": [row_data(row) for row in rows]})
    else:
        tell(out, facts, rows, servers)
    return 1 if any(row.is_bad for row in rows) else 0


def _watch(args: argparse.Namespace, out: Out) -> int:
    settings, facts = asked_facts(args, out)
    every = seconds_of(args.every)

    async def look() -> list[Row]:
        rows, _ = await looked(settings, facts, args.at)
        note(args, facts, rows)
        return rows

    asyncio.run(until_good(look, lambda row: _told(out, row), lambda: asyncio.sleep(every)))
    out.say("dns.all_good", domain=to_unicode(facts.domain))
    return 0


def note(args: argparse.Namespace, facts: Facts, rows: list[Row]) -> None:
    """What turned is told to apps, unless one asked to see another world than that of everybody."""
    from pyeonji.store import zones
    from pyeonji.store.engine.base import StoreError

    if args.at or args.address:
        return
    here = place(args)
    with suppress(StoreError), here.home(facts.domain) as home:  # the check stands: whoever looks next tells
        home.engine.write_now(zones.note, facts.domain, standing(rows), here.now_us())


async def until_good(look: Look, tell_row: Callable[[Row], None], rest: Callable[[], Awaitable[None]]) -> None:
    """Look again and again, and tell of what has changed, until nothing bad is left."""
    last: dict[tuple[str, str, str], str] = {}
    while True:
        rows = await look()
        for row in rows:
            which = (row.wanted.name, row.wanted.kind, row.wanted.value)
            if last.get(which) != row.verdict:
                tell_row(row)
            last[which] = row.verdict
        if not any(row.is_bad or (row.verdict == "unknown" and row.wanted.need != "may") for row in rows):
            return
        await rest()


async def looked(settings: Settings, facts: Facts, at: str) -> tuple[list[Row], list[str]]:
    """What the zones themselves say beside what is wanted, and which servers were asked."""
    from pyeonji.net.authority import Authority
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver, parsed_server

    try:
        servers = (parsed_server(at),) if at else ()
    except ValueError as error:
        raise Problem("asking.no_server", code=2, value=at) from error
    authority = Authority(Resolver(settings.dns.nameservers or None, SystemClock()), at=servers)
    records = wanted(facts)
    answers = await authority.answers(Question(one.name, one.kind) for one in records)
    asked = [host for zone, hosts in authority.asked.items() if facts.domain.endswith(zone) and "." in zone
             for host in hosts]  # fmt: skip
    return compared(facts, records, answers), [at] if at else asked


def tell(out: Out, facts: Facts, rows: list[Row], servers: list[str]) -> None:
    out.say("dns.asked", domain=to_unicode(facts.domain), servers=", ".join(servers) or "-")
    for row in rows:
        _told(out, row)
    bad = sum(row.is_bad for row in rows)
    out.line()
    out.say("dns.some_bad" if bad else "dns.all_good", count=bad, domain=to_unicode(facts.domain))
    if not facts.keys:
        out.say("dns.no_keys", domain=facts.domain)
    if bad and (provider := provider_of(servers)):
        out.say("dns.use_provider", domain=facts.domain, provider=provider)


def _told(out: Out, row: Row) -> None:
    if out.json:
        out.record(row_data(row))
        return
    one = row.wanted
    have = " | ".join(row.have) or out.words("dns.nothing")
    out.line(f"{MARKS[row.verdict]} {one.kind} {one.name}  {have}")
    if row.note:
        out.line(f"    {out.words(row.note)}")
    if row.paste:
        out.line(f"    {out.words('dns.paste')}  {line(one.name, one.kind, row.paste)}")


def as_data(one: Wanted) -> dict[str, Any]:
    return {
        "key": one.key, "name": one.name, "type": one.kind, "value": one.value, "need": one.need,
        "line": line(one.name, one.kind, one.value),
    }  # fmt: skip


def row_data(row: Row) -> dict[str, Any]:
    paste = line(row.wanted.name, row.wanted.kind, row.paste) if row.paste else ""
    return {**as_data(row.wanted), "have": row.have, "verdict": row.verdict, "note": row.note, "paste": paste}
