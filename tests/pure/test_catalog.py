"""Sentences for people: particles, both languages, and the rules of how we speak."""

import re

import pytest

from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.codes import BY_CODE, BY_PHASE_AND_CODE, BY_STATUS, BY_WHOLE_STATUS
from pyeonji.catalog.josa import with_josa
from pyeonji.catalog.marks import MARKS
from pyeonji.catalog.patterns import PATTERNS
from pyeonji.catalog.say import LANGUAGES, TABLES, Words, known, say, slots_of
from pyeonji.journey.words import phrase

MAX_FIRST_SENTENCE = {"ko": 45, "en": 90}  # characters


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("철수", "이/가", "철수가"), ("민준", "이/가", "민준이"),
        ("영희", "은/는", "영희는"), ("선생님", "을/를", "선생님을"),
        ("서울", "으로/로", "서울로"), ("부산", "으로/로", "부산으로"), ("학교", "으로/로", "학교로"),
        ("kim@a.example", "이/가", "kim@a.example이"), ("minsu@gmail.com", "을/를", "minsu@gmail.com을"),
        ("a@naver.co.kr", "은/는", "a@naver.co.kr은"), ("a@b.kr", "으로/로", "a@b.kr로"),
        ("b@board.test", "이/가", "b@board.test가"), ("root", "이에요/예요", "root예요"),
        ("a.net", "이/가", "a.net이"), ("URL", "을/를", "URL을"), ("SPF", "은/는", "SPF는"),

        ("K7M3-2QXD-9TA0", "으로/로", "K7M3-2QXD-9TA0으로"), ("587", "으로/로", "587로"), ("mx1", "이/가", "mx1이"),
        ("mx2", "이/가", "mx2가"), ("mx3", "으로/로", "mx3으로"), ("명단(SPF)", "이/가", "명단(SPF)이"),
        ("지메일(Gmail)", "이/가", "지메일(Gmail)이"), ("“철수”", "은/는", "“철수”는"), ("끝.", "이/가", "끝.이"),
        ("", "이/가", "가"), ("...", "이/가", "...가"), ("日本", "이/가", "日本가"), ("(", "을/를", "(를"),
    ],
)  # fmt: skip
def test_a_particle_fits_the_word_before_it(word, pair, expected):
    assert with_josa(word, pair) == expected


def test_both_languages_say_the_same_things():
    assert set(TABLES["ko"]) == set(TABLES["en"])


def test_both_languages_have_the_same_slots():
    assert {key for key in TABLES["ko"] if slots_of("ko", key) != slots_of("en", key)} == set()


def test_a_slot_that_may_be_empty_has_a_word_for_it():
    prefixes = ("cause.", "action.", "line.", "event.", "about.", "story.")
    keys = [key for key in TABLES["en"] if key.startswith(prefixes)]
    names = set().union(*(slots_of("en", key) for key in keys))
    assert {name for name in names if not known(f"some.{name}")} == set()


def test_an_unknown_language_is_told_in_english():
    assert say("fr", "state.queued") == say("en", "state.queued")


def test_a_sentence_that_does_not_exist_is_a_defect():
    with pytest.raises(KeyError):
        say("ko", "no.such.sentence")


def test_words_in_a_slot_follow_the_reader():
    assert (
        say("ko", "line.hello_ok", abilities=Words(("ability.auth", "ability.dsn")))
        == "할 수 있는 일: 로그인, 배달 알림"
    )
    assert say("en", "line.hello_ok", abilities=Words(("ability.auth",))) == "What it can do: login"


def test_braces_in_a_value_are_only_characters():
    assert say("en", "line.mail", address="{x}") == "The writer on the envelope: {x}"


def test_every_recognised_cause_is_in_the_catalogue():
    named = {pattern.cause for pattern in (*MARKS, *PATTERNS)}
    for table in (BY_CODE, BY_PHASE_AND_CODE, BY_STATUS, BY_WHOLE_STATUS):
        named |= set(table.values())
    assert named - set(CAUSES) == set()


def test_marks_are_written_in_lower_case():
    assert [mark for mark in MARKS if any(text != text.lower() or not text for text in mark.texts)] == []


# ── how we speak (docs/words.md) ──

OURS = [key for key in TABLES["ko"] if not key.startswith(("lab.", "scene.", "whisper.", "web.", "board.", "cli."))]


def spoken(lang, prefix):
    return {key: TABLES[lang][key] for key in OURS if key.startswith(prefix)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_sentence_of_a_cause_and_of_its_advice_is_short(lang):
    found = {}
    for key, text in (spoken(lang, "cause.") | spoken(lang, "action.") | spoken(lang, "status.")).items():
        first = re.split(r"(?<=[.?])\s|: pyeonji ", re.sub(r"\{[^}]*\}", "", text))[0]
        if len(first) > MAX_FIRST_SENTENCE[lang]:
            found[key] = first
    assert found == {}


@pytest.mark.parametrize("key", OURS)
def test_nobody_is_blamed_and_nothing_is_shouted(key):
    korean, english = TABLES["ko"][key], TABLES["en"][key]
    for word in ("!", "잘못", "죄송", "하였습니다", "습니다", "십시오", "쪽지"):
        assert word not in korean
    assert "!" not in english
    assert not re.search(r"\b(I|sorry|oops|please|error)\b", english)


@pytest.mark.parametrize("key", [key for key in OURS if key.startswith(("cause.", "action.", "event.", "about."))])
def test_korean_sentences_end_politely(key):
    text = re.sub(r": .*|\([^)]*\)", "", TABLES["ko"][key].replace("|이에요/예요}", "}예요")).strip()
    sentences = re.split(r"(?<=[.?])\s+", text)
    for sentence in sentences:
        ending = re.sub(r"\{[^}]*\}", "", sentence).rstrip(". ?→")
        assert ending.endswith(("요", "”", "까닭")) or sentence.rstrip().endswith("}"), sentence


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.key)
def test_a_cause_says_who_must_act_and_what_to_do(cause):
    assert known(f"actor.{cause.actor}")
    assert cause.action_ko and cause.action_en


def test_handed_over_is_never_called_received_by_a_person():
    assert "봤어요" not in say("ko", "about.handed_over")
    assert "only they know" in say("en", "about.handed_over")


def test_no_pattern_has_a_place_without_a_word():
    """A word that is never read ("from", "or") would leave one."""
    phrases = [(pattern.phrase, phrase(pattern.phrase)) for pattern in PATTERNS]
    assert [text for text, one in phrases if not all(seg and all(seg) for part in one.wanted for seg in part)] == []
    assert phrase("from .. same").wanted[0][0] == ()  # what it would look like
