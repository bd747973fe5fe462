"""One SASL exchange: the machine asks, whoever stands at the door answers.  The same for SMTP, IMAP and POP3."""

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from pyeonji.proto.sasl import Challenge, Done, NeedsCheck, NeedsVerifier, Server, Verifier, server

Who = TypeVar("Who", covariant=True)
Found = TypeVar("Found")


class Door(Protocol[Who]):
    """Knows who may come in; says who came, in the form its owner needs."""

    async def password(self, login: str, password: str) -> Who | None: ...
    async def verifier(self, login: str, kind: str) -> Verifier:
        """Of a login, for SCRAM of this kind; a false one, always the same, when there is none (RFC 5802 §9)."""
        ...

    async def visitor(self, login: str) -> Who | None:
        """Whoever has proved to be this login already."""
        ...


class Exchange(Generic[Found]):
    """`found` is set when it succeeded, `because` when it did not."""

    def __init__(self, door: Door[Found], mechanism: str, nonce: str, bindings: Mapping[str, bytes]) -> None:
        self.mechanism = mechanism.upper()
        self.found: Found | None = None
        self.because = ""
        self._door = door
        self._machine: Server | None = server(mechanism, nonce=nonce, bindings=bindings)

    @property
    def is_known(self) -> bool:
        """Do we offer this mechanism here?"""
        return self._machine is not None

    async def step(self, response: bytes | None) -> bytes | None:
        """The next challenge (not yet base64), or None when the exchange is over."""
        if self._machine is None:
            self.because = "unknown mechanism"
            return None
        outcome = self._machine.step(response)
        if isinstance(outcome, NeedsVerifier):
            outcome = self._machine.verifier(await self._door.verifier(outcome.login, outcome.kind))
        match outcome:
            case Challenge():
                return outcome.octets
            case NeedsCheck():
                self.found = await self._door.password(outcome.login, outcome.password)
                self.because = "" if self.found else f"wrong password for {outcome.login}"
            case Done():
                self.found = await self._door.visitor(outcome.login)
                self.because = "" if self.found else f"no account {outcome.login}"
            case NeedsVerifier():
                self.because = "the mechanism asked twice"
            case _:
                self.because = outcome.why
        return None
