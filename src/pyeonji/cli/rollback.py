"""`pyeonji rollback`: back to the copy that the last upgrade made."""

import argparse

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import now_us, place
from pyeonji.cli.upgrade import stopped


def configure(parser: Parser) -> None:
    parser.argument("--yes", action="store_true")


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.store.upgrade import AFTER, NoCopy, roll_back, way_back

    here = place(args)
    found = []
    for _, folder in here.nodes:
        with stopped(here, folder):
            try:
                way = way_back(folder)
                if args.yes:
                    roll_back(folder, now_us())
            except NoCopy as error:
                raise Problem("rollback.no_copy", data=str(folder)) from error
        kept = folder / AFTER / str(way.now)
        slots = {"data": str(folder), "now": way.now, "then": way.then, "letters": way.letters, "kept": str(kept)}
        found.append(slots)
        out.say("rollback.done" if args.yes else "rollback.would", **slots)
    if out.json:
        out.data(found)
    return 0 if args.yes else 1
