"""AUTHENTICATE with an initial response (RFC 3501 §6.2.2, RFC 4959)."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from pyeonji.proto.imap.wire import BadSyntax, Reader

BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}|=")


@dataclass(frozen=True, slots=True)
class Authenticate:
    """A SASL mechanism in capitals; `initial` is None where the client waits to be asked."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


def parse(reader: Reader) -> Authenticate:
    mechanism = reader.atom().upper()
    initial = None
    if reader.skip(b" "):
        initial = decode(reader.take(BASE64, "base64"))
    reader.end()
    return Authenticate(mechanism, initial)


def decode(line: bytes) -> bytes:
    """The octets of a response; "=" is the empty one, RFC 4959 §3.  Raises BadSyntax."""
    if line == b"=":
        return b""
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise BadSyntax("response is not base64") from error


def encode(octets: bytes) -> bytes:
    """A challenge as the client reads it."""
    return base64.b64encode(octets)
