"""`pyeonji guard`: who is kept out for a while, and letting him in again."""

import argparse
from typing import Any

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import local_zone, place
from pyeonji.journey.instants import clock, rfc3339


def configure(parser: Parser) -> None:
    parser.verb("list", _list)
    parser.verb("unban", _unban).argument("who", key="barred")


def _list(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    answer = here.ask({"do": "barred"})
    if answer is None or "barred" not in answer:
        raise Problem("guard.not_running")
    found: list[dict[str, Any]] = answer["barred"]
    if out.json:
        out.data([{**one, "until": rfc3339(one["until"])} for one in found])
        return 0
    if not found:
        out.say("guard.none")
        return 0
    now = here.now_us()
    out.table(
        ("who", "why", "until", "times"),
        [
            (one["who"], out.words(f"guard.{one['what']}"), clock(one["until"], now, local_zone()), one["times"])
            for one in found
        ],
    )
    return 0


def _unban(args: argparse.Namespace, out: Out) -> int:
    answer = place(args).ask({"do": "forgive", "who": args.who})
    if answer is None or "forgiven" not in answer:
        raise Problem("guard.not_running")
    out.say("guard.forgiven" if answer["forgiven"] else "guard.was_not", who=args.who)
    if out.json:
        out.data({"who": args.who, "was_barred": answer["forgiven"]})
    return 0 if answer["forgiven"] else 1
