"""`pyeonji domain`: the domains whose mail is here."""

import argparse
from typing import TYPE_CHECKING

from pyeonji.address import parse_address, to_unicode
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, domain_of, now_us, place
from pyeonji.delivery.expand import expand
from pyeonji.store import directory
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.home import Home

if TYPE_CHECKING:
    from pyeonji.submission.keys import Made


def configure(parser: Parser) -> None:
    parser.verb("add", _add).argument("name", key="domain")
    parser.verb("list", _list)
    parser.verb("show", _show).argument("name", key="domain")
    remove = parser.verb("remove", _remove)
    remove.argument("name", key="domain")
    remove.argument("--yes", action="store_true")
    catch_all = parser.verb("catch-all", _catch_all)
    catch_all.argument("name", key="domain")
    catch_all.argument("address", nargs="?", default="", key="catch_all")


def _add(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.store.home import open_home
    from pyeonji.submission import keys

    name = domain_of(args.name)
    here = place(args)
    if here.is_lab:
        raise Problem("domain.lab")
    made = keys.make_all() if keys.signs_for(name) else []
    home = open_home(here.data, create=True)
    try:
        home.engine.write_now(_added, name, made)
    except Conflict as error:
        raise Problem("domain.exists", domain=name) from error
    finally:
        home.close()
    here.poke()
    out.answer(_data(name, "", 0), "domain.added", domain=to_unicode(name))
    if made:
        out.say("dkim.next", domain=name)
    return 0


def _added(tx: Tx, name: str, made: "list[Made]") -> None:
    """The domain with the keys its letters will be signed with."""
    from pyeonji.submission.keys import add

    now = now_us()
    directory.add_domain(tx, name, now)
    add(tx, name, made, now)


def _list(args: argparse.Namespace, out: Out) -> int:
    found = []
    with place(args).homes() as homes:
        for _, home in homes:
            accounts = home.engine.read_now(directory.accounts)
            for one in home.engine.read_now(directory.domains):
                found.append(_data(one.name, one.catch_all, _how_many(accounts, one.name)))
    if out.json:
        out.data(found)
    else:
        out.table(
            ("domain", "accounts", "catch_all"),
            [(to_unicode(str(one["name"])), one["accounts"], one["catch_all"] or "-") for one in found],
        )
    return 0


def _data(name: str, catch_all: str, accounts: int) -> dict[str, object]:
    return {"name": name, "catch_all": catch_all, "accounts": accounts}


def _how_many(accounts: list[directory.Account], domain: str) -> int:
    return sum(account.address.endswith(f"@{domain}") for account in accounts)


def _show(args: argparse.Namespace, out: Out) -> int:
    name = domain_of(args.name)
    with place(args).home(name) as home:
        one = _known(home, name)
        accounts = [a.address for a in home.engine.read_now(directory.accounts) if a.address.endswith(f"@{name}")]
        aliases = [a for a in home.engine.read_now(directory.aliases) if a.address.endswith(f"@{name}")]
    if out.json:
        pairs = [{"address": alias.address, "target": alias.target} for alias in aliases]
        out.data({"name": name, "catch_all": one.catch_all, "accounts": accounts, "aliases": pairs})
        return 0
    out.line(to_unicode(name))
    out.say("domain.catch_all_is", address=one.catch_all or "-")
    for address in accounts:
        out.line(f"  {address}")
    for alias in aliases:
        out.line(f"  {alias.address} → {alias.target}")
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    name = domain_of(args.name)
    here = place(args)
    with here.home(name) as home:
        _known(home, name)
        if not args.yes:
            out.error("domain.would_remove", domain=name)
            return 1
        try:
            home.engine.write_now(directory.remove_domain, name)
        except Conflict as error:
            raise Problem("domain.has_accounts", domain=name) from error
    here.poke()
    out.answer({"name": name, "removed": True}, "domain.removed", domain=name)
    return 0


def _catch_all(args: argparse.Namespace, out: Out) -> int:
    name = domain_of(args.name)
    target = fold(address_of(args.address)) if args.address else ""
    here = place(args)
    with here.home(name) as home:
        _known(home, name)
        if target and home.engine.read_now(leads_nowhere, name, target):
            raise Problem("domain.catch_all_nobody", address=target)
        home.engine.write_now(directory.set_catch_all, name, target)
        count = _how_many(home.engine.read_now(directory.accounts), name)
    here.poke()
    out.answer(_data(name, target, count), "domain.catch_all_is", address=target or "-")
    return 0


def leads_nowhere(tx: Tx, name: str, target: str) -> bool:
    """Would mail for `target` come back to the catch-all of this domain, or to nobody at all?"""
    found = expand(tx, parse_address(target))
    return found.is_nobody or any(step.rule == "catch-all" and step.address == target for step in found.steps)


def _known(home: Home, name: str) -> directory.Domain:
    for one in home.engine.read_now(directory.domains):
        if one.name == name:
            return one
    raise Problem("domain.unknown", domain=name)
