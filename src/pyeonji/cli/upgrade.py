"""`pyeonji upgrade`: bring a data folder to this program's schema, while the server is down."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, place


def configure(parser: Parser) -> None:
    """It has no options of its own."""


def run(args: argparse.Namespace, out: Out) -> int:
    """0 also when there was nothing to do."""
    from pyeonji.store.upgrade import upgrade

    here = place(args)
    if not here.nodes:
        raise Problem("cli.no_data", data=str(here.data))
    found = []
    for _, folder in here.nodes:
        with stopped(here, folder):
            older = upgrade(folder)
        if older is None:
            out.say("upgrade.not_needed", data=folder)
        else:
            out.say("upgrade.done", data=folder, version=older.version, copy=older.copy)
            found.append({"data": str(folder), "version": older.version, "copy": str(older.copy)})
    if out.json:
        out.data(found)
    return 0


@contextmanager
def stopped(here: Place, folder: Path) -> Iterator[None]:
    """Nobody serves this folder meanwhile; raises Problem."""
    from pyeonji.store.home import NotThere, make_folders
    from pyeonji.store.lock import server_lock

    if not folder.is_dir():
        raise NotThere(str(folder))
    make_folders(folder)
    lock = server_lock(folder)
    try:
        if not lock.taken or here.ask({"do": "status"}) is not None:
            raise Problem("serve.running", data=str(folder))
        yield
    finally:
        lock.release()
