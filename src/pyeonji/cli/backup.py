"""`pyeonji backup DIR`: everything that cannot be made again, while the server works."""

import argparse
from pathlib import Path

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import now_us, place

LEAST_KEY = 16  # octets


def configure(parser: Parser) -> None:
    parser.argument("folder", key="backup_folder")
    parser.argument("--key", metavar="FILE", default="", key="backup_key")
    parser.argument("--keep", type=int, default=0, metavar="N", key="backup_keep")


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when all of it is there; 1 when the store names files that are not."""
    from pyeonji.cli.config import settings_of
    from pyeonji.config.load import ConfigError, default, find
    from pyeonji.store.backup import back_up, prune
    from pyeonji.store.engine.base import CopiedElsewhere

    here = place(args)
    if here.is_lab:
        raise Problem("backup.lab")
    key = key_of(args.key)
    try:
        settings = settings_of(here.data, "", 0, out.language)
    except ConfigError:  # a mistake in it is no reason to have no backup
        settings = default(here.data)
    with here.home() as home:
        try:
            made = back_up(
                home, Path(args.folder).absolute(), now_us=now_us(), key=key, config=find(here.data),
                maildrops=settings.maildrops,
            )  # fmt: skip
        except CopiedElsewhere as error:
            raise Problem("backup.postgres") from error
    gone = prune(made.path.parent, args.keep) if args.keep > 0 else []
    if out.json:
        out.data(
            {
                "path": str(made.path), "letters": made.letters, "files": made.files, "copied": made.copied,
                "missing": made.missing, "secrets": key is not None, "removed": [str(path) for path in gone],
            }
        )  # fmt: skip
    out.say("backup.done", path=made.path, letters=made.letters, files=made.files, copied=made.copied)
    out.say("backup.sealed" if key else "backup.bare", file=args.key)
    for file in made.missing:
        out.error("backup.missing", file=file)
    return 1 if made.missing else 0


def key_of(name: str) -> bytes | None:
    """The key in a file, without the blanks around it; None when no file was named."""
    if not name:
        return None
    try:
        key = Path(name).read_bytes().strip()
    except OSError as error:
        raise Problem("backup.no_key", file=name, reason=error.strerror or type(error).__name__) from error
    if len(key) < LEAST_KEY:
        raise Problem("backup.short_key", code=2, file=name, least=str(LEAST_KEY))
    return key
