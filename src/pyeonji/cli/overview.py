"""`pyeonji` alone: the state in a few lines and what to do next; `pyeonji --help`: all commands."""

import argparse

from pyeonji.cli import GROUPS
from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import place


def configure(parser: Parser) -> None:
    pass


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.status import tell, tell_left
    from pyeonji.store.home import NotThere

    here = place(args)
    try:
        tell(here, out)
    except NotThere:
        out.say("overview.empty", data=str(here.data))
        tell_left(here, out)
    out.say("overview.next")
    return 0


def overview(out: Out) -> int:
    """The help page of the whole program."""
    out.line(out.words("overview.title"))
    for group, names in GROUPS.items():
        out.line()
        out.line(out.words(f"overview.{group}"))
        for name in names:
            out.line(f"  {name:<9} {out.words(f'help.{name}')}")
    out.line()
    out.line(out.words("overview.compatible"))
    out.line(out.words("overview.more"))
    return 0
