"""Secrets in the links of other servers' words: gone before the words are kept; what people read stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.journey.links import GONE, without_tokens

KEPT = [
    "550 5.1.1 see https://support.google.com/mail/?p=NoSuchUser d2e1a72fcca58-7b1 - gsmtp",
    "550-5.7.26 https://support.google.com/mail/answer/81126#authentication",
    "550 5.7.1 https://www.spamhaus.org/query/ip/203.0.113.9",
    "554 http://www.barracudacentral.org/reputation?r=1&ip=203.0.113.9",
    "550 https://check.example/ipv6?ip=2001:db8:1:2:3:4:5:6",
    "421 https://postmaster.example/bulk-sender-guidelines-of-2024.html",
    "550 https://naver.example/errorcode/550?mail=minsu@school.example",
    "250 2.0.0 Ok: queued as 4Xk9Qz2abcDEFgh1234567890abcdef",  # no link
]


@pytest.mark.parametrize("words", KEPT)
def test_what_tells_people_something_stays(words):
    assert without_tokens(words).replace(f"#{GONE}", "#authentication") == words


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ("550 prove it: https://c.example/verify?token=abc", "abc"),
        ("550 https://c.example/verify?id=9fK2m8QpZx77LwT1", "9fK2m8QpZx77LwT1"),
        ("550 https://c.example/u/9fK2m8QpZx77LwT1aa/open now", "9fK2m8QpZx77LwT1aa"),
        ("550 https://c.example/f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "00a0c91e6bf6"),
        ("550 https://me:hunter2@c.example/", "hunter2"),
        ("550 https://c.example/#eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9"),
        ("550 <HTTPS://C.example/x?a=1&SIG=zz>", "zz"),
        ("550 https://c.example/?deadbeefdeadbeef0123", "deadbeefdeadbeef0123"),
        ("550 https://c.example/" + "a" * 3_000 + "?token=q1", "a" * 41),
    ],
)
def test_a_secret_goes_and_the_host_stays(words, secret):
    shown = without_tokens(words)
    assert secret not in shown and "c.example" in shown.casefold() and GONE in shown


@given(st.text(max_size=300), st.text(alphabet="ab1?&=#/:@%.-", max_size=80))
def test_any_words_are_read_and_what_is_taken_out_once_is_taken_out(words, link):
    once = without_tokens(f"{words} https://{link}")
    assert without_tokens(once) == once
