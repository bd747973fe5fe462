"""`pyeonji explain tls DOMAIN`: what each of its servers would have to prove before it gets a letter from here."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyeonji.catalog.say import say
from pyeonji.catalog.whys import why
from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.asking import PATIENCE_S, Heard, add_resolver, asked_data, nameservers, show_asked
from pyeonji.cli.config import settings_of
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import domain_of
from pyeonji.cli.where import data_folder
from pyeonji.config.load import ConfigError
from pyeonji.config.model import Settings
from pyeonji.net.clock import SystemClock
from pyeonji.net.http import Fetcher, FetchError
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Answer, Asking, Question, overheard
from pyeonji.relay.hops import AskLater, Hops, Nowhere, Rules, next_hops
from pyeonji.relay.trust.dane import Dane, dane_of
from pyeonji.relay.trust.demand import Demand, Known, demand_of
from pyeonji.relay.trust.policies import page_of
from pyeonji.relay.trust.sts import NoPolicy, Policy, parsed, policy_id
from pyeonji.relay.trust.trust import setting_of


@dataclass(frozen=True, slots=True)
class Looked:
    """`policy` None: there is none, or (`failure`) it cannot be had."""

    hops: Hops
    demands: tuple[Demand, ...]
    policy: Policy | None
    failure: str


def configure(parser: Parser) -> None:
    parser.argument("domain", metavar="DOMAIN")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when there are servers, 75 when nobody could say, 1 when there are none."""
    domain = domain_of(args.domain)
    try:
        settings = settings_of(Path(data_folder(getattr(args, "data", ""))), "", 0, out.language)
    except ConfigError as error:
        raise Problem("asking.no_settings", code=2, mistakes=error.in_words(out.language)) from error
    resolver = Resolver(nameservers(args, out), SystemClock(), validating=settings.dns.validating)
    asked: list[tuple[Question, Answer]] = []
    try:
        found = asyncio.run(asyncio.wait_for(looked(domain, settings, resolver, asked), PATIENCE_S))
    except TimeoutError as error:
        raise Problem("asking.too_slow", code=75, seconds=str(round(PATIENCE_S)), count=str(len(asked))) from error
    except Nowhere as nowhere:
        raise Problem(
            "transport.nowhere",
            code=UNDECIDED if isinstance(nowhere, AskLater) else NO,
            why=why(out.language, nowhere.text),
        ) from nowhere
    heard = Heard(found, asked)
    if out.json:
        out.data(_data(heard, resolver))
    else:
        show_asked(heard, out)
        _show(domain, found, resolver, out)
    return OK


async def looked(domain: str, settings: Settings, resolver: Resolver, asked: list[tuple[Question, Answer]]) -> Looked:
    """As the courier does it, without dialling anybody.  Raises Nowhere."""
    relay = settings.relay
    rules = Rules(
        own_names=frozenset({settings.hostname.lower()}),
        allow_loopback=relay.allow_loopback,
        allow_private=relay.allow_private,
    )
    asking = known_of(domain, rules, relay.port if resolver.vouches else 0)
    hops, number, danes = await resolver.answer_with(overheard(asking, asked))
    policy, failure = await _policy(domain, resolver) if number else (None, "")
    demands = tuple(
        demand_of(
            Known(host=host.name, domain=domain, dane=dane, policy=policy, secure_route=hops.authentic),
            setting_of(relay.tls),
        )
        for host, dane in zip(hops.hosts, danes, strict=True)
    )
    return Looked(hops, demands, policy, failure)


def known_of(domain: str, rules: Rules, port: int) -> "Asking[tuple[Hops, str, list[Dane]]]":
    """Hosts, the id of the policy, and what the DNS says of each host's certificate (`port` 0: it is not asked)."""
    hops = yield from next_hops(domain, rules)
    number = yield from policy_id(domain)
    danes = []
    for host in hops.hosts:
        danes.append((yield from dane_of(host, port, secure_route=hops.authentic)) if port else Dane())
    return hops, number, danes


async def _policy(domain: str, resolver: Resolver) -> tuple[Policy | None, str]:
    try:
        return parsed(domain, await page_of(domain, Fetcher(resolver))), ""
    except (FetchError, NoPolicy) as error:
        return None, str(error)


def _show(domain: str, found: Looked, resolver: Resolver, out: Out) -> None:
    if not resolver.vouches:
        out.line(out.words("transport.no_dane"))
    if found.policy is not None:
        hosts, days = ", ".join(found.policy.mx) or "-", found.policy.max_age // 86_400
        out.line(out.words("transport.policy", domain=domain, mode=found.policy.mode, hosts=hosts, days=days))
    elif found.failure:
        out.line(out.words("transport.broken_policy", domain=domain, why=why(out.language, found.failure)))
    else:
        out.line(out.words("transport.no_policy", domain=domain))
    for host, demand in zip(found.hops.hosts, found.demands, strict=True):
        out.line()
        out.line(f"{host.preference:>5} {host.name}  {demand.kind}")
        out.line(f"      {sentence(demand, out.language)}")
        for key, (result, words) in (("transport.refused", demand.refusal), ("transport.tested", demand.flaw)):
            if result:
                out.line(f"      {out.words(key, why=why(out.language, words))}")


def sentence(demand: Demand, language: str) -> str:
    """What is demanded, as the journey says it."""
    return say(language, f"event.tls.demand.{demand.kind}", value=demand.host)


def _data(heard: Heard[Looked], resolver: Resolver) -> dict[str, Any]:
    found = heard.found
    return {
        "dane_possible": resolver.vouches,
        "policy": list(found.policy.lines) if found.policy else None,
        "policy_failure": found.failure,
        "hosts": [
            {
                "preference": host.preference,
                "name": host.name,
                "demand": demand.kind,
                "must_encrypt": demand.must_encrypt,
                "must_prove": demand.must_prove,
                "names": list(demand.names),
                "refused": demand.refusal[1],
                "sentence": {language: sentence(demand, language) for language in ("ko", "en")},
            }
            for host, demand in zip(found.hops.hosts, found.demands, strict=True)
        ],
        "asked": asked_data(heard),
    }
