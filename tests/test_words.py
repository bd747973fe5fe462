"""How we speak to people: the rules of words, held over every sentence of both catalogues, in both languages.

A rule is a name, the language it is for, and a pattern that must not occur.  Every rule is seen to catch its breach.
"""

import re
from collections.abc import Mapping
from string import Formatter

import pytest

from pyeonji.catalog import cli
from pyeonji.catalog.say import TABLES

LANGUAGES = ("ko", "en")
CATALOGUES: dict[str, dict[str, Mapping[str, str]]] = {
    "pages": {language: TABLES[language] for language in LANGUAGES},
    "commands": {language: cli.table(language) for language in LANGUAGES},
}
# After a consonant / after a vowel; `josa.with_josa` chooses.
PAIRS = {
    "은/는",
    "이/가",
    "을/를",
    "과/와",
    "으로/로",
    "이라는/라는",
    "이라고/라고",
    "이에요/예요",
    "이나/나",
    "이었/였",
    "아/야",
}
PARTICLES = "은|는|이|가|을|를|과|와|으로|로|이라는|라는|이라고|라고|이에요|예요|이나|나"
# rule: (language, pattern, a sentence that breaks it)
RULES = {
    "nothing is shouted": ("both", r"!", "보냈어요!"),
    "a particle after a slot is computed": (
        "ko",
        rf"\}}(?:{PARTICLES})(?=[\s.,?:)”]|$)",
        "{rcpt}이 없어요.",
    ),
    "both particles are never written out": ("ko", r"은\(는\)|이\(가\)|을\(를\)|\(으\)로", "주소은(는) 없어요."),
    "nobody is blamed in Korean": ("ko", r"잘못|부적절|귀하의|실패하였|실패했", "주소를 잘못 썼어요."),
    "nobody is blamed in English": (
        "en",
        r"(?i)\b(illegal|you failed|your fault|your mistake|bad address)\b",
        "You failed to write it.",
    ),
    "nobody's server is sorry": ("ko", r"죄송|유감|양해", "죄송하지만 보내지 못했어요."),
    "no excuse in English": ("en", r"(?i)\b(sorry|oops|unfortunately|apologi[sz]e)\b", "Sorry, it did not go."),
    "the program never says I": ("en", r"\bI\b|\bI'm\b|\bmy\b", "I could not send it."),
    "nobody is begged": ("en", r"(?i)\bplease\b", "Please try again."),
    "Korean is spoken, not announced": (
        "ko",
        r"습니다|십시오|하였|되었|에러|오류",
        "전송에 실패하였습니다.",
    ),
    "a letter is called a letter in Korean": ("ko", r"이메일|전자우편|메시지|쪽지", "이메일을 보냈어요."),
    "people are called as the glossary calls them": ("ko", r"수신자|발신자|송신자|수취인", "수신자에게 보냈어요."),
    "a bounce is called a bounce": ("en", r"\bNDR\b|(?i:non-delivery)", "You got an NDR."),
}  # fmt: skip
# The web site of the lab's detective case is somebody else's, and the lab tells of notes passed in a classroom.
OTHERS_WORDS = ("board.", "lab.", "scene.")
# An example quotes what others say.
QUOTED = ("examples.", "sendmail.help")


def sentences():
    for catalogue, tables in CATALOGUES.items():
        for language, table in tables.items():
            for key, text in table.items():
                if not key.startswith((*OTHERS_WORDS, *QUOTED)):
                    yield catalogue, language, key, text


def slots(text):
    return [field for _, field, _, _ in Formatter().parse(text) if field is not None]


def names(text):
    return {slot.partition("|")[0] for slot in slots(text)}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_is_kept_by_every_sentence(rule):
    language, pattern, _ = RULES[rule]
    broken = {
        f"{key} ({spoken})": text
        for _, spoken, key, text in sentences()
        if language in ("both", spoken) and re.search(pattern, text)
    }
    assert broken == {}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_catches_what_it_is_for(rule):
    _, pattern, breaks = RULES[rule]
    assert re.search(pattern, breaks)


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_both_languages_say_the_same_things_with_the_same_slots(catalogue):
    korean, english = (CATALOGUES[catalogue][language] for language in LANGUAGES)
    assert set(korean) == set(english)
    named = {spoken: {key: names(t) for key, t in CATALOGUES[catalogue][spoken].items()} for spoken in LANGUAGES}
    assert {key for key in korean if named["ko"][key] != named["en"][key]} == set()


def test_only_korean_has_particles_and_only_pairs_that_exist():
    wrong = {}
    for _, language, key, text in sentences():
        pairs = {slot.partition("|")[2] for slot in slots(text) if "|" in slot}
        if pairs - (PAIRS if language == "ko" else set()):
            wrong[key] = text
    assert wrong == {}
