"""`pyeonji logs`: what happened, one line for each event, read from the journey itself."""

import argparse
import sys
import time
from collections.abc import Iterable

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, place
from pyeonji.cli.trace import numbers
from pyeonji.logs.facts import Facts
from pyeonji.logs.printer import Printer, printer
from pyeonji.logs.record import INFO, LEVELS
from pyeonji.store import following, journey, lately
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.journey import JourneyRow

LOOK_S = 0.5  # seconds between two looks with -f
LINES = 50  # shown without -n
ROWS = 500  # of the journey, read at once
MOST = 100_000  # rows looked at for the last lines


def configure(parser: Parser) -> None:
    parser.argument("what", metavar="ID", nargs="?", default="", key="logs_of")
    parser.argument("-f", "--follow", action="store_true", key="logs_follow")
    parser.argument("-n", "--lines", type=int, default=LINES, metavar="N", key="logs_lines")
    parser.argument("--level", choices=LEVELS, default=INFO, metavar="LEVEL", key="logs_level")
    parser.argument("--style", choices=("text", "postfix"), default="text", metavar="STYLE", key="logs_style")


def run(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    style = "json" if out.json else args.style
    with here.homes() as homes:
        printers = [(home, printer(style, args.level, name or "localhost")) for name, home in homes]
        chosen = [(home, made) for home, made in printers if made is not None]
        if args.what:
            _of_one(args.what, homes, chosen, out)
            return 0
        places = [home.engine.read_now(following.last) for home, _ in chosen]
        for home, made in chosen:
            for line in home.engine.read_now(_last, made, args.lines):
                out.line(line)
        if args.follow:
            _follow(here, chosen, places, out)
    return 0


def _of_one(what: str, homes: list[tuple[str, Home]], chosen: list[tuple[Home, Printer]], out: Out) -> None:
    found = numbers(what, homes)
    if not found:
        raise Problem("trace.unknown", what=what)
    for _, home, number in found[:1]:
        made = next(made for one, made in chosen if one is home)
        for line in home.engine.read_now(_of_letter, made, number):
            out.line(line)


def _of_letter(tx: Tx, made: Printer, number: int) -> list[str]:
    return _lines(tx, made, journey.of_message(tx, number))


def _last(tx: Tx, made: Printer, count: int) -> list[str]:
    """The last lines: of as many rows as they need."""
    rows: list[JourneyRow] = []
    for row in lately.backwards(tx, 0, MOST):
        rows.append(row)
        if len(rows) % ROWS == 0 and len(_lines(tx, made, rows)) >= count:
            break
    return _lines(tx, made, reversed(rows))[-count:] if count > 0 else []


def _lines(tx: Tx, made: Printer, rows: Iterable[JourneyRow]) -> list[str]:
    facts = Facts(tx)
    return [line for row in rows for line in made.lines(row, facts)]


def _follow(here: Place, chosen: list[tuple[Home, Printer]], places: list[int], out: Out) -> None:
    """Until somebody stops it."""
    while True:
        for at, (home, made) in enumerate(chosen):
            places[at], lines = home.engine.read_now(_behind, made, places[at])
            for line in lines:
                out.line(line)
        sys.stdout.flush()
        time.sleep(LOOK_S)


def _behind(tx: Tx, made: Printer, at: int) -> tuple[int, list[str]]:
    at, rows = following.behind(tx, at, ROWS)
    return at, _lines(tx, made, rows)
