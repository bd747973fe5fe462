"""Tokens: which are believed, and every way we know to have a false one believed."""

import json
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from kit.issuing import ISSUER, OURS, P256, Ed25519, Rsa, Secret, b64, claims, token
from pyeonji.proto import jose
from pyeonji.proto.jose import BadToken, check, parse_token, read_keys

NOW_S = 1_790_000_000
RSA, EC, ED, OTHER = Rsa(), P256(), Ed25519(), Rsa("other")
JWKS = json.dumps({"keys": [RSA.jwk(alg="RS256", use="sig"), EC.jwk(), ED.jwk()]}).encode()
KEYS = read_keys(JWKS)


def believed(text, keys=KEYS, now_s=NOW_S):
    found = parse_token(text).believed(keys)
    check(found, issuer=ISSUER, audiences=(OURS,), now_s=now_s)
    return found["email"]


def unsigned(**header):
    parts = [b64(json.dumps(one).encode()) for one in ({"alg": "none"} | header, claims(NOW_S))]
    return f"{parts[0]}.{parts[1]}."


@pytest.mark.parametrize("key", [RSA, EC, ED], ids=lambda key: key.algorithm)
def test_a_token_of_each_kind_of_key_is_believed(key):
    assert believed(token(key, claims(NOW_S))) == "kim@here.test"
    assert believed(token(key, claims(NOW_S), kid=None)) == "kim@here.test"  # it need not say which key


@pytest.mark.parametrize("claimed", [{"aud": ["x", OURS]}, {"nbf": NOW_S + 59}, {"exp": NOW_S - 59}, {"iat": None}])
def test_what_is_a_little_early_or_late_and_for_others_too_is_believed(claimed):
    assert believed(token(RSA, claims(NOW_S, **claimed)))


def der(signed):
    return EC.key.sign(signed, ECDSA(SHA256()))


# What anybody can make who knows our keys, which are public.
FORGED = {
    "none": unsigned(),
    "None": unsigned(alg="None"),
    "none of a key": unsigned(kid="r"),
    "HMAC with the public key": token(Secret(RSA.public_pem(), "r"), claims(NOW_S)),
    "HMAC with the modulus": token(Secret(json.dumps(RSA.jwk()).encode(), "r"), claims(NOW_S)),
    "HMAC that says RS256": token(Secret(RSA.public_pem(), "r"), claims(NOW_S), alg="RS256"),
    "another key": token(OTHER, claims(NOW_S)),
    "another key by our name": token(OTHER, claims(NOW_S), kid="r"),
    "a key of its own": token(OTHER, claims(NOW_S), kid="r", jwk=OTHER.jwk()),
    "keys elsewhere": token(OTHER, claims(NOW_S), jku="https://evil.test/keys"),
    "another kind of key": token(EC, claims(NOW_S), kid="r"),
    "another algorithm": token(RSA, claims(NOW_S), alg="PS256"),
    "no algorithm": token(RSA, claims(NOW_S), alg=None),
    "an extension": token(RSA, claims(NOW_S), crit=["b64"], b64=False),
    "no signature": token(RSA, claims(NOW_S)).rpartition(".")[0] + ".",
    "zeroes for a signature": token(EC, claims(NOW_S)).rpartition(".")[0] + "." + b64(bytes(64)),
    "a signature as DER": token(SimpleNamespace(kid="e", algorithm="ES256", sign=der), claims(NOW_S)),
    "changed claims": ".".join(
        part if at != 1 else b64(json.dumps(claims(NOW_S, email="lee@here.test")).encode())
        for at, part in enumerate(token(RSA, claims(NOW_S)).split("."))
    ),
}  # fmt: skip
# What the issuer has signed, and is not for us or not for now.
UNFIT = {
    "another issuer": {"iss": "https://evil.test"},
    "an issuer that begins alike": {"iss": ISSUER + "/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "shop"},
    "an audience that begins alike": {"aud": OURS + "2"},
    "no audience": {"aud": None},
    "an empty audience": {"aud": []},
    "an audience of another type": {"aud": [[OURS]]},
    "expired": {"exp": NOW_S - 61},
    "never expires": {"exp": None},
    "expires at true": {"exp": True},
    "expires at text": {"exp": str(NOW_S + 300)},
    "not yet": {"nbf": NOW_S + 61},
    "given out tomorrow": {"iat": NOW_S + 86_400},
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_not_believed(text):
    with pytest.raises(BadToken):
        believed(text)


@pytest.mark.parametrize("claimed", UNFIT.values(), ids=UNFIT)
def test_a_token_that_is_not_for_us_or_not_for_now_is_not_believed(claimed):
    with pytest.raises(BadToken):
        believed(token(RSA, claims(NOW_S, **claimed)))


@pytest.mark.parametrize("name", ["none", "HMAC with the public key"])
def test_a_library_that_believes_what_a_token_says_of_itself_would_be_taken_in(name):
    """Negative control: the algorithm is that of the token's own header."""

    def careless(text):
        found = parse_token(text)
        if found.algorithm.lower() == "none":
            return found.claims
        assert found.algorithm == "HS256"
        assert Secret(RSA.public_pem(), "").sign(found.signed) == found.signature
        return found.claims

    assert careless(FORGED[name])["email"] == "kim@here.test"


def test_claims_that_nobody_checks_would_be_believed():
    """Negative control of the second table: all of them are signed well."""
    for claimed in UNFIT.values():
        assert parse_token(token(RSA, claims(NOW_S, **claimed))).believed(KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.e30.e30", "é.é.é", " e30.e30.", "e30=.e30.", "e30.e30.e",
        "W10.W10.",
        b64(b"[" * 5_000) + ".e30.", b64(b'{"alg":"RS256","alg":"none"}') + ".e30.", b64(b'{"alg":NaN}') + ".e30.",
        b64(b'{"alg":1}') + ".e30.", b64(b'{"alg":"RS256","kid":1}') + ".e30.", "e30." * 3_000, b64(b"\xff") + ".e30.",
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(text):
    with pytest.raises(BadToken):
        parse_token(text)


@given(st.text(max_size=60) | st.lists(st.binary(max_size=40).map(b64), min_size=3, max_size=3).map(".".join))
def test_any_text_is_a_token_or_refused_and_none_is_believed(text):
    with pytest.raises(BadToken):
        believed(text)


@pytest.mark.parametrize(
    "jwk",
    [
        RSA.jwk(use="enc"), RSA.jwk(key_ops=["encrypt"]), RSA.jwk(alg="HS256"), RSA.jwk(alg="RS512"), RSA.jwk(e="!"),
        RSA.jwk(n=""), RSA.jwk(key_ops=7),
        RSA.jwk(e="AQ"), {"kty": "oct", "kid": "r", "k": b64(b"secret")}, EC.jwk(crv="P-521"), EC.jwk(x=b64(bytes(32))),
        ED.jwk(x=b64(b"short")), ED.jwk(kty="RSA"), Rsa(bits=1024).jwk(), {"kty": ["RSA"]} , {}, [], 7,
    ],
)  # fmt: skip
def test_keys_we_cannot_use_are_left_out(jwk):
    assert [key.kid for key in read_keys(json.dumps({"keys": [jwk, ED.jwk()]}).encode())] == ["d"]


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b'{"keys":{}}', b"\xff", b"[" * 5_000, b'{"keys":[],"keys":[]}'])
def test_what_is_no_set_of_keys_is_refused(octets):
    with pytest.raises(BadToken):
        read_keys(octets)


def test_only_so_many_keys_are_read():
    assert len(read_keys(json.dumps({"keys": [ED.jwk()] * 200}).encode())) == jose.MAX_KEYS
