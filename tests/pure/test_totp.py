"""Codes by the clock: RFC 6238's own examples, clocks that differ, codes that are used again."""

import pytest

from pyeonji.proto import totp

SECRET = b"12345678901234567890"  # of RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
     (2000000000, "69279037"), (20000000000, "65353130")],
)  # fmt: skip
def test_the_codes_of_the_rfc(seconds, code):
    assert totp.code_at(SECRET, seconds // 30) == code[-6:]


def test_a_code_is_good_for_a_step_before_and_after_and_no_more():
    now = 1_700_000_000
    step = now // 30
    good = {away: totp.matching_step(SECRET, totp.code_at(SECRET, step + away), now) for away in range(-3, 4)}
    assert good == {-3: 0, -2: 0, -1: step - 1, 0: step, 1: step + 1, 2: 0, 3: 0}


def test_a_code_that_was_used_is_good_no_more_nor_one_before_it():
    now = 1_700_000_000
    step = now // 30
    assert totp.matching_step(SECRET, totp.code_at(SECRET, step), now, last_step=step) == 0
    assert totp.matching_step(SECRET, totp.code_at(SECRET, step - 1), now, last_step=step) == 0
    assert totp.matching_step(SECRET, totp.code_at(SECRET, step + 1), now, last_step=step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "１２３４５６", "\udcff", "abcdef", "000000" * 100])
def test_what_is_no_code_is_none(code):
    assert totp.matching_step(SECRET, code, 59) == 0


def test_a_secret_is_typed_and_read_again():
    text = totp.written(SECRET)
    assert totp.read(text) == SECRET
    assert totp.link(text, "a b@c", "mail.x") == f"otpauth://totp/mail.x:a%20b%40c?secret={text}&issuer=mail.x"
    with pytest.raises(ValueError, match="base32"):
        totp.read("1!")
