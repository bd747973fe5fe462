"""Which domain somebody meant who mistyped one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.address.near import LARGE, meant, one_slip


@pytest.mark.parametrize(
    ("typed", "known", "expected"),
    [
        ("gamil.com", (), "gmail.com"),
        ("naver.co", (), "naver.com"),
        ("naverr.com", (), "naver.com"),
        ("hanmeil.net", (), "hanmail.net"),
        ("Scholl.example", ("school.example",), "school.example"),
        ("4bna.test", ("1ban.test", "4ban.test"), "4ban.test"),
        ("gmail.com", (), ""),  # it is itself: then nothing was mistyped
        ("example.org", ("school.example",), ""),
        ("gmial.con", (), ""),  # two slips: that would be guessing
        ("a.co", ("b.co",), ""),  # too short to tell
        ("", (), ""),
    ],
)
def test_one_slip_away_is_what_was_meant(typed, known, expected):
    assert meant(typed, known) == expected


def test_of_two_that_are_near_what_one_writes_to_comes_first():
    assert meant("gmaill.com", ("gmailx.com",)) == "gmailx.com"


names = st.text("abc.", max_size=8)


@given(names, names)
def test_a_slip_is_a_slip_in_both_directions_and_never_none(a, b):
    assert one_slip(a, b) == one_slip(b, a)
    assert not one_slip(a, a)


@given(names, st.integers(0, 8), st.sampled_from("abcx"))
def test_a_letter_too_many_is_one(a, at, letter):
    assert one_slip(a[:at] + letter + a[at:], a)


def test_the_large_ones_are_not_taken_for_each_other():
    assert all(meant(one, ()) == "" for one in LARGE)
