"""Names and passwords that can be set, and the one form in which they are compared."""

import unicodedata

import pytest
import scramp
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.precis import is_name, is_password, prepared
from pyeonji.proto.sasl import Challenge, Verifier, server

PASSWORDS = {
    "secret": True,
    "correct horse battery": True,
    "비밀번호 찾기": True,
    unicodedata.normalize("NFD", "비밀번호"): True,
    "pässwörd": True,
    "パスワード": True,
    "🔑🐟": True,
    "a\u00a0b": True,
    "a\u3000b": True,
    "a\u1680b": True,
    "": False,
    "a\0b": False,
    "a\tb": False,
    "a\x7fb": False,
    "a\x85b": False,
    "soft\u00adhyphen": False,
    "zero\u200bwidth": False,
    "join\u200der": False,
    "❤\ufe0f": False,
    "right\u202eleft": False,
    "bom\ufeff": False,
    "private\ue000": False,
    "not\uffff": False,
    "unassigned\u0378": False,
    "half\ud800": False,
    "\u1100": False,
    "\u1100\u1176": False,
    "\ua960": False,
    "line\u2028": False,
}
NEWER = ("🔑🐟", "a\u1680b")  # than Unicode 3.2, or another space than it knows: SASLprep of scramp takes none
NAMES = {
    "kim": True,
    "kim.lee+x": True,
    "김편지": True,
    "müller": True,
    "😀": True,
    unicodedata.normalize("NFD", "김편지"): False,
    "": False,
    "kim\u200b": False,
    "ki m": False,
    "ki\u00a0m": False,
    "kim\u2028": False,
    "kim\x07": False,
    "kim\ue000": False,
    "kim\u202e": False,
    "kim\u0378": False,
    "\u1112": False,
}


@pytest.mark.parametrize(("text", "may_be"), PASSWORDS.items())
def test_a_password_has_characters_that_everybody_reads_alike(text, may_be):
    assert is_password(text) is may_be


@pytest.mark.parametrize(("text", "may_be"), NAMES.items())
def test_a_name_has_characters_that_can_be_seen_and_told_apart(text, may_be):
    assert is_name(text) is may_be


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("비밀번호", unicodedata.normalize("NFD", "비밀번호")),
        ("a b", "a\u00a0b"),
        ("a b", "a\u3000b"),
        ("a b", "a\u1680b"),
        ("é", "e\u0301"),
    ],
)
def test_however_it_is_typed_it_is_one_password(one, other):
    assert prepared(one) == prepared(other)


@given(st.text(max_size=12))
def test_the_form_of_a_form_is_itself_and_nothing_is_raised(text):
    assert prepared(prepared(text)) == prepared(text)
    assert is_password(text) in (True, False)
    assert is_name(text) in (True, False)


@pytest.mark.parametrize("text", [text for text, may_be in PASSWORDS.items() if may_be and text not in NEWER])
def test_what_can_be_set_is_proved_by_somebody_elses_scram(text):
    client = scramp.ScramClient(["SCRAM-SHA-256"], "kim@a.test", text)
    machine = server("SCRAM-SHA-256", nonce="ours", bindings={})
    machine.step(client.get_client_first().encode())
    stored = Verifier.from_password("SCRAM-SHA-256", text, b"0123456789abcdef", 4096)
    client.set_server_first(machine.verifier(stored).octets.decode())
    assert isinstance(machine.step(client.get_client_final().encode()), Challenge)
