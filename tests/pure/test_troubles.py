"""What a reply that nobody can explain says to strangers: its words, and nobody's name."""

import pytest

from pyeonji.journey.troubles import unvaried

MINSU = "minsu@school.example"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("550 5.9.9 xyzzy", "550 5.9.9 xyzzy"),
        ("550-5.9.9 <minsu@school.example>: xyzzy", "550-5.9.9 # xyzzy"),
        ("550 user MINSU has xyzzy", "550 user # has xyzzy"),
        ("550 (minsu) at school.example, plugh", "550 # at # plugh"),
        ("550 mx.school.example says no", "550 # says no"),
        ("550 from kim at 192.0.2.1 id=77", "550 from # at # #"),
        ("550 kimono", "550 kimono"),  # a short name is one only by itself
        ("550 'kim'", "550 #"),
        ("550 5.9.9 5.1.1 250", "550 5.9.9 # #"),
        ("", ""),
    ],
)
def test_nobody_is_named(reply, told):
    assert unvaried(reply, MINSU, "kim@a.test") == told


def test_whose_name_is_empty_takes_no_word_away():
    assert unvaried("550 xyzzy", "", "@", "a@") == "550 xyzzy"
