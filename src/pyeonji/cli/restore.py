"""`pyeonji restore DIR`: a data folder from a backup."""

import argparse
from datetime import datetime
from pathlib import Path

from pyeonji.cli.backup import key_of
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import local_zone, now_us
from pyeonji.cli.where import server_folder


def configure(parser: Parser) -> None:
    parser.argument("folder", key="backup_folder")
    parser.argument("--from", dest="name", metavar="NAME", default="", key="backup_name")
    parser.argument("--key", metavar="FILE", default="", key="restore_key")


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.store.backup import NotABackup
    from pyeonji.store.restore import Changed, InUse, choose, restore
    from pyeonji.store.sealing import NotOpened

    data = Path(server_folder(getattr(args, "data", "")))
    key = key_of(args.key)
    try:
        backup = choose(Path(args.folder).absolute(), args.name)
        done = restore(backup, data, now_us=now_us(), key=key)
    except InUse as error:
        raise Problem("restore.in_use", data=str(data)) from error
    except Changed as error:
        raise Problem("restore.changed", file=str(error)) from error
    except NotABackup as error:
        raise Problem("restore.no_backup", folder=args.folder) from error
    except NotOpened as error:
        raise Problem("restore.wrong_key", file=args.key) from error
    made = datetime.fromtimestamp(done.made_us / 1_000_000, local_zone()).isoformat(" ", "seconds")
    if out.json:
        out.data(
            {
                "data": str(data), "backup": str(backup), "made": made, "letters": done.letters,
                "waiting": done.waiting, "without_login": done.bare,
            }
        )  # fmt: skip
    out.say("restore.done", data=data, made=made, letters=done.letters)
    if done.waiting:
        out.say("restore.waiting", waiting=done.waiting)
    if done.bare:
        out.say("restore.bare", bare=done.bare)
    return 0
