"""SASL (RFC 4422): proving who one is, as small machines without I/O.

A server machine is fed responses by `step` and says one of

    Challenge       send these octets, feed the next response
    NeedsCheck      is this login's password this one?  (the exchange is over either way)
    NeedsToken      whose token is this?  (when it is nobody's, a challenge says so and one more response comes)
    NeedsVerifier   what is stored for this login?  go on with `verifier`
    Done            this login has proved itself
    Refused         it has not; `why` is for the journey

Base64 and the words around it belong to each protocol (RFC 4954, 3501, 5034).
"""

from collections.abc import Mapping

from pyeonji.proto.precis import prepared
from pyeonji.proto.sasl.bearer import Bearer, denied
from pyeonji.proto.sasl.external import External
from pyeonji.proto.sasl.machine import (
    Challenge,
    Done,
    NeedsCheck,
    NeedsToken,
    NeedsVerifier,
    Outcome,
    Refused,
    Server,
)
from pyeonji.proto.sasl.plain import Login, Plain, client_plain
from pyeonji.proto.sasl.scram import BOUND, Scram
from pyeonji.proto.sasl.scram_verifier import HASHES, Verifier

MECHANISMS = (*HASHES, "PLAIN", "LOGIN")  # as we offer them, strongest first
BEARER = ("OAUTHBEARER", "XOAUTH2")
EXTERNAL = "EXTERNAL"


def offered(bindings: Mapping[str, bytes], *, tokens: bool = False, certified: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The mechanisms of a connection that can be bound to these, strongest first; `tokens`: an issuer's are taken.

    `certified`: the logins that its client's certificate vouches for.
    """
    bound = tuple(name + BOUND for name in HASHES) if bindings else ()
    return (*((EXTERNAL,) if certified else ()), *bound, *MECHANISMS, *(BEARER if tokens else ()))


def server(
    mechanism: str,
    *,
    nonce: str,
    bindings: Mapping[str, bytes],
    tokens: bool = False,
    certified: tuple[str, ...] = (),
) -> Server | None:
    """The machine of a mechanism, or None when we do not offer it here.  `nonce` is fresh and unguessable."""
    name = mechanism.upper()
    if name not in offered(bindings, tokens=tokens, certified=certified):
        return None
    if name == EXTERNAL:
        return External(certified)
    if name in BEARER:
        return Bearer(name)
    if name == "PLAIN":
        return Plain()
    if name == "LOGIN":
        return Login()
    return Scram(name, nonce, bindings)


__all__ = [
    "BEARER",
    "EXTERNAL",
    "HASHES",
    "MECHANISMS",
    "Challenge",
    "Done",
    "NeedsCheck",
    "NeedsToken",
    "NeedsVerifier",
    "Outcome",
    "Refused",
    "Server",
    "Verifier",
    "client_plain",
    "denied",
    "offered",
    "prepared",
    "server",
]
