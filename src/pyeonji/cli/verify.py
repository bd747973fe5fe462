"""`pyeonji verify`: everything that is stored against everything else."""

import argparse

from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import place


def configure(parser: Parser) -> None:
    parser.argument("--rebuild", action="store_true")


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when nothing contradicts (any more), 1 otherwise."""
    from pyeonji.store.verify import rebuild, verify

    found = []
    with place(args).homes() as homes:
        for name, home in homes:
            if args.rebuild:
                rebuild(home)
            found += [
                {"server": name, "what": one.what, "where": one.where, "fix": one.fix} for one in verify(home)
            ]  # fmt: skip
    if out.json:
        out.data(found)
    else:
        for one in found:
            out.line(f"✗ {one['server']} {one['where']}: {one['what']}\n  → {one['fix']}".replace("  ", " ", 1))
        out.say("verify.bad" if found else "verify.good", count=len(found))
    return 1 if found else 0
