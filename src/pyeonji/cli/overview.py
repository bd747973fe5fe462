"""`pyeonji` alone: the state in six lines and three things to do next; `pyeonji --help`: all commands."""

import argparse
from collections.abc import Iterator
from typing import Any

from pyeonji.cli import GROUPS
from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, place
from pyeonji.cli.sight import Sight

NEXT = 3  # commands named
BACKUP_DAYS = 2  # after which a backup is old
DAY_US = 86_400_000_000
SOON_DAYS = 14  # a certificate that expires within these is told of
FOR_EVERYBODY = ("pyeonji top", "pyeonji send --to {address} --wait 20s", "pyeonji --help")


def configure(parser: Parser) -> None:
    pass


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.sight import as_data, look
    from pyeonji.cli.status import tell_left
    from pyeonji.store.home import NotThere

    here = place(args)
    try:
        with here.homes() as homes:
            seen = look(here, homes, None)
    except NotThere:
        out.say("overview.empty", data=str(here.data))
        tell_left(here, out)
        out.say("overview.next", commands=_named(("pyeonji lab", "pyeonji setup {address}", "pyeonji --help"), out))
        return 0
    if out.json:
        out.data({**as_data(seen), "next": list(next_commands(seen, here))})
        return 0
    for line in lines(seen, here, out):
        out.line(line)
    tell_left(here, out, running=seen.running)
    out.say("overview.next", commands=_named(next_commands(seen, here), out))
    return 0


def lines(seen: Sight, here: Place, out: Out) -> Iterator[str]:
    """Six."""
    from pyeonji.journey.instants import distance

    yield out.words("overview.running" if seen.running else "overview.down", data=str(here.data))
    yield out.words("overview.letters", **seen.totals)
    oldest = distance(out.language, seen.oldest_us, seen.at_us) if seen.oldest_us else "-"
    yield out.words("overview.queue", oldest=oldest, **seen.queue)
    worst = next(iter((*seen.failed, *seen.waiting)), None)
    if worst is None:
        yield out.words("overview.no_trouble")
    else:
        actor = out.words(f"top.actor.{worst.actor}")
        yield out.words("overview.trouble", count=worst.count, sentence=worst.sentence(out.language), actor=actor)
    days = min((_days(one, seen) for one in seen.certificates), default=None)
    yield out.words("overview.no_certificate" if days is None else "overview.certificate", days=days)
    made = (
        distance(out.language, seen.backup_s * 1_000_000, seen.at_us) if seen.backup_s else out.words("overview.never")
    )
    yield out.words("overview.disk", free=_gib(seen.storage["free"]), used=_gib(_used(seen)), backup=made)


def next_commands(seen: Sight, here: Place) -> tuple[str, ...]:
    """Those that the state asks for, then those for everybody."""
    return tuple(_wanted(seen, here))[:NEXT]


def _wanted(seen: Sight, here: Place) -> Iterator[str]:
    from pyeonji.journey.receipt import written

    if not seen.running:
        yield "pyeonji lab" if here.is_lab else "pyeonji serve"
    for group in (*seen.failed, *seen.waiting)[:1]:
        yield f"pyeonji trace {written(group.first.letter, group.first.n)}"
    if any(_days(one, seen) < SOON_DAYS for one in seen.certificates) and not here.is_lab:
        yield "pyeonji tls status"
    if not here.is_lab and seen.at_us - seen.backup_s * 1_000_000 > BACKUP_DAYS * DAY_US:
        yield "pyeonji backup {folder}"
    yield from FOR_EVERYBODY


def _named(commands: tuple[str, ...], out: Out) -> str:
    """With the words of the reader for what is to be said."""
    slots = {name: out.words(f"overview.{name}") for name in ("address", "folder")}
    return "  ·  ".join(command.format(**slots) for command in commands)


def _days(certificate: dict[str, Any], seen: Sight) -> int:
    return int(certificate["until_s"] - seen.at_us // 1_000_000) // 86_400


def _used(seen: Sight) -> int:
    return sum(octets for kind, octets in seen.storage.items() if kind != "free")


def _gib(octets: int) -> str:
    return f"{octets / 2**30:.1f} GiB" if octets >= 2**30 else f"{octets / 2**20:.0f} MiB"


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
