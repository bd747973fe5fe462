"""`pyeonji systemd`: the units that start the server, printed or put in place."""

import argparse
import shutil
import sys
from importlib import resources
from pathlib import Path

from pyeonji.cli.out import Out
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import place
from pyeonji.config.model import Settings

UNITS = Path("/etc/systemd/system")
SERVICE, SOCKET = "pyeonji.service", "pyeonji.socket"


def configure(parser: Parser) -> None:
    parser.verb("print", _print)
    parser.verb("install", _install).argument("--folder", default=str(UNITS), metavar="DIR", key="unit_folder")


def _print(args: argparse.Namespace, out: Out) -> int:
    texts = units(_settings(args, out))
    if out.json:
        out.data(texts)
        return 0
    for name, text in texts.items():
        out.line(f"# {name}")
        out.line(text)
    return 0


def _install(args: argparse.Namespace, out: Out) -> int:
    made = put(units(_settings(args, out)), Path(args.folder))
    for path in made:
        out.say("setup.made", what=path)
    out.answer({"made": made}, "systemd.next")
    return 0


def install(data: Path, config: Path) -> list[str]:
    """Put the units of a configuration in place; which files."""
    from pyeonji.config.load import load

    return put(units(load(config, data)), UNITS)


def put(texts: dict[str, str], folder: Path) -> list[str]:
    """Raises OSError."""
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [str(folder / name) for name in texts]


def units(settings: Settings) -> dict[str, str]:
    """The service, and the socket unit with every port of the configuration, named by its service."""
    program = str(Path(shutil.which("pyeonji") or sys.argv[0]).absolute())
    service = _template(SERVICE).replace("@PROGRAM@", program).replace("@DATA@", str(settings.data))
    places = "\n".join(
        f"ListenStream={f'[{one.host}]' if ':' in one.host else one.host}:{one.port}" for one in settings.listeners
    )
    return {SERVICE: service, SOCKET: _template(SOCKET).replace("@PLACES@", places)}


def _template(name: str) -> str:
    return resources.files("pyeonji.cli").joinpath("units", name).read_text("utf-8")


def _settings(args: argparse.Namespace, out: Out) -> Settings:
    from pyeonji.cli.config import settings_at

    return settings_at(place(args).data, out)
