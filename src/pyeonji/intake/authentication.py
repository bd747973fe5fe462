"""Base64 as AUTH carries it (RFC 4954 §4)."""

import base64
import binascii

MAX_RESPONSE = 12_288  # octets of base64, RFC 4954 §4


def decoded(text: bytes) -> bytes | None:
    """A response from the wire; None when it is no base64 or too long.  "=" alone is the empty response."""
    if len(text) > MAX_RESPONSE:
        return None
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
