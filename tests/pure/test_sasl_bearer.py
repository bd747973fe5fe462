"""The messages of OAUTHBEARER (RFC 7628 §3.1) and XOAUTH2."""

import json

import pytest

from pyeonji.proto.sasl import MECHANISMS, Challenge, NeedsToken, Refused, denied, offered, server


def machine(name):
    return server(name, nonce="x", bindings={}, tokens=True)


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("OAUTHBEARER", b"n,a=kim@here.test,\1host=a\1port=143\1auth=Bearer t.o.k\1\1", ("kim@here.test", "t.o.k")),
        ("OAUTHBEARER", b"n,,\1auth=Bearer t.o.k\1\1", ("", "t.o.k")),
        ("OAUTHBEARER", b"y,,\1auth=bEaReR  t.o.k \1unknown=x=y\1\1", ("", "t.o.k")),
        ("OAUTHBEARER", b"n,a=a=2Cb=3Dc@x.test,\1auth=Bearer t\1\1", ("a,b=c@x.test", "t")),
        ("XOAUTH2", b"user=kim@here.test\1auth=Bearer t.o.k\1\1", ("kim@here.test", "t.o.k")),
        ("OAUTHBEARER", b"\1", None),
        ("OAUTHBEARER", b"", None),
        ("OAUTHBEARER", b"p=tls-exporter,,\1auth=Bearer t\1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer t\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer \1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Basic t\1\1", None),
        ("OAUTHBEARER", b"n,,\1host=a\1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer a\1auth=Bearer b\1\1", None),
        ("OAUTHBEARER", b"n,kim,\1auth=Bearer t\1\1", None),
        ("OAUTHBEARER", b"n,a=k,x\1auth=Bearer t\1\1", None),
        ("OAUTHBEARER", b"user=kim@here.test\1auth=Bearer t\1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer t\0\1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer \xff\1\1", None),
        ("OAUTHBEARER", b"n,,\1auth=Bearer " + b"t" * 9_000 + b"\1\1", None),
        ("XOAUTH2", b"n,,\1auth=Bearer t\1\1", None),
        ("XOAUTH2", b"user=kim@here.test\1auth=Bearer t\1", None),
    ],
)
def test_who_comes_with_which_token(name, message, expected):
    found = machine(name).step(message)
    assert found == NeedsToken(*expected) if expected else isinstance(found, Refused), found


@pytest.mark.parametrize("name", ["OAUTHBEARER", "XOAUTH2"])
def test_they_are_offered_where_an_issuer_is_known(name):
    assert name not in MECHANISMS
    assert name in offered({}, tokens=True)
    assert server(name, nonce="x", bindings={}) is None
    assert machine(name).step(None) == Challenge(b"")


def test_what_is_said_to_a_bad_token_is_json():
    assert json.loads(denied("https://id.test/.well-known/openid-configuration")) == {
        "status": "invalid_token",
        "openid-configuration": "https://id.test/.well-known/openid-configuration",
    }
