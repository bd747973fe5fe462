"""SASL (RFC 4422): proving who one is, as small machines without I/O.

A server machine is fed responses by `step` and says one of

    Challenge       send these octets, feed the next response
    NeedsCheck      is this login's password this one?  (the exchange is over either way)
    NeedsVerifier   what is stored for this login?  go on with `verifier`
    Done            this login has proved itself
    Refused         it has not; `why` is for the journey

Base64 and the words around it belong to each protocol (RFC 4954, 3501, 5034).
"""

from pyeonji.proto.sasl.machine import Challenge, Done, NeedsCheck, NeedsVerifier, Outcome, Refused, Server
from pyeonji.proto.sasl.plain import Login, Plain, client_plain
from pyeonji.proto.sasl.scram import ScramSha256, Verifier
from pyeonji.proto.sasl.scram_verifier import prepared

MECHANISMS = ("SCRAM-SHA-256", "PLAIN", "LOGIN")  # as we offer them, strongest first


def server(mechanism: str, *, nonce: str) -> Server | None:
    """The machine of a mechanism, or None when we do not speak it.  `nonce` is fresh and unguessable."""
    match mechanism.upper():
        case "PLAIN":
            return Plain()
        case "LOGIN":
            return Login()
        case "SCRAM-SHA-256":
            return ScramSha256(nonce)
    return None


__all__ = [
    "MECHANISMS",
    "Challenge",
    "Done",
    "NeedsCheck",
    "NeedsVerifier",
    "Outcome",
    "Refused",
    "Server",
    "Verifier",
    "client_plain",
    "prepared",
    "server",
]
