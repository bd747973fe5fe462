"""SCRAM-SHA-256 (RFC 5802, RFC 7677), server side, without channel binding.

Own lines instead of scramp: that library looks up the verifier by a callback in the middle of a message, and ours must
be asked for outside of the machine.  A client that says "y" (it could bind channels, but thinks that we cannot) is let
in, since we do not offer -PLUS yet; "p=" is refused.
"""

import base64
import binascii
import hashlib
import hmac

from pyeonji.proto.sasl.machine import Challenge, Done, NeedsVerifier, Outcome, Refused, text_of
from pyeonji.proto.sasl.scram_verifier import Verifier, prepared

__all__ = ["ScramSha256", "Verifier"]


class ScramSha256:
    """Two messages of the client, two of ours."""

    def __init__(self, nonce: str) -> None:
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
        binding, comma, rest = text.partition(",")
        authzid, comma2, bare = rest.partition(",")
        if not (comma and comma2) or binding not in ("n", "y"):
            return Refused("channel binding is not offered")
        fields = _fields(bare)
        if fields is None or list(fields)[:2] != ["n", "r"] or not fields["r"]:
            return Refused("not a SCRAM client-first message")
        login = _unescaped(fields["n"])
        if login is None or not login or authzid not in ("", f"a={fields['n']}"):
            return Refused("empty name, or acting for somebody else")
        self._gs2 = f"{binding},{authzid},"
        self._first_bare = bare
        self._nonce = fields["r"] + self._our_nonce
        self._login = prepared(login)
        return NeedsVerifier(self._login)

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
        if gs2 != self._gs2.encode() or len(proof) != hashlib.sha256().digest_size:
            return Refused("the channel binding was changed on the way")
        message = f"{self._first_bare},{self._server_first},{without_proof}".encode()
        signature = hmac.digest(self._verifier.stored_key, message, "sha256")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key):
            return Refused(f"wrong password for {self._login}")
        self._proved = True
        server_signature = hmac.digest(self._verifier.server_key, message, "sha256")
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
