"""A14: names that look like others, and text that is shown in another order than it is written."""

import unicodedata

import pytest

from pyeonji.address import NotADomain, parse_domain, to_unicode
from pyeonji.filters.authenticate import author_domain
from pyeonji.message import words
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.header import parse_header
from pyeonji.message.parameters import filename_of
from pyeonji.message.text import header_text

BANK = "bank.test"
LOOKALIKES = ["b\u0430nk.test", "\u0432ank.test", "bank.te\u0455t", "ba\u0144k.test", "\u13f4ank.test"]
ONE_SPELLING = ["BANK.test", "b\u00adank.test", "\uff42ank.test", "bank\u3002test", "bank\uff0etest"]
NO_NAMES = ["b\u200dank.test", "bank\u2024test", "bank\u2044.test", "bank.test\u202e", "\u202etset.knab"]


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_looks_like_another_is_judged_as_itself(name):
    domain, trouble = author_domain(parse_header(f"From: Bank <x@{name}>\r\n\r\n".encode()))
    assert trouble == ""
    assert domain.isascii()
    assert "xn--" in domain
    assert domain != BANK


def test_without_a_labels_some_would_be_taken_for_the_other():
    """Negative control: who folds letters as people see them finds the bank."""
    seen = "".join(char for char in unicodedata.normalize("NFD", "ba\u0144k.test") if not unicodedata.combining(char))
    assert seen == BANK


@pytest.mark.parametrize("name", ONE_SPELLING)
def test_spellings_that_the_dns_takes_for_one_are_one(name):
    assert parse_domain(name) == BANK


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_not_seen_or_turns_the_direction_makes_no_name(name):
    with pytest.raises(NotADomain):
        parse_domain(name)


@pytest.mark.parametrize("label", ["xn--bank", "xn--a", "xn--\u202e", "xn--80ak6aa92e"])
def test_a_label_is_shown_as_letters_only_where_it_stands_for_them(label):
    """An A-label of none is shown as it is."""
    shown = to_unicode(f"{label}.test")
    assert shown == f"{label}.test" or parse_domain(shown) == f"{label}.test"


TURNED = [
    lambda text: header_text(parse_header(b"Subject: " + text + b"\r\n\r\n"), b"subject"),
    lambda text: parse_mailboxes(b'"' + text + b'" <x@bank.test>')[0].name,
    lambda text: parse_mailboxes(text + b"@bank.test")[0].addr_spec.partition("@")[0],
    lambda text: filename_of({"filename": text.decode()}, None),
]


@pytest.mark.parametrize("shown", TURNED)
@pytest.mark.parametrize("turn", "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
def test_nothing_is_shown_in_another_order_than_it_is_written(shown, turn):
    assert shown(f"a{turn}exe.fdp".encode()) == "aexe.fdp"


@pytest.mark.parametrize("shown", TURNED[:3])
def test_without_the_guard_it_would_be(shown, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(words, "TURNS", words.re.compile("(?!)"))
    assert "\u202e" in shown("a\u202eexe.fdp".encode())
