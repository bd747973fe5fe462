"""The questions people type, and the piece of the letter they are shown."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.catalog.cli import table
from pyeonji.proto.imap import flags, keys
from pyeonji.search.query import CONDITIONS, MAX_PARTS, MAX_QUERY, BadQuery, Query, parse
from pyeonji.search.snippet import WIDTH, snippet

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 15, 12, 0, tzinfo=SEOUL)
NOW_US = round(NOW.timestamp()) * 1_000_000
DAY_S = 86_400


def asked(text):
    return parse(text, NOW_US, SEOUL)


def anywhere(word):
    fields = [keys.Field(name, word) for name in ("subject", "from", "to", "cc")]
    found = keys.InBody(word)
    for one in reversed(fields):
        found = keys.Or(one, found)
    return found


def to(word):
    return keys.Or(keys.Field("to", word), keys.Or(keys.Field("cc", word), keys.Field("bcc", word)))


FROM_KIM = keys.Field("from", "김철수")
MEANINGS = [
    ("from:김철수", FROM_KIM), ("보낸사람:김철수", FROM_KIM), ("FROM:김철수", FROM_KIM), ("보낸사람：김철수", FROM_KIM),
    ("to:lee", to("lee")), ("받는사람:lee", to("lee")), ("제목:회의", keys.Field("subject", "회의")),
    ('subject:"Q3 견적서"', keys.Field("subject", "Q3 견적서")),
    ("제목:“Q3 견적서”", keys.Field("subject", "Q3 견적서")),
    ("본문:회의", keys.InBody("회의")), ("has:attachment", keys.Attached()), ("첨부:있음", keys.Attached()),
    ("첨부:없음", keys.Attached(False)), ("첨부:견적", keys.And((keys.Attached(), keys.InBody("견적")))),
    ("is:unread", keys.HasFlags(flags.SEEN, False)), ("상태:안읽음", keys.HasFlags(flags.SEEN, False)),
    ("-is:flagged", keys.Not(keys.HasFlags(flags.FLAGGED))), ("회의", anywhere("회의")),
    ("-회의", keys.Not(anywhere("회의"))),
    ('"Q3 견적서"', anywhere("Q3 견적서")), ("larger:5M", keys.Larger(5 << 20)),
    ("smaller:300k", keys.Smaller(300 << 10)),
    ("10:30", anywhere("10:30")), ("https://a.kr", anywhere("https://a.kr")), ("Re:", anywhere("Re:")), ("or", None),
    ("after:2026-03-15", keys.Younger(DAY_S // 2)), ("이후:2026-03-14", keys.Younger(DAY_S // 2 + DAY_S)),
    ("before:today", keys.Older(DAY_S // 2 + 1)), ("이전:오늘", keys.Older(DAY_S // 2 + 1)),
    ("after:7d", keys.Younger(DAY_S // 2 + 7 * DAY_S)), ("이후:1주", keys.Younger(DAY_S // 2 + 7 * DAY_S)),
    ("since:2026", keys.Younger(DAY_S // 2 + 73 * DAY_S)), ("after:2026.3", keys.Younger(DAY_S // 2 + 14 * DAY_S)),
    ("from:a from:b", keys.And((keys.Field("from", "a"), keys.Field("from", "b")))),
    ("from:a OR from:b", keys.Or(keys.Field("from", "a"), keys.Field("from", "b"))),
    ("from:a 또는 from:b subject:c",
     keys.And((keys.Or(keys.Field("from", "a"), keys.Field("from", "b")), keys.Field("subject", "c")))),
    ('from:"or"', keys.Field("from", "or")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key"), [(text, key) for text, key in MEANINGS if key is not None])
def test_what_a_question_means(text, key):
    assert asked(text).key == key


def test_where_to_look_and_what_to_show():
    found = asked('in:inbox 편지함:일/회의 회의 "Q3  견적서" -초안 본문:번역')
    assert found.mailboxes == ("INBOX", "일/회의")
    assert found.words == ("회의", "q3 견적서", "번역")
    assert asked("in:Sent") == Query(keys.All(), ("Sent",))


MISTAKES = [
    ("", "empty"), ("  ", "empty"), ("or", "lonely_or"), ("회의 OR", "lonely_or"), ("a OR OR b", "lonely_or"),
    ('"회의', "open_quote"), ("from:", "no_value"), ('from:""', "no_value"), ('""', "no_value"),
    ("form:kim", "misspelled"),
    ("subjct:a", "misspelled"), ("보낸사람들:a", "misspelled"), ("has:x", "bad_has"), ("is:x", "bad_is"),
    ("before:x", "bad_day"), ("after:2026-13-01", "bad_day"), ("after:2026-02-30", "bad_day"),
    ("after:0000", "bad_day"),
    ("larger:x", "bad_size"), ("-in:inbox", "no_minus"), ("x" * (MAX_QUERY + 1), "too_long"),
    ("a " * (MAX_PARTS + 1), "too_many"), ("-", "no_value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), MISTAKES)
def test_a_mistake_is_told_in_one_sentence(text, why):
    with pytest.raises(BadQuery) as caught:
        asked(text)
    assert caught.value.why == why
    for language in ("ko", "en"):
        table(language)[f"search.{why}"].replace("|", " ").format(**caught.value.slots)


@given(st.text(alphabet="abc가 :\"-'or.0139년", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_question_or_a_mistake(text):
    try:
        assert isinstance(asked(text), Query)
    except BadQuery as error:
        assert f"search.{error.why}" in table("ko")


def test_every_condition_takes_a_value_or_says_why_not():
    for name in CONDITIONS:
        try:
            asked(f"{name}:7")
        except BadQuery as error:
            assert error.slots["value"] == "7"


def test_days_are_those_of_the_reader():
    assert parse("after:1970-01-01", NOW_US, SEOUL).key == keys.Younger(NOW_US // 1_000_000 + 9 * 3600)
    assert parse("after:1970-01-01", NOW_US, UTC).key == keys.Younger(NOW_US // 1_000_000)


SNIPPETS = [
    ("내일 회의가 있습니다", "회의", "내일 회의가 있습니다", "회의"),
    ("A  Meeting\r\nat noon", "meeting at", "A Meeting at noon", "Meeting at"),
    ("Die STRASSE ist groß", "strasse", "Die STRASSE ist groß", "STRASSE"),
    ("eine Straße", "strasse", "eine Straße", "Straße"),
    ("ＦＵＬＬ width", "full w", "ＦＵＬＬ width", "ＦＵＬＬ w"),
    ("번역을 부탁", "번역", "번역을 부탁", "번역"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "word", "line", "hit"), SNIPPETS)
def test_the_words_around_a_hit_are_those_of_the_letter(text, word, line, hit):
    found = snippet(text, [word])
    assert (found.text, found.text[found.start : found.end]) == (line, hit)


def test_of_a_long_letter_a_piece_is_shown():
    found = snippet("가나다 " * 100 + "여기 회의 " + "라마바 " * 100, ["없음", "회의"])
    assert found.text.startswith("…가나다") and found.text.endswith("…")
    assert found.text[found.start : found.end] == "회의"
    assert len(found.text) <= WIDTH + 2
    assert snippet("아무 말", ["회의"]) is None
    assert snippet("", ["회의"]) is None


def test_a_hit_has_the_marks_of_its_letters():
    found = snippet("(주)한국 ㈜한국: un Café là", ["cafe"])
    assert found.text[found.start : found.end] == "Café"
    found = snippet("회의는 ㈜한국에서", ["(주)한"])
    assert found.text[found.start : found.end] == "㈜한"


@given(st.text(alphabet="aeß가각é㈜\u0301 \u1112\u116cＡ.\n", max_size=60), st.data())
def test_a_hit_is_where_it_is_said_to_be(text, data):
    from pyeonji.message.folded import fold_line

    folded = fold_line(text)
    if folded:
        start = data.draw(st.integers(0, len(folded) - 1))
        word = folded[start : data.draw(st.integers(start + 1, len(folded)))].strip()
        found = snippet(text, [word]) if word else None
        if found is not None:
            assert word in fold_line(found.text[found.start : found.end])
