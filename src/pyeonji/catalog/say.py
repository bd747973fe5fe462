"""`say`: a sentence for people, in their language, with its slots filled.

A slot is {name}, or {name|이/가} when a particle follows it in Korean.  Values are plain text, or `Words` of the
catalogue itself, so that whoever gathers facts need not know the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter

from pyeonji.catalog import (
    admin_en,
    admin_ko,
    api_en,
    api_ko,
    bounce_en,
    bounce_ko,
    en,
    guard_en,
    guard_ko,
    hints_en,
    hints_ko,
    journey_en,
    journey_ko,
    ko,
    lab_en,
    lab_ko,
    lab_pages_en,
    lab_pages_ko,
    notice_en,
    notice_ko,
    outcome_en,
    outcome_ko,
    scenes_en,
    scenes_ko,
    status_en,
    status_ko,
    trust_en,
    trust_ko,
    web_en,
    web_ko,
)
from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.josa import with_josa

LANGUAGES = ("ko", "en")
FALLBACK = "en"
MAX_SLOT = 500  # characters of one value that are shown; ours

TABLES: dict[str, Mapping[str, str]] = {
    "ko": ko.SENTENCES
    | admin_ko.SENTENCES
    | lab_ko.SENTENCES
    | hints_ko.SENTENCES
    | lab_pages_ko.SENTENCES
    | scenes_ko.SENTENCES
    | status_ko.SENTENCES
    | bounce_ko.SENTENCES
    | trust_ko.SENTENCES
    | guard_ko.SENTENCES
    | outcome_ko.SENTENCES
    | notice_ko.SENTENCES
    | api_ko.SENTENCES
    | web_ko.SENTENCES
    | journey_ko.SENTENCES
    | {f"cause.{cause.key}": cause.ko for cause in CAUSES.values()}
    | {f"action.{cause.key}": cause.action_ko for cause in CAUSES.values()},
    "en": en.SENTENCES
    | admin_en.SENTENCES
    | lab_en.SENTENCES
    | hints_en.SENTENCES
    | lab_pages_en.SENTENCES
    | scenes_en.SENTENCES
    | status_en.SENTENCES
    | bounce_en.SENTENCES
    | trust_en.SENTENCES
    | guard_en.SENTENCES
    | outcome_en.SENTENCES
    | notice_en.SENTENCES
    | api_en.SENTENCES
    | web_en.SENTENCES
    | journey_en.SENTENCES
    | {f"cause.{cause.key}": cause.en for cause in CAUSES.values()}
    | {f"action.{cause.key}": cause.action_en for cause in CAUSES.values()},
}


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the catalogue as the value of a slot: one key, or several that are listed."""

    keys: tuple[str, ...]


Slot = str | int | Words


def say(lang: str, key: str, **slots: Slot) -> str:
    """The sentence `key` in `lang` (anything but "ko" and "en" is told in English); raises KeyError.

    A slot that is missing or empty is told by the catalogue's own word for it ("some.host": "their server").
    """
    lang = lang if lang in TABLES else FALLBACK
    out: list[str] = []
    for literal, name, pair in _pieces(TABLES[lang][key]):
        out.append(literal)
        if name:
            word = _word(lang, name, slots.get(name, ""), bool("".join(out)))
            out.append(with_josa(word, pair) if pair else word)
    return "".join(out)


def known(key: str) -> bool:
    """Whether there is a sentence of that name."""
    return key in TABLES[FALLBACK]


def slots_of(lang: str, key: str) -> frozenset[str]:
    """The names of a sentence's slots."""
    return frozenset(name for _, name, _ in _pieces(TABLES[lang][key]) if name)


def _word(lang: str, name: str, value: Slot, inside: bool) -> str:
    if isinstance(value, Words):
        return ", ".join(say(lang, key) for key in value.keys)
    if value == "":
        word = TABLES[lang][f"some.{name}"]
        return word if inside else word[:1].upper() + word[1:]
    return str(value)[:MAX_SLOT]


@lru_cache(maxsize=2048)
def _pieces(template: str) -> tuple[tuple[str, str, str], ...]:
    """(text before, slot, pair of particles) in order."""
    found = []
    for literal, field, _, _ in Formatter().parse(template):
        name, _, pair = (field or "").partition("|")
        found.append((literal, name, pair))
    return tuple(found)
