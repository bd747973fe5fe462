"""SASL: who proves what, and who does not."""

import base64

import pytest
import scramp
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.sasl import MECHANISMS, Challenge, Done, NeedsCheck, NeedsVerifier, Refused, Verifier, server

SALT = b"0123456789abcdef"


def scram(login: str, password: str, stored: Verifier, tamper=lambda message: message):
    """A whole exchange between somebody else's client and our server; the last outcome."""
    client = scramp.ScramClient(["SCRAM-SHA-256"], login, password)
    machine = server("SCRAM-SHA-256", nonce="ours")
    outcome = machine.step(client.get_client_first().encode())
    assert isinstance(outcome, NeedsVerifier)
    challenge = machine.verifier(stored)
    client.set_server_first(challenge.octets.decode())
    outcome = machine.step(tamper(client.get_client_final()).encode())
    if isinstance(outcome, Challenge):
        client.set_server_final(outcome.octets.decode())  # raises when we did not prove ourselves
        outcome = machine.step(b"")
    return outcome


@pytest.mark.parametrize("password", ["pencil", "비밀번호 찾기", "a,b=c"])
def test_a_right_password_is_proved_without_being_sent(password):
    stored = Verifier.from_password(password, SALT, 4096)
    assert scram("kim@example.com", password, stored) == Done("kim@example.com")


def test_a_name_with_a_comma_comes_through_scram():
    assert scram("a,b=c@example.com", "x", Verifier.from_password("x", SALT, 4096)) == Done("a,b=c@example.com")


def test_a_wrong_password_is_refused():
    assert isinstance(scram("kim@example.com", "pen", Verifier.from_password("pencil", SALT, 4096)), Refused)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda m: m.replace("r=", "r=x"),
        lambda m: m.replace("c=biws", "c=" + base64.b64encode(b"y,,").decode()),
        lambda m: m[:-4] + "AAA=",
        lambda m: m.rpartition(",p=")[0],
        lambda m: "",
    ],
    ids=["nonce", "binding", "proof", "no proof", "empty"],
)
def test_a_changed_scram_message_is_refused(tamper):
    assert isinstance(scram("kim@a.example", "pencil", Verifier.from_password("pencil", SALT, 4096), tamper), Refused)


def test_a_verifier_reads_what_it_prints():
    verifier = Verifier.from_password("pencil", SALT, 4096)
    assert Verifier.parse(str(verifier)) == verifier


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (b"\0kim\0secret", NeedsCheck("kim", "secret")),
        (b"kim\0kim\0secret", NeedsCheck("kim", "secret")),
        ("\0철수\0비밀".encode(), NeedsCheck("철수", "비밀")),
    ],
)
def test_plain_gives_name_and_password(response, expected):
    assert server("PLAIN", nonce="").step(response) == expected


@pytest.mark.parametrize(
    "response",
    [b"", b"\0", b"\0\0", b"\0kim\0", b"\0\0secret", b"admin\0kim\0secret", b"\0kim\0se\0cret", b"\0\xff\0secret",
     b"\0kim\0" + b"x" * 100_000],
)  # fmt: skip
def test_an_odd_plain_response_is_refused(response):
    assert isinstance(server("PLAIN", nonce="").step(response), Refused)


def test_login_asks_twice():
    machine = server("LOGIN", nonce="")
    assert machine.step(None) == Challenge(b"Username:")
    assert machine.step(b"kim") == Challenge(b"Password:")
    assert machine.step(b"secret") == NeedsCheck("kim", "secret")


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "NTLM", "", "SCRAM-SHA-256-PLUS"])
def test_other_mechanisms_are_not_spoken(mechanism):
    assert server(mechanism, nonce="x") is None


RESPONSES = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.sampled_from(
        [b"n,,n=a,r=b", b"y,a=a,n=a,r=b", b"c=biws,r=bours,p=AAAA", b"n,,n==2C,r=" + b"x" * 9000, b"\0a\0b"]
    ),
)


@settings(max_examples=150)
@given(st.sampled_from(MECHANISMS), st.lists(RESPONSES, max_size=4))
def test_any_responses_are_an_outcome_and_never_a_login(mechanism, responses):
    machine = server(mechanism, nonce="ours")
    for response in responses:
        outcome = machine.step(response)
        if isinstance(outcome, NeedsVerifier):
            outcome = machine.verifier(Verifier(SALT, 4096, b"k" * 32, b"s" * 32))
        assert not isinstance(outcome, Done)
        if not isinstance(outcome, Challenge):
            break
