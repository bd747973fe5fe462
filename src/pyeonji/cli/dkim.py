"""`pyeonji dkim`: the keys that our letters are signed with, and what the DNS must say of them."""

import argparse
import asyncio
from typing import Any

from pyeonji.address import to_unicode
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, domain_of, local_zone, place
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.store import directory, keys
from pyeonji.store.keys import OwnKey
from pyeonji.zone.master import line


def configure(parser: Parser) -> None:
    parser.verb("list", _list).argument("domain", nargs="?", default="", key="dkim_domain")
    show = parser.verb("show", _show)
    show.argument("domain")
    show.argument("--zone", action="store_true")
    parser.verb("check", _check).argument("domain")
    parser.verb("rotate", _rotate).argument("domain")
    for name, run in (("use", _use), ("retire", _retire)):
        verb = parser.verb(name, run)
        verb.argument("domain")
        verb.argument("selector")
        if name == "retire":
            verb.argument("--yes", action="store_true")


def _list(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    found = _keys(here, domain_of(args.domain)) if args.domain else _keys(here)
    now = here.now_us()
    if out.json:
        out.data([as_data(key, now) for key in found])
        return 0
    if not found and args.domain:
        raise Problem("dkim.none_of", domain=args.domain)
    if not found:
        out.say("dkim.none")
        return 0
    zone = local_zone()
    rows = [
        (to_unicode(key.domain), key.selector, key.algorithm, out.words(f"dkim.state.{_state(key, now)}"),
         clock(_since(key), now, zone))
        for key in found
    ]  # fmt: skip
    out.table(("domain", "selector", "algorithm", "state", "since"), rows)
    return 0


def _show(args: argparse.Namespace, out: Out) -> int:
    name = domain_of(args.domain)
    here = place(args)
    now = here.now_us()
    found = [key for key in _keys(here, name) if key.is_wanted(now)]
    if not found:
        raise Problem("dkim.none_of", domain=name)
    if out.json:
        out.data([as_data(key, now) for key in found])
    elif args.zone:
        for key in found:
            out.line(line(key.name, "TXT", key.record))
    else:
        _tell(found, name, now, out)
    return 0


def _tell(found: list[OwnKey], name: str, now_us: int, out: Out) -> None:
    out.say("dkim.paste", domain=to_unicode(name))
    for key in found:
        out.line()
        out.line(f"  {key.selector}  {key.algorithm}  {out.words(f'dkim.state.{_state(key, now_us)}')}")
        out.line("  " + out.words("dkim.name", name=key.name))
        out.line("  " + out.words("dkim.value", value=key.record))
    out.line()
    out.say("dkim.then", domain=name)


def _check(args: argparse.Namespace, out: Out) -> int:
    """0 when all that is needed is in the DNS."""
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver
    from pyeonji.submission.keys import look

    name = domain_of(args.domain)
    here = place(args)
    with here.home(name) as home:
        if not home.engine.read_now(keys.keys_of, name):
            raise Problem("dkim.none_of", domain=name)
        resolver = Resolver(_nameservers(here, out), SystemClock())
        said = asyncio.run(look(home, resolver.answer_with, here.now_us(), name))
        found = home.engine.read_now(keys.keys_of, name)
    here.poke()
    if out.json:
        out.data([as_data(key, here.now_us()) | {"dns": said.get(key.name, "")} for key in found])
    for key_name, what in said.items():
        out.say(f"dkim.said.{what}", name=key_name, domain=name)
    if all(what == "shown" for what in said.values()):
        out.say("dkim.all_there", domain=to_unicode(name))
        return 0
    return 1


def _nameservers(here: Place, out: Out) -> tuple[str, ...] | None:
    """Whom the server asks; None for this machine's own."""
    from pyeonji.cli.config import settings_of
    from pyeonji.config.load import ConfigError

    try:
        return settings_of(here.data, "", 0, out.language).dns.nameservers or None
    except ConfigError as error:
        raise Problem("cli.as_is", text=error.in_words(out.language)) from error


def _rotate(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.submission.keys import add, make_all, signs_for

    name = domain_of(args.domain)
    here = place(args)
    with here.home(name) as home:
        if not home.engine.read_now(directory.domain_exists, name):
            raise Problem("domain.unknown", domain=name)
        if not signs_for(name):
            raise Problem("dkim.no_dns", domain=name)
        if any(key.state in ("made", "published") for key in home.engine.read_now(keys.keys_of, name)):
            raise Problem("dkim.waits", domain=name)
        made = home.engine.write_now(add, name, make_all(), here.now_us())
    here.poke()
    if out.json:
        out.data([as_data(key, here.now_us()) for key in made])
        return 0
    out.say("dkim.made", domain=to_unicode(name))
    _tell(made, name, here.now_us(), out)
    return 0


def _use(args: argparse.Namespace, out: Out) -> int:
    return _changed(args, out, keys.activate, "dkim.used")


def _retire(args: argparse.Namespace, out: Out) -> int:
    if not args.yes:
        out.error("dkim.would_retire", domain=args.domain, selector=args.selector)
        return 1
    return _changed(args, out, keys.retire, "dkim.retired")


def _changed(args: argparse.Namespace, out: Out, change: Any, said: str) -> int:
    name = domain_of(args.domain)
    here = place(args)
    with here.home(name) as home:
        if not home.engine.write_now(change, name, args.selector, here.now_us()):
            raise Problem("dkim.unknown", domain=name, selector=args.selector)
        found = home.engine.read_now(keys.keys_of, name)
    here.poke()
    out.say(said, domain=to_unicode(name), selector=args.selector)
    if out.json:
        out.data([as_data(key, here.now_us()) for key in found])
    return 0


def _keys(here: Place, domain: str = "") -> list[OwnKey]:
    found: list[OwnKey] = []
    with here.homes() as homes:
        for _, home in homes:
            found += home.engine.read_now(keys.keys_of, domain) if domain else home.engine.read_now(keys.all_keys)
    return found


def as_data(key: OwnKey, now_us: int) -> dict[str, Any]:
    """A key for a program."""
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "state": key.state,
        "since": rfc3339(_since(key)),
        "wanted": key.is_wanted(now_us),
        "name": key.name,
        "type": "TXT",
        "value": key.record,
    }


def _state(key: OwnKey, now_us: int) -> str:
    return key.state if key.is_wanted(now_us) else "gone"


def _since(key: OwnKey) -> int:
    return key.retired_us or key.active_us or key.published_us or key.made_us
