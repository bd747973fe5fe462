"""`pyeonji alias`: addresses that lead to others, and where any address would lead."""

import argparse

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, place
from pyeonji.delivery.expand import Expansion, Local, expand
from pyeonji.store import directory
from pyeonji.store.directory import Alias, fold
from pyeonji.store.engine.base import Conflict


def configure(parser: Parser) -> None:
    add = parser.verb("add", _add)
    add.argument("address")
    add.argument("target", nargs="+")
    add.argument("--owner", default="", metavar="ADDRESS")
    parser.verb("list", _list)
    remove = parser.verb("remove", _remove)
    remove.argument("address")
    remove.argument("target", nargs="?", key="one_target")
    parser.verb("test", _test).argument("address", key="any_address")


def _add(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    targets = [address_of(target) for target in args.target]
    owner = fold(address_of(args.owner)) if args.owner else ""
    here = place(args)
    with here.home(address.domain) as home:
        if not home.engine.read_now(directory.domain_exists, address.domain):
            raise Problem("account.no_domain", domain=address.domain)
        if args.owner:
            _check_owner(home.engine.read_now(expand, address_of(args.owner)), fold(address))
        for target in targets:
            try:
                home.engine.write_now(directory.add_alias, fold(address), fold(target), owner)
            except Conflict as error:
                raise Problem("alias.exists", address=str(address), target=str(target)) from error
            out.say("alias.added", address=address.display, target=target.display)
        if out.json:
            out.data([_data(one) for one in home.engine.read_now(directory.aliases) if one.address == fold(address)])
        if home.engine.read_now(expand, address).is_nobody:
            out.error("alias.ends_badly", address=str(address))
    here.poke()
    return 0


def _check_owner(owner: Expansion, address: str) -> None:
    """Bounces of the list must come to somebody, and not to the list again."""
    if owner.is_nobody:
        raise Problem("alias.owner_nobody", owner=str(owner.forward_path))
    if address == fold(owner.forward_path) or any(step.address == address for step in owner.steps):
        raise Problem("alias.owner_is_list", owner=str(owner.forward_path), address=address)


def _list(args: argparse.Namespace, out: Out) -> int:
    found = []
    with place(args).homes() as homes:
        for _, home in homes:
            found += home.engine.read_now(directory.aliases)
    if out.json:
        out.data([_data(one) for one in found])
    else:
        out.table(("address", "target", "owner"), [(one.address, one.target, one.owner or "-") for one in found])
    return 0


def _data(one: Alias) -> dict[str, object]:
    return {"address": one.address, "target": one.target, "owner": one.owner}


def _remove(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    target = fold(address_of(args.target)) if args.target else None
    here = place(args)
    with here.home(address.domain) as home:
        if not home.engine.write_now(directory.remove_alias, fold(address), target):
            raise Problem("alias.unknown", address=str(address))
    here.poke()
    gone = {"address": fold(address), "target": target, "removed": True}
    out.answer(gone, "alias.removed", address=address.display)
    return 0


def _test(args: argparse.Namespace, out: Out) -> int:
    """Step by step; 1 when it is nobody's."""
    address = address_of(args.address)
    here = place(args)
    known = {name for name, _ in here.nodes}
    node = address.domain if not here.is_lab or address.domain in known else next(iter(sorted(known)), "")
    with here.home(node) as home:
        expansion = home.engine.read_now(expand, address)
    ends = [
        {"mailbox": target.inbox.account} if isinstance(target, Local) else {"relay": str(target.address)}
        for target in expansion.targets
    ]
    if out.json:
        steps = [{"rule": step.rule, "address": step.address, "outcome": step.outcome} for step in expansion.steps]
        out.data({"address": str(address), "steps": steps, "ends": ends})
        return 1 if expansion.is_nobody else 0
    for at, step in enumerate(expansion.steps, 1):
        rule = step.rule.replace(" ", "_").replace("-", "_")
        out.line(f"{at:>3}  " + out.words(f"alias.step.{rule}", address=step.address, outcome=step.outcome))
    for one in dict.fromkeys(one for target in expansion.targets if target.through for one in target.through.all):
        out.say("alias.bounces_to", address=one.address, owner=one.owner)
    for target in expansion.targets:
        if isinstance(target, Local):
            out.say("alias.ends_here", account=target.inbox.account)
        else:
            out.say("alias.ends_elsewhere", address=str(target.address))
    if expansion.is_nobody:
        out.say("alias.ends_badly" if expansion.dead_end else "alias.ends_nowhere", address=str(address))
        return 1
    return 0
