"""Passkeys: made and used, and every way in which an answer is none to what was asked."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.authenticator import Authenticator, cbor
from pyeonji.proto import webauthn
from pyeonji.proto.cbor import BadCbor, read
from pyeonji.proto.webauthn import EDDSA, ES256, PRESENT, RS256, VERIFIED, Asked, BadPasskey

ASKED = Asked("Y2hhbGxlbmdl", "https://mail.example", "mail.example")


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_passkey_is_made_and_answers(algorithm):
    device = Authenticator(algorithm)
    made = webauthn.made(ASKED, *device.make(ASKED))
    assert made.counter == 1 and webauthn.octets(made.credential) == device.credential
    again = replace(ASKED, challenge="YW5vdGhlcg")
    assert webauthn.used(again, made.cose, made.counter, *device.use(again)) == 2


WRONG = [
    ("another challenge", {"client": {"challenge": "b3RoZXI"}}),
    ("another page", {"client": {"origin": "https://mail.example.evil.test"}}),
    ("another page", {"client": {"origin": "http://mail.example"}}),
    ("another page", {"client": {"crossOrigin": True}}),
    ("another question", {"client": {"type": "payment.get"}}),
    ("another site", {"site": "evil.test"}),
    ("nobody", {"flags": PRESENT}),
    ("nobody", {"flags": VERIFIED}),
]


@pytest.mark.parametrize(("why", "lie"), WRONG)
def test_an_answer_to_something_else_is_none(why, lie):
    device = Authenticator()
    made = webauthn.made(ASKED, *device.make(ASKED))
    with pytest.raises(BadPasskey, match=why):
        webauthn.used(ASKED, made.cose, made.counter, *device.use(ASKED, **lie))
    if "flags" in lie:
        lie = {"flags": lie["flags"] | webauthn.ATTESTED}
    with pytest.raises(BadPasskey, match=why):
        webauthn.made(ASKED, *device.make(ASKED, **lie))


def test_another_key_has_signed_nothing():
    device, other = Authenticator(), Authenticator()
    made = webauthn.made(ASKED, *device.make(ASKED))
    with pytest.raises(BadPasskey, match="another key"):
        webauthn.used(ASKED, made.cose, 1, *other.use(ASKED))


def test_a_counter_that_stands_still_is_a_copy_and_one_that_is_always_0_is_none():
    device = Authenticator()
    made = webauthn.made(ASKED, *device.make(ASKED))
    with pytest.raises(BadPasskey, match="counter"):
        webauthn.used(ASKED, made.cose, 2, *device.use(ASKED))
    device.counter = -1
    assert webauthn.used(ASKED, made.cose, 0, *device.use(ASKED)) == 0


@pytest.mark.parametrize(
    "cose",
    [{}, {1: 2, 3: RS256}, {1: 2, 3: ES256, -1: 1, -2: b"x", -3: b"y"}, {1: 2, 3: ES256, -1: 2, -2: b"", -3: b""},
     {1: 3, 3: RS256, -1: b"\xff" * 128, -2: b"\x01\x00\x01"}, {1: 1, 3: EDDSA, -1: 6, -2: b"short"},
     {1: 4, 3: 5, -1: b"symmetric"}],
)  # fmt: skip
def test_only_keys_of_kinds_that_we_asked_for_are_taken(cose):
    device = Authenticator()
    device.cose = cose
    with pytest.raises(BadPasskey):
        webauthn.made(ASKED, *device.make(ASKED))


@given(st.binary(max_size=200))
def test_no_octets_make_the_reader_of_cbor_stumble(octets):
    with contextlib.suppress(BadCbor):
        read(octets)


LEAVES = st.integers(-(2**31), 2**31) | st.binary(max_size=300) | st.text(max_size=300)
NAMES = st.integers(-300, 300) | st.text(max_size=4)


@given(st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=30)))
def test_what_is_written_is_read(value):
    assert read(cbor(value)) == value


@pytest.mark.parametrize(
    "octets",
    [b"", b"\xa1\x01", b"\xa2\x01\x01\x01\x02", b"\xf9\x00\x00", b"\xc0\x00", b"\x9f\xff", b"\x81" * 20 + b"\x01",
     b"\xbb" + b"\xff" * 8, b"\x00\x00", b"\x62\xff\xff", b"\xa1\x81\x01\x01"],
)  # fmt: skip
def test_what_no_authenticator_writes_is_refused(octets):
    with pytest.raises(BadCbor):
        read(octets)


@given(st.text(alphabet="ABCabc_-=+/ \n", max_size=60), st.text(alphabet="ABCabc_-=", max_size=60))
def test_no_answer_makes_the_check_stumble(first, second):
    with pytest.raises(BadPasskey):
        webauthn.made(ASKED, first, second)
    with pytest.raises(BadPasskey):
        webauthn.used(ASKED, second, 0, first, second, first)
