"""One-time codes by the clock (RFC 6238): six digits, SHA-1, thirty seconds, as all telephones know them."""

import base64
import binascii
import hmac
import urllib.parse

STEP_S = 30
DIGITS = 6
SECRET = 20  # octets, RFC 4226 §4: 160 bits are recommended
AROUND = 1  # steps before and after that are taken: clocks differ, people type slowly (RFC 6238 §5.2)


def code_at(secret: bytes, step: int) -> str:
    """RFC 4226 §5.3."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, now_s: int, last_step: int = 0) -> int:
    """The time step whose code this is, later than `last_step`; 0 for none.  All are compared, in the same time."""
    typed = code.replace(" ", "").encode("utf-8", "surrogateescape")
    found = 0
    for step in range(now_s // STEP_S - AROUND, now_s // STEP_S + AROUND + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed) and step > last_step:
            found = step
    return found


def written(secret: bytes) -> str:
    """Base32, as people type it."""
    return base64.b32encode(secret).decode().rstrip("=")


def read(secret: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b32decode(secret + "=" * (-len(secret) % 8))
    except binascii.Error as error:
        raise ValueError("not base32") from error


def link(secret: str, account: str, issuer: str) -> str:
    """What telephones read."""
    quoted = urllib.parse.quote
    return f"otpauth://totp/{quoted(issuer)}:{quoted(account)}?secret={secret}&issuer={quoted(issuer)}"
