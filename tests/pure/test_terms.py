"""The index never hides a letter: every part of a folded text has terms that the text has, too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message.folded import fold
from pyeonji.message.terms import MAX_TERMS, Term, asked, terms_of
from pyeonji.proto.imap import keys
from pyeonji.search.fuzzy import loosened

TEXTS = st.text(alphabet="abe.-'\"* 가나다회의é漢\u0301\u1112\u116c", max_size=40).map(fold)


def narrowed(text, question):
    """Would the index name a letter with this text?"""
    have = terms_of(text)
    return all(
        any(term.startswith(wanted.text) for term in have) if wanted.begins else wanted.text in have
        for wanted in asked(question).terms
    )


@given(TEXTS, st.data())
def test_every_part_of_a_text_is_found(text, data):
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    assert narrowed(text, part)


SHORT = st.text(alphabet="ae. 가é漢\u0301ħ'", max_size=4).map(fold)


@given(SHORT, SHORT)
def test_an_exact_answer_needs_no_second_look(text, question):
    if asked(question).exact:
        assert narrowed(text, question) is (question in text)


@given(st.text(alphabet="ab.'", min_size=1, max_size=8))
def test_words_of_ascii_are_cut_like_others(word):
    assert terms_of(word) == terms_of(word + " 가") - terms_of("가")


ASKED = [
    ("회의", [Term("회의")], True), ("회", [Term("회", True)], True), ("ab", [Term("ab", True)], True),
    ("abc", [Term("abc")], True), ("a", [Term("a", True)], True), ("번역을", [Term("번역"), Term("역을")], False),
    ("abcd", [Term("abc"), Term("bcd")], False), ("회의 자", [Term("회의"), Term("의\x80")], False), ("", [], False),
    ("회 ", [Term("회\x80")], False),
    ("x회", [Term("x회")], True), ("회x-", [Term("회x")], False), (" ", [], False), (" 회의", [Term("회의")], False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "terms", "exact"), ASKED)
def test_what_the_index_is_asked(text, terms, exact):
    assert asked(text) == (tuple(terms), exact)


def test_a_long_text_is_looked_for_by_a_few_terms():
    terms = asked("가나다라마바사아자차카타파하" * 10 + " 끝").terms
    assert 1 < len(terms) <= MAX_TERMS


def test_no_term_holds_a_sign_of_ascii_or_a_blank():
    for term in terms_of("a.b \"c\" 'd' e-f (g) {h} *x* a회 u@v"):
        assert not set(term) & set(" \"'()*{}.-@:&|!\\")


LOOSE = [
    (keys.InBody("견적서  회의"), keys.And((keys.InBody("견적서"), keys.InBody("회의")))),
    (keys.Field("subject", "a"), keys.Field("subject", "a")),
    (keys.Not(keys.InText("a b a")), keys.Not(keys.And((keys.InText("a"), keys.InText("b"))))),
    (keys.Or(keys.All(), keys.Larger(3)), keys.Or(keys.All(), keys.Larger(3))),
]


@pytest.mark.parametrize(("key", "meant"), LOOSE)
def test_fuzzy_means_all_words_in_any_order(key, meant):
    assert loosened(key) == loosened(keys.Fuzzy(key)) == meant
