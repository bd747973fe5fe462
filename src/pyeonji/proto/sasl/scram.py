"""SCRAM (RFC 5802, RFC 7677), server side, with and without channel binding.

Own lines instead of scramp: that library looks up the verifier by a callback in the middle of a message, and ours must
be asked for outside of the machine.

A client says how it binds: "p=NAME" that it does, "n" that it cannot, "y" that it could but was not offered to.  Who
hears a "y" where binding was offered knows that somebody in between has taken the offer away (RFC 5802 §6).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from pyeonji.proto.precis import prepared
from pyeonji.proto.sasl.machine import Challenge, Done, NeedsVerifier, Outcome, Refused, text_of
from pyeonji.proto.sasl.scram_verifier import HASHES, Verifier

BOUND = "-PLUS"  # ends the name of a mechanism that binds the login to the connection


class Scram:
    """Two messages of the client, two of ours.  `bindings`: what the connection can be bound to, by name."""

    def __init__(self, mechanism: str, nonce: str, bindings: Mapping[str, bytes]) -> None:
        self._kind = mechanism.removesuffix(BOUND)
        self._hash = HASHES[self._kind]
        self._bound = mechanism.endswith(BOUND)
        self._bindings = bindings
        self._binding = b""  # what the client binds itself to
        self._our_nonce = nonce
        self._gs2 = ""
        self._first_bare = ""
        self._nonce = ""
        self._login = ""
        self._server_first = ""
        self._verifier: Verifier | None = None
        self._proved = False

    def step(self, response: bytes | None) -> Outcome:
        if response is None:
            return Challenge(b"")
        if self._proved:
            return Done(self._login)  # the client's empty answer to our last message
        text = text_of(response)
        if text is None:
            return Refused("unreadable SCRAM message")
        return self._final(text) if self._verifier is not None else self._first(text)

    def verifier(self, verifier: Verifier) -> Outcome:
        self._verifier = verifier
        salt = base64.b64encode(verifier.salt).decode()
        self._server_first = f"r={self._nonce},s={salt},i={verifier.iterations}"
        return Challenge(self._server_first.encode())

    def _first(self, text: str) -> Outcome:
        flag, comma, rest = text.partition(",")
        authzid, comma2, bare = rest.partition(",")
        if not (comma and comma2):
            return Refused("not a SCRAM client-first message")
        if why := self._misbound(flag):
            return Refused(why)
        fields = _fields(bare)
        if fields is None or list(fields)[:2] != ["n", "r"] or not fields["r"]:
            return Refused("not a SCRAM client-first message")
        login = _unescaped(fields["n"])
        if login is None or not login or authzid not in ("", f"a={fields['n']}"):
            return Refused("empty name, or acting for somebody else")
        self._gs2 = f"{flag},{authzid},"
        self._binding = self._bindings.get(flag.removeprefix("p="), b"")
        self._first_bare = bare
        self._nonce = fields["r"] + self._our_nonce
        self._login = prepared(login)
        return NeedsVerifier(self._login, self._kind)

    def _misbound(self, flag: str) -> str:
        """What is wrong with how the client binds itself; "" when nothing is."""
        if self._bound:
            return "" if flag.startswith("p=") and flag[2:] in self._bindings else "a channel binding we do not offer"
        if flag == "y" and self._bindings:
            return "the offer of channel binding was taken away on the way"
        return "" if flag in ("n", "y") else "channel binding is not offered by this name"

    def _final(self, text: str) -> Outcome:
        assert self._verifier is not None
        without_proof, _, proof_text = text.rpartition(",p=")
        fields = _fields(without_proof)
        if fields is None or fields.get("r") != self._nonce:
            return Refused("the nonce is not ours")
        try:
            proof = base64.b64decode(proof_text, validate=True)
            gs2 = base64.b64decode(fields.get("c", ""), validate=True)
        except (binascii.Error, ValueError):
            return Refused("bad base64 in a SCRAM message")
        if not hmac.compare_digest(gs2, self._gs2.encode() + self._binding):
            return Refused("bound to another connection, or changed on the way")
        if len(proof) != len(self._verifier.stored_key):
            return Refused("a proof of another length")
        message = f"{self._first_bare},{self._server_first},{without_proof}".encode()
        signature = hmac.digest(self._verifier.stored_key, message, self._hash)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.new(self._hash, client_key).digest(), self._verifier.stored_key):
            return Refused(f"wrong password for {self._login}")
        self._proved = True
        server_signature = hmac.digest(self._verifier.server_key, message, self._hash)
        return Challenge(b"v=" + base64.b64encode(server_signature))


def _fields(text: str) -> dict[str, str] | None:
    """ "n=a,r=b" as a dict in order; None when it is not of that form."""
    fields: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or len(name) != 1 or name in fields:
            return None
        fields[name] = value
    return fields


def _unescaped(text: str) -> str | None:
    """A saslname: "=2C" is "," and "=3D" is "="; None when "=" stands for anything else."""
    pieces = text.split("=")
    out = [pieces[0]]
    for piece in pieces[1:]:
        if piece[:2] not in ("2C", "3D"):
            return None
        out.append(("," if piece[:2] == "2C" else "=") + piece[2:])
    return "".join(out)
