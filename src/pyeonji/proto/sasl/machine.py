"""What every mechanism's server side is, and what it can say."""

from dataclasses import dataclass, field
from typing import Protocol

from pyeonji.proto.sasl.scram_verifier import Verifier

MAX_RESPONSE = 8_192  # octets after base64; ours: the longest honest one is far below 1 KiB


@dataclass(frozen=True, slots=True)
class Challenge:
    octets: bytes


@dataclass(frozen=True, slots=True)
class NeedsCheck:
    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NeedsVerifier:
    login: str
    kind: str  # SCRAM-SHA-256 or SCRAM-SHA-1


@dataclass(frozen=True, slots=True)
class NeedsToken:
    login: str  # "" when nobody is named
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    login: str


@dataclass(frozen=True, slots=True)
class Refused:
    why: str


Outcome = Challenge | NeedsCheck | NeedsVerifier | NeedsToken | Done | Refused


class Server(Protocol):
    """One exchange.  `step(None)` starts it without an initial response."""

    def step(self, response: bytes | None) -> Outcome: ...
    def verifier(self, verifier: Verifier) -> Outcome:
        """Answers NeedsVerifier."""
        ...


def text_of(response: bytes) -> str | None:
    """A response as text, or None when it is too long, holds a NUL or is no UTF-8."""
    if len(response) > MAX_RESPONSE:
        return None
    try:
        text = response.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
