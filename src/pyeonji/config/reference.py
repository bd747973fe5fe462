"""The manual of the configuration, printed from the settings themselves."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from pyeonji.catalog.cli import say, table
from pyeonji.config.load import settable
from pyeonji.config.model import Settings
from pyeonji.config.values import written


def flat(settings: Settings) -> dict[str, Any]:
    """Every setting by its full name; a listener as "IP:PORT"."""
    found: dict[str, Any] = {}
    for name, item in _items(settings):
        found[name] = item
    for listen in settings.listeners:
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        key = f"listeners.{listen.service}"
        found[key] = (*found.get(key, ()), f"{host}:{listen.port}")
    return found


def example(settings: Settings, language: str) -> Iterator[str]:
    """A file with every setting, its meaning and its default, all commented out."""
    yield f"# {say(language, 'config.example_title')}"
    for name in ("hostname", "domain", "workers", "trusted_networks"):
        yield from _example_of(settings, name, language)
    yield ""
    yield "[listeners]"
    yield f"# {say(language, 'config.listeners_doc')}"
    for name, value in flat(settings).items():
        if name.startswith("listeners."):
            yield f"# {name.partition('.')[2]} = {written(value)}"
    for group in settable(settings):
        if is_dataclass(getattr(settings, group.name)):
            yield ""
            yield f"[{group.name}]"
            for item in settable(getattr(settings, group.name)):
                yield from _example_of(settings, f"{group.name}.{item.name}", language)


def reference(settings: Settings) -> Iterator[str]:
    """docs/config.md."""
    yield "# pyeonji.toml"
    yield ""
    yield "Printed from the code by `python -m pyeonji.cli.manual`; do not edit.  The file lies in the data folder"
    yield "(or `/etc/pyeonji`); without it everything has the values below.  `pyeonji config test` finds every mistake"
    yield "of a file at once; `pyeonji config example` prints a file to start from."
    yield ""
    yield "Times are written `30s`, `5m`, `4h`, `5d`; sizes in octets or as `50 MiB`."
    yield ""
    yield "## [listeners]"
    yield ""
    yield f"{say('en', 'config.listeners_doc')}"
    yield ""
    yield "| service | default |"
    yield "|---|---|"
    for name, value in flat(settings).items():
        if name.startswith("listeners."):
            yield f"| `{name.partition('.')[2]}` | `{written(value)}` |"
    yield from _group("", settings)
    for group in settable(settings):
        model = getattr(settings, group.name)
        if is_dataclass(model):
            yield from _group(group.name, model)


def _group(name: str, model: Any) -> Iterator[str]:
    yield ""
    yield f"## [{name}]" if name else "## Above all groups"
    yield ""
    yield "| setting | default | unit | meaning | standard |"
    yield "|---|---|---|---|---|"
    for item in settable(model):
        value = getattr(model, item.name)
        if not is_dataclass(value):
            unit = str(item.metadata.get("unit", "")).replace("|", r"\|")
            shown = "cores, at most 8" if item.name == "workers" else f"`{written(value)}`"
            doc = f"{item.metadata.get('doc', '')} | {item.metadata.get('rfc', '')}"
            yield f"| `{item.name}` | {shown} | {unit} | {doc} |"


def _items(settings: Settings) -> Iterator[tuple[str, Any]]:
    for item in settable(settings):
        value = getattr(settings, item.name)
        if is_dataclass(value):
            for inner in settable(value):
                yield f"{item.name}.{inner.name}", getattr(value, inner.name)
        else:
            yield item.name, value


def _example_of(settings: Settings, name: str, language: str) -> Iterator[str]:
    model: Any = settings
    *groups, last = name.split(".")
    for group in groups:
        model = getattr(model, group)
    item = next(one for one in settable(model) if one.name == last)
    key = f"setting.{name}"
    doc = say(language, key) if key in table(language) else str(item.metadata.get("doc", ""))
    yield f"# {doc} ({item.metadata.get('unit', '')})"
    yield f"# {last} = {written(getattr(model, last))}"
