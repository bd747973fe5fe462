"""OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's, before it was a standard): a token that an issuer has given out."""

import json

from pyeonji.proto.sasl.machine import Challenge, NeedsToken, Outcome, Refused, text_of
from pyeonji.proto.sasl.scram_verifier import Verifier

SEPARATOR = "\x01"
SCHEME = "bearer "  # in any case, RFC 6750 §2.1


class Bearer:
    """One message with the token; when it is not good, a challenge that says so and an answer that says nothing."""

    def __init__(self, name: str) -> None:
        self._parse = _of_xoauth2 if name == "XOAUTH2" else _of_oauthbearer

    def step(self, response: bytes | None) -> Outcome:
        if response is None:
            return Challenge(b"")
        text = text_of(response)
        found = self._parse(text) if text is not None else None
        if found is None:
            return Refused("not a message with a bearer token")
        return NeedsToken(*found)

    def verifier(self, verifier: Verifier) -> Outcome:
        return Refused("a token needs no verifier")


def denied(configuration: str) -> bytes:
    """The challenge of RFC 7628 §3.2.2, the same whatever was wrong; `configuration`: where the issuer is described."""
    return json.dumps({"status": "invalid_token", "openid-configuration": configuration}).encode()


def _of_oauthbearer(text: str) -> tuple[str, str] | None:
    """(who, token); "" where nobody is named."""
    gs2, separator, rest = text.partition(SEPARATOR)
    flag, comma, named = gs2.partition(",")
    authzid, comma2, surplus = named.partition(",")
    if not (separator and comma and comma2) or flag not in ("n", "y") or surplus:
        return None
    if authzid and not authzid.startswith("a="):
        return None
    login = authzid[2:].replace("=2C", ",").replace("=3D", "=")
    return _with_token(login, rest)


def _of_xoauth2(text: str) -> tuple[str, str] | None:
    user, separator, rest = text.partition(SEPARATOR)
    if not separator or not user.startswith("user="):
        return None
    return _with_token(user[5:], rest)


def _with_token(login: str, text: str) -> tuple[str, str] | None:
    """From the pairs "key=value"; those we do not know are passed over."""
    if not text.endswith(SEPARATOR * 2):
        return None
    pairs = [pair.partition("=") for pair in text[:-2].split(SEPARATOR)]
    tokens = [value for key, _, value in pairs if key == "auth"]
    if len(tokens) != 1 or not tokens[0].lower().startswith(SCHEME):
        return None
    token = tokens[0][len(SCHEME) :].strip(" ")
    return (login, token) if token else None
