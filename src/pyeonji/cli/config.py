"""`pyeonji config`: what is set, what could be set, and whether a file is right."""

import argparse
import os
from pathlib import Path
from typing import Any

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.where import data_folder
from pyeonji.config.load import FILE, ConfigError, default, find, load, understood
from pyeonji.config.model import Settings
from pyeonji.config.reference import example, flat
from pyeonji.config.values import written


def configure(parser: Parser) -> None:
    show = parser.verb("show", _show)
    show.argument("--origin", action="store_true")
    change = parser.verb("set", _set)
    change.argument("name", key="setting")
    change.argument("value", nargs="+", key="setting_value")
    parser.verb("test", _test).argument("file", nargs="?", default="", key="config_file")
    parser.verb("example", _example)


def settings_of(data: Path, file: str, port_offset: int, language: str) -> Settings:
    """The settings of a server: those of `file`, else of its data folder or machine, else the defaults."""
    path = Path(file) if file else find(data)
    return load(path, data, port_offset, language=language) if path else default(data, port_offset)


def settings_at(data: Path, out: Out) -> Settings:
    """The same of the server in a data folder; raises Problem, where the file has mistakes."""
    try:
        return settings_of(data, "", 0, out.language)
    except ConfigError as error:
        raise Problem("config.not_used", code=2, mistakes=error.in_words(out.language), path=str(error.path)) from error


def _show(args: argparse.Namespace, out: Out) -> int:
    data = _data(args)
    path = find(data)
    settings = _loaded(path, data, out)
    origin = flat(default(data))
    values = flat(settings)
    if out.json:
        out.data(_as_data(path, values))
        return 0
    out.say("config.file_is", path=str(path) if path else "-")
    for name, value in values.items():
        note = ""
        if args.origin:
            note = "  # " + out.words("config.from_default" if origin.get(name) == value else "config.from_file")
        out.line(f"{name} = {written(value)}{note}")
    return 0


def _as_data(path: Path | None, values: dict[str, Any]) -> dict[str, Any]:
    return {"file": str(path) if path else None, "settings": {name: _plain(value) for name, value in values.items()}}


def _set(args: argparse.Namespace, out: Out) -> int:
    """Change one setting and keep the rest of the file as it is; nothing is written unless all of it is right."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = _data(args) / FILE
    try:
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else "")
    except (TOMLKitError, UnicodeDecodeError):
        _loaded(path, _data(args), out)  # says which line it is
        raise
    try:
        value: Any = _value(args.value)
        table: Any = document
        *groups, name = args.name.split(".")
        for group in groups:
            table = table.setdefault(group, tomlkit.table())
        table[name] = value
    except (TOMLKitError, AttributeError, TypeError) as error:
        raise Problem("config.cannot_set", code=2, name=args.name) from error
    octets = tomlkit.dumps(document).encode()
    settings, mistakes = understood(octets, default(_data(args)))
    if mistakes:
        raise Problem("cli.as_is", code=2, text="\n".join(one.sentence(out.language) for one in mistakes))
    _replace(path, octets)
    changed = {name: value for name, value in flat(settings).items() if f"{name}.".startswith(f"{args.name}.")}
    out.answer(_as_data(path, changed), "config.set", name=args.name, path=str(path))
    return 0


def _test(args: argparse.Namespace, out: Out) -> int:
    data = _data(args)
    path = Path(args.file) if args.file else find(data)
    if path is None:
        out.say("config.no_file", data=str(data))
        return 0
    try:
        settings = load(path, data, language=out.language)
    except ConfigError as error:
        if out.json:
            out.data(
                [{"line": one.line, "setting": one.where, "what": one.sentence(out.language)} for one in error.mistakes]
            )
        else:
            out.line(error.in_words(out.language))
        return 1
    wrong = _certificates(settings, out)
    if out.json:
        out.data([{"line": 0, "setting": setting, "what": what} for setting, what in wrong])
    for setting, what in wrong:
        out.say("config.certificate", path=str(path), where=setting, what=what)
    if not wrong:
        out.say("config.good", path=str(path))
    return 1 if wrong else 0


def _certificates(settings: Settings, out: Out) -> list[tuple[str, str]]:
    """What the server would say of the files it is to show, read as the user that it runs as: (setting, sentence)."""
    from pyeonji.daemon.certificate import amiss
    from pyeonji.daemon.owner import become, somebody_else
    from pyeonji.net.clock import SystemClock

    if (owner := somebody_else(settings.data)) is not None:
        become(owner)
    return [(setting, out.words(bad.key, **bad.slots)) for setting, bad in amiss(settings, SystemClock().now_us())]


def _example(args: argparse.Namespace, out: Out) -> int:
    lines = list(example(default(_data(args)), out.language))
    if out.json:
        out.data({"example": "\n".join(lines) + "\n"})
        return 0
    for line in lines:
        out.line(line)
    return 0


def _data(args: argparse.Namespace) -> Path:
    return Path(data_folder(getattr(args, "data", "")))


def _loaded(path: Path | None, data: Path, out: Out) -> Settings:
    try:
        return load(path, data, language=out.language) if path else default(data)
    except ConfigError as error:
        raise Problem("cli.as_is", text=error.in_words(out.language)) from error


def _value(words: list[str]) -> Any:
    """A value as it would stand in the file; bare words are text, several are a list."""
    import tomllib

    if len(words) > 1:
        return words
    try:
        return tomllib.loads(f"value = {words[0]}")["value"]
    except tomllib.TOMLDecodeError:
        return words[0]


def _plain(value: Any) -> Any:
    from pyeonji.config.values import time_text

    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return time_text(value) if hasattr(value, "total_seconds") else value


def _replace(path: Path, octets: bytes) -> None:
    """All or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    with open(new, "wb") as stream:
        stream.write(octets)
        stream.flush()
        os.fsync(stream.fileno())
    new.rename(path)
