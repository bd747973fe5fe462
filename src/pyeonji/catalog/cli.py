"""What the commands and the configuration say to people: two tables of the same keys, chosen by language."""

from importlib import import_module
from string import Formatter

from pyeonji.catalog.josa import with_josa
from pyeonji.catalog.reasons import reason

LANGUAGES = ("ko", "en")


def table(language: str) -> dict[str, str]:
    """The sentences of one language; only that one is imported."""
    found: dict[str, str] = import_module(f"pyeonji.catalog.cli_{language if language in LANGUAGES else 'en'}").TEXTS
    return found


def say(language: str, key: str, /, **slots: object) -> str:
    """The sentence of a key with its {slots} filled in; {slot|은/는} gets the particle that fits.

    Raises KeyError for a key or slot that does not exist.
    """
    out: list[str] = []
    for literal, field, _, _ in Formatter().parse(table(language)[key]):
        out.append(literal)
        if field is not None:
            name, _, pair = field.partition("|")
            word = str(slots[name])
            if name == "reason":
                word = reason(language, word)
            out.append(with_josa(word, pair) if pair else word)
    return "".join(out)
