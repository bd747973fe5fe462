"""Standard Webhooks 1.0: what an endpoint checks before it believes a request.

https://www.standardwebhooks.com: HMAC-SHA256 over "id.timestamp.body", the secret in base64 behind "whsec_".
"""

import base64
import binascii
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET = 24  # octets of a secret of ours
MIN_SECRET, MAX_SECRET = 24, 64  # octets that the standard allows


class BadSecret(ValueError):
    """It is none of the standard's."""


def secret_of(octets: bytes) -> str:
    """As it is written down."""
    return PREFIX + base64.b64encode(octets).decode()


def key_of(secret: str) -> bytes:
    """Raises BadSecret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret(f"a secret is {PREFIX} with base64 behind") from error
    if not secret.startswith(PREFIX) or not MIN_SECRET <= len(key) <= MAX_SECRET:
        raise BadSecret(f"a secret is {PREFIX} with {MIN_SECRET} to {MAX_SECRET} octets in base64 behind")
    return key


def signature(secret: str, name: str, timestamp_s: int, body: bytes) -> str:
    """ "v1,..." for one secret."""
    signed = f"{name}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, "sha256")).decode()


def fields(secrets: Sequence[str], name: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The fields of a request.  While a secret is rotated there are two signatures."""
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signature(secret, name, timestamp_s, body) for secret in secrets),
    }
