"""Reading `pyeonji.toml`: all mistakes at once, each with its line and what to write instead.

The file is short: paths, ports, limits.  What people edit day to day (domains, accounts, aliases) lives in the store.
The tables of the file are the slices of `config.model`; their fields say type, unit and meaning.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from pyeonji.catalog.cli import say
from pyeonji.config.model import SERVICES, Listen, Settings, default_settings
from pyeonji.config.values import WrongValue, endpoint, read_value

FILE = "pyeonji.toml"
MAX_FILE = 1 << 20  # octets; ours is one page
HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-]+)\s*\]")
KEY = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")
AT_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is not right.  `line` 0: the file as a whole; `what` and `slots` name the sentence."""

    line: int
    where: str  # "queue.waits", or "" when the file cannot be read at all
    what: str
    slots: tuple[tuple[str, str], ...] = ()

    def sentence(self, language: str) -> str:
        return say(language, f"config.{self.what}", where=self.where, **dict(self.slots))


class ConfigError(ValueError):
    """The file is not usable; nothing of it was applied.  `str()` has one line per mistake."""

    def __init__(self, path: Path, mistakes: list[Mistake], language: str = "en") -> None:
        super().__init__(str(path))
        self.path = path
        self.mistakes = mistakes
        self.language = language

    def __str__(self) -> str:
        return self.in_words(self.language)

    def in_words(self, language: str) -> str:
        return "\n".join(
            f"{self.path}{f':{mistake.line}' if mistake.line else ''}: {mistake.sentence(language)}"
            for mistake in self.mistakes
        )


def default(data: Path, port_offset: int = 0) -> Settings:
    """A working local system without any configuration."""
    return default_settings(data, port_offset)


def find(data: Path) -> Path | None:
    """The configuration of a data folder: its own, else that of the machine; None when there is none."""
    for path in (data / FILE, Path("/etc/pyeonji") / FILE):
        if path.is_file():
            return path
    return None


def load(path: Path, data: Path, port_offset: int = 0, *, language: str = "en") -> Settings:
    """The settings a file says, on top of the defaults; raises ConfigError with every mistake of it."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(path, [Mistake(0, "", "unreadable", (("reason", reason),))], language) from error
    settings, mistakes = understood(octets, default(data, port_offset), port_offset)
    if mistakes:
        raise ConfigError(path, mistakes, language)
    return settings


def understood(octets: bytes, settings: Settings, port_offset: int = 0) -> tuple[Settings, list[Mistake]]:
    """What the text of a file changes in `settings`, and all its mistakes in the order of its lines."""
    if len(octets) > MAX_FILE:
        return settings, [Mistake(0, "", "too_long")]
    try:
        text = octets.decode("utf-8-sig")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return settings, [Mistake(octets.count(b"\n", 0, error.start) + 1, "", "not_utf8")]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = AT_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        return settings, [Mistake(line, "", "not_toml", (("line_text", _line_of(text, line)),))]
    reader = _Reader(lines_of(text), port_offset)
    settings = reader.settings(settings, document)
    return settings, sorted(reader.mistakes, key=lambda mistake: mistake.line)


def lines_of(text: str) -> dict[str, int]:
    """The line on which each key and table of a file begins: {"queue": 3, "queue.waits": 4}."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := HEADER.match(line):
            table = match.group(1)
            found.setdefault(table, number)
        elif match := KEY.match(line):
            parts = (f"{table}.{match.group(1)}" if table else match.group(1)).split(".")
            for end in range(1, len(parts) + 1):
                found.setdefault(".".join(parts[:end]), number)
    return found


class _Reader:
    """Collects mistakes on the way through one document."""

    def __init__(self, lines: dict[str, int], port_offset: int) -> None:
        self._lines = lines
        self._port_offset = port_offset
        self.mistakes: list[Mistake] = []

    def settings(self, settings: Settings, document: dict[str, Any]) -> Settings:
        changes = self._slice(settings, "", document, extra=("listeners",))
        if "listeners" in document:
            changes["listeners"] = tuple(self._listeners(document["listeners"]))
        settings = replace(settings, **changes)
        tls = document.get("tls")
        if isinstance(tls, dict) and bool(tls.get("cert")) != bool(tls.get("key")):
            self._mistake("tls", "tls_pair")
        if settings.ldap.url and not settings.ldap.base:
            self._mistake("ldap", "ldap_base")
        if settings.relay.smart_host_login and not settings.relay.smart_host_password_file:
            self._mistake("relay.smart_host_login", "login_without_password")
        return settings

    def _slice(self, model: Any, prefix: str, table: dict[str, Any], extra: tuple[str, ...] = ()) -> dict[str, Any]:
        """The changed fields of one slice."""
        known = {item.name: item for item in settable(model)}
        types = get_type_hints(type(model))
        changes: dict[str, Any] = {}
        for name, value in table.items():
            where = f"{prefix}{name}"
            if name in extra:
                continue
            if name not in known:
                self._unknown(where, name, [*known, *extra])
            elif is_dataclass(types[name]):
                if isinstance(value, dict):
                    inner = getattr(model, name)
                    changes[name] = replace(inner, **self._slice(inner, f"{where}.", value))
                else:
                    self._mistake(where, "not_a_table")
            else:
                self._value(where, known[name], types[name], value, changes)
        return changes

    def _value(self, where: str, item: "Field[Any]", kind: Any, value: Any, changes: dict[str, Any]) -> None:
        try:
            changes[item.name] = read_value(value, kind, item.metadata)
        except WrongValue as wrong:
            self._mistake(where, wrong.what, **wrong.slots)

    def _listeners(self, table: Any) -> Iterator[Listen]:
        """Only what the table names is opened."""
        if not isinstance(table, dict):
            self._mistake("listeners", "not_a_table")
            return
        taken: dict[tuple[str, int], str] = {}
        for service, value in table.items():
            where = f"listeners.{service}"
            if service not in SERVICES:
                self._unknown(where, service, list(SERVICES))
                continue
            if value is False:
                continue
            for text in value if isinstance(value, list) else [value]:
                try:
                    host, port = endpoint(text, self._port_offset)
                except WrongValue as wrong:
                    self._mistake(where, wrong.what, **wrong.slots)
                    continue
                if (host, port) in taken:
                    self._mistake(where, "port_twice", value=str(text), other=taken[host, port])
                    continue
                taken[host, port] = service
                yield Listen(service, host, port)

    def _unknown(self, where: str, name: str, known: list[str]) -> None:
        close = difflib.get_close_matches(name, known, 1, 0.6)
        if close:
            self._mistake(where, "unknown_like", guess=close[0])
        else:
            self._mistake(where, "unknown", known=", ".join(sorted(known)))

    def _mistake(self, where: str, what: str, **slots: str) -> None:
        line = self._lines.get(where) or self._lines.get(where.rpartition(".")[0], 0)
        self.mistakes.append(Mistake(line, where, what, tuple(slots.items())))


def settable(model: Any) -> "list[Field[Any]]":
    """The fields of a slice that a file may set."""
    return [item for item in fields(model) if item.name not in ("data", "listeners")]


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1].strip()[:60] if 0 < line <= len(lines) else ""
