"""SASL: who proves what, and who does not."""

import base64
import hashlib
import hmac

import pytest
import scramp
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.sasl import (
    HASHES,
    MECHANISMS,
    Challenge,
    Done,
    NeedsCheck,
    NeedsVerifier,
    Refused,
    Verifier,
    offered,
    server,
)

SALT = b"0123456789abcdef"
EXPORTER, END_POINT = "tls-exporter", "tls-server-end-point"
BINDINGS = {EXPORTER: b"e" * 32, END_POINT: b"h" * 32}


class Exporting:
    """A client that binds by tls-exporter, which scramp does not know; RFC 5802 §3."""

    def __init__(self, names, login, password, channel_binding):
        self.hash = HASHES[names[0].removesuffix("-PLUS")]
        self.gs2, self.bare, self.password = f"p={channel_binding[0]},,", f"n={login},r=theirs", password
        self.binding = channel_binding[1]

    def get_client_first(self):
        return self.gs2 + self.bare

    def set_server_first(self, challenge):
        self.challenge = challenge

    def get_client_final(self):
        fields = dict(part.split("=", 1) for part in self.challenge.split(","))
        bound = base64.b64encode(self.gs2.encode() + self.binding).decode()
        without_proof = f"c={bound},r={fields['r']}"
        message = f"{self.bare},{self.challenge},{without_proof}".encode()
        salt, rounds = base64.b64decode(fields["s"]), int(fields["i"])
        salted = hashlib.pbkdf2_hmac(self.hash, self.password.encode(), salt, rounds)
        key = hmac.digest(salted, b"Client Key", self.hash)
        signature = hmac.digest(hashlib.new(self.hash, key).digest(), message, self.hash)
        self.server_proof = hmac.digest(hmac.digest(salted, b"Server Key", self.hash), message, self.hash)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))
        return f"{without_proof},p={proof.decode()}"

    def set_server_final(self, octets):
        assert octets == "v=" + base64.b64encode(self.server_proof).decode()


def scram(
    login, password, stored, tamper=lambda message: message, *, name="SCRAM-SHA-256", binding=None, bindings=None
):
    """A whole exchange between somebody else's client and our server; the last outcome."""
    by_exporter = binding is not None and binding[0] == EXPORTER
    client = (Exporting if by_exporter else scramp.ScramClient)([name], login, password, channel_binding=binding)
    machine = server(name, nonce="ours", bindings=bindings or {})
    outcome = machine.step(client.get_client_first().encode())
    if isinstance(outcome, Refused):
        return outcome
    assert isinstance(outcome, NeedsVerifier)
    assert outcome.kind == name.removesuffix("-PLUS")
    challenge = machine.verifier(stored)
    client.set_server_first(challenge.octets.decode())
    outcome = machine.step(tamper(client.get_client_final()).encode())
    if isinstance(outcome, Challenge):
        client.set_server_final(outcome.octets.decode())  # raises when we did not prove ourselves
        outcome = machine.step(b"")
    return outcome


@pytest.mark.parametrize("password", ["pencil", "비밀번호 찾기", "a,b=c"])
def test_a_right_password_is_proved_without_being_sent(password):
    stored = Verifier.from_password("SCRAM-SHA-256", password, SALT, 4096)
    assert scram("kim@example.com", password, stored) == Done("kim@example.com")


def test_a_name_with_a_comma_comes_through_scram():
    assert scram("a,b=c@example.com", "x", Verifier.from_password("SCRAM-SHA-256", "x", SALT, 4096)) == Done(
        "a,b=c@example.com"
    )


def test_a_wrong_password_is_refused():
    assert isinstance(
        scram("kim@example.com", "pen", Verifier.from_password("SCRAM-SHA-256", "pencil", SALT, 4096)), Refused
    )


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
    assert isinstance(
        scram("kim@a.example", "pencil", Verifier.from_password("SCRAM-SHA-256", "pencil", SALT, 4096), tamper), Refused
    )


@pytest.mark.parametrize("kind", HASHES)
@pytest.mark.parametrize(
    ("plus", "binding", "bindings", "is_let_in"),
    [
        ("", None, {}, True),
        ("", None, BINDINGS, True),  # a client that cannot bind
        ("-PLUS", (EXPORTER, b"e" * 32), BINDINGS, True),
        ("-PLUS", (END_POINT, b"h" * 32), BINDINGS, True),
        ("-PLUS", (END_POINT, b"h" * 32), {END_POINT: b"h" * 32}, True),
        ("-PLUS", (EXPORTER, b"e" * 32), {END_POINT: b"e" * 32}, False),  # not offered
        ("-PLUS", (EXPORTER, b"x" * 32), BINDINGS, False),  # of another connection
        ("-PLUS", (END_POINT, b"x" * 32), BINDINGS, False),  # another's certificate
        ("-PLUS", (END_POINT, b"e" * 32), BINDINGS, False),  # mixed up
        ("-PLUS", ("tls-unique", b"e" * 32), BINDINGS, False),
    ],
)
def test_a_login_is_bound_to_its_connection(kind, plus, binding, bindings, is_let_in):
    stored = Verifier.from_password(kind, "pencil", SALT, 4096)
    outcome = scram("kim@a.example", "pencil", stored, name=kind + plus, binding=binding, bindings=bindings)
    assert outcome == Done("kim@a.example") if is_let_in else isinstance(outcome, Refused), outcome


@pytest.mark.parametrize(
    ("name", "flag", "bindings", "is_taken"),
    [
        ("SCRAM-SHA-256", "n", BINDINGS, True),
        ("SCRAM-SHA-256", "y", {}, True),
        ("SCRAM-SHA-256", "y", BINDINGS, False),  # RFC 5802 §6: somebody has taken the offer away
        ("SCRAM-SHA-256", "p=tls-exporter", BINDINGS, False),  # not by this name
        ("SCRAM-SHA-256", "p=tls-exporter", {}, False),
        ("SCRAM-SHA-256-PLUS", "n", BINDINGS, False),
        ("SCRAM-SHA-256-PLUS", "y", BINDINGS, False),
        ("SCRAM-SHA-256-PLUS", "p=", BINDINGS, False),
        ("SCRAM-SHA-256-PLUS", "tls-exporter", BINDINGS, False),
        ("SCRAM-SHA-256-PLUS", "p=TLS-EXPORTER", BINDINGS, False),
    ],
)
def test_what_a_client_says_of_binding_fits_what_we_offered(name, flag, bindings, is_taken):
    outcome = server(name, nonce="ours", bindings=bindings).step(flag.encode() + b",,n=kim,r=x")
    assert isinstance(outcome, NeedsVerifier if is_taken else Refused)


RFC_EXAMPLES = {  # RFC 5802 §5, RFC 7677 §3: our nonce, salt, and the four messages
    "SCRAM-SHA-1": (
        "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "SCRAM-SHA-256": (
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==", b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RFC_EXAMPLES)
def test_the_examples_of_the_standards(kind):
    nonce, salt, first, final, proof = RFC_EXAMPLES[kind]
    machine = server(kind, nonce=nonce, bindings={})
    assert machine.step(first) == NeedsVerifier("user", kind)
    machine.verifier(Verifier.from_password(kind, "pencil", base64.b64decode(salt), 4096))
    assert machine.step(final) == Challenge(proof)
    assert machine.step(b"") == Done("user")


def test_binding_is_offered_where_there_is_something_to_bind_to():
    assert offered({}) == MECHANISMS
    assert offered(BINDINGS)[: len(HASHES)] == ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")


def test_a_verifier_reads_what_it_prints():
    verifier = Verifier.from_password("SCRAM-SHA-256", "pencil", SALT, 4096)
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
    assert server("PLAIN", nonce="", bindings={}).step(response) == expected


@pytest.mark.parametrize(
    "response",
    [b"", b"\0", b"\0\0", b"\0kim\0", b"\0\0secret", b"admin\0kim\0secret", b"\0kim\0se\0cret", b"\0\xff\0secret",
     b"\0kim\0" + b"x" * 100_000],
)  # fmt: skip
def test_an_odd_plain_response_is_refused(response):
    assert isinstance(server("PLAIN", nonce="", bindings={}).step(response), Refused)


def test_login_asks_twice():
    machine = server("LOGIN", nonce="", bindings={})
    assert machine.step(None) == Challenge(b"Username:")
    assert machine.step(b"kim") == Challenge(b"Password:")
    assert machine.step(b"secret") == NeedsCheck("kim", "secret")


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "NTLM", "", "SCRAM-SHA-256-PLUS"])
def test_other_mechanisms_are_not_spoken(mechanism):
    assert server(mechanism, nonce="x", bindings={}) is None


RESPONSES = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.sampled_from(
        [b"n,,n=a,r=b", b"y,a=a,n=a,r=b", b"c=biws,r=bours,p=AAAA", b"n,,n==2C,r=" + b"x" * 9000, b"\0a\0b"]
    ),
)


@settings(max_examples=150)
@given(st.sampled_from(offered(BINDINGS)), st.lists(RESPONSES, max_size=4))
def test_any_responses_are_an_outcome_and_never_a_login(mechanism, responses):
    machine = server(mechanism, nonce="ours", bindings=BINDINGS)
    for response in responses:
        outcome = machine.step(response)
        if isinstance(outcome, NeedsVerifier):
            outcome = machine.verifier(Verifier(SALT, 4096, b"k" * 32, b"s" * 32))
        assert not isinstance(outcome, Done)
        if not isinstance(outcome, Challenge):
            break
