"""SRS: what goes out with an address of ours leads back to its writer, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.address import Address, parse_address
from pyeonji.address.path import MAX_LOCAL_PART
from pyeonji.address.srs import CYCLE, DAYS, NotOurs, Rewriter, is_srs

DAY = 20_784  # 27 November 2026
OURS, OTHER = Rewriter(b"secret"), Rewriter(b"another secret")
WRITERS = ["kim@a.example", "Kim.Lee+x@a.example", "a=b@a.example", "o'neil=@xn--9d0bm53a.example", "-x@a.example",
           "srs0@a.example", '"kim lee"@a.example', "k@[192.0.2.1]"]  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("later", [0, 1, DAYS])
def test_what_we_rewrite_leads_back(writer, later):
    rewritten = OURS.onward(parse_address(writer), "here.example", DAY)
    assert parse_address(str(rewritten)) == rewritten
    assert (is_srs(rewritten), rewritten.domain) == (True, "here.example")
    assert str(OURS.back(rewritten, DAY + later)) == writer


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_server_that_changes_case_does_no_harm(change):
    rewritten = OURS.onward(parse_address("kim@a.example"), "here.example", DAY)
    found = OURS.back(Address(change(rewritten.local_part), "here.example"), DAY)
    assert str(found).casefold() == "kim@a.example"


def test_over_two_forwarders_and_more_it_leads_to_the_first_and_from_there_home():
    writer = parse_address("kim@a.example")
    first = OTHER.onward(writer, "b.example", DAY)
    second = OURS.onward(first, "here.example", DAY)
    third = OTHER.onward(second, "c.example", DAY)
    assert second.local_part.startswith("SRS1=")
    assert "b.example==" in second.local_part
    assert OURS.back(second, DAY) == first
    assert OTHER.back(first, DAY) == writer
    assert len(third.local_part) == len(second.local_part)  # it does not grow any more
    assert OTHER.back(third, DAY) == first


@pytest.mark.parametrize("separator", "=+-")
def test_what_others_made_is_read_with_their_separators(separator):
    theirs = Address(f"SRS0{separator}xyz=AB=a.example=kim", "b.example")
    assert OURS.back(OURS.onward(theirs, "here.example", DAY), DAY) == theirs


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (lambda made: made.replace("=kim", "=lee"), DAY),
        (lambda made: made.replace("a.example", "b.example"), DAY),
        (lambda made: made, DAY + DAYS + 1),
        (lambda made: made, DAY - 1),  # of tomorrow
        (lambda made: made[:5] + "AAAAAA" + made[11:], DAY),
        (lambda made: made[:12] + "AA" + made[14:], DAY),
        (lambda made: made.replace("SRS0", "SRS1"), DAY),
        (lambda made: made[:20], DAY),
        (lambda made: "SRS0=AAAAAA=AA=a.example=", DAY),
        (lambda made: "SRS0=", DAY),
        (lambda made: "SRS1=AAAAAA=b.example==x", DAY),
    ],
)
def test_what_we_did_not_make_leads_nowhere(text, day):
    made = OURS.onward(parse_address("kim@a.example"), "here.example", DAY)
    with pytest.raises(NotOurs):
        OURS.back(Address(text(made.local_part), "here.example"), day)


def test_another_secret_leads_nowhere():
    with pytest.raises(NotOurs):
        OURS.back(OTHER.onward(parse_address("kim@a.example"), "here.example", DAY), DAY)


def test_a_day_is_told_for_years():
    for day in range(DAY, DAY + CYCLE + 3, 37):
        assert OURS.back(OURS.onward(parse_address("kim@a.example"), "here.example", day), day + 3)


def test_what_would_be_too_long_is_left_as_it_is():
    assert OURS.onward(parse_address(f"{'k' * 60}@a.example"), "here.example", DAY) is None
    longest = MAX_LOCAL_PART - len("SRS0=AAAAAA=AA=a.example=")
    assert OURS.onward(parse_address(f"{'k' * longest}@a.example"), "here.example", DAY)


@given(st.text(max_size=80), st.sampled_from(["", "SRS0=", "SRS1=", "SRS0=AAAAAA=AA=", "SRS1=AAAAAA=b.example="]))
def test_any_text_is_one_or_is_not(text, begin):
    address = Address(begin + text, "here.example")
    with pytest.raises(NotOurs):
        OURS.back(address, DAY)
