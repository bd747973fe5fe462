"""PLAIN (RFC 4616) and LOGIN (never a standard, still used by many): the password itself crosses the wire."""

from pyeonji.proto.sasl.machine import Challenge, NeedsCheck, Outcome, Refused, text_of
from pyeonji.proto.sasl.scram_verifier import Verifier


class Plain:
    """One response: authzid NUL authcid NUL password."""

    def step(self, response: bytes | None) -> Outcome:
        if response is None:
            return Challenge(b"")
        parts = [text_of(part) for part in response.split(b"\0")]
        if len(parts) != 3 or None in parts:
            return Refused("not a PLAIN response")
        authzid, login, password = (part or "" for part in parts)
        if not login or not password:
            return Refused("empty name or password")
        if authzid not in ("", login):
            return Refused("acting for somebody else is not allowed")  # maddy CVE-2023-27582
        return NeedsCheck(login, password)

    def verifier(self, verifier: Verifier) -> Outcome:
        return Refused("PLAIN asks for no verifier")


class Login:
    """Two questions, two answers."""

    def __init__(self) -> None:
        self._login: str | None = None

    def step(self, response: bytes | None) -> Outcome:
        if response is None:
            return Challenge(b"Username:")
        text = text_of(response)
        if not text:
            return Refused("empty or unreadable response")
        if self._login is None:
            self._login = text
            return Challenge(b"Password:")
        return NeedsCheck(self._login, text)

    def verifier(self, verifier: Verifier) -> Outcome:
        return Refused("LOGIN asks for no verifier")


def client_plain(login: str, password: str) -> bytes:
    """What we say to a smart host."""
    return b"\0" + login.encode() + b"\0" + password.encode()
