"""What the commands and the configuration say to people: two tables of the same keys, chosen by language."""

from importlib import import_module

LANGUAGES = ("ko", "en")


def table(language: str) -> dict[str, str]:
    """The sentences of one language; only that one is imported."""
    found: dict[str, str] = import_module(f"pyeonji.catalog.cli_{language if language in LANGUAGES else 'en'}").TEXTS
    return found


def say(language: str, key: str, /, **slots: object) -> str:
    """The sentence of a key with its {slots} filled in; raises KeyError for a key that does not exist."""
    return table(language)[key].format_map(slots)
