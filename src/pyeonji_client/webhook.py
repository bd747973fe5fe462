"""Is a webhook from our server?  Standard Webhooks 1.0: HMAC-SHA256 over "id.timestamp.body"."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping

from pyeonji_client.errors import BadSignature
from pyeonji_client.models import Event

TOLERANCE_S = 300  # of two clocks, and of a request under way
PREFIX = "whsec_"
SECONDS = re.compile(r"[0-9]{1,15}")


def verify(
    headers: Mapping[str, str], body: bytes | str, secret: str | Iterable[str] | None, *, now: float | None = None
) -> Event:
    """The event of a request; raises BadSignature.  `secret` may be several, while one is being replaced.

    `body` must be the octets as they came, not JSON that was read and written again.
    """
    octets = body.encode("utf-8", "replace") if isinstance(body, str) else body
    named = {name.lower(): value for name, value in headers.items()}
    event_id, said = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not event_id or not said:
        raise BadSignature("the request has no webhook-id or webhook-timestamp", fix="is it from a pyeonji server?")
    if not SECONDS.fullmatch(said):
        raise BadSignature(f"webhook-timestamp is no number: {said[:40]!r}")
    age = (time.time() if now is None else now) - int(said)
    if abs(age) > TOLERANCE_S:
        raise BadSignature(
            f"the request is {abs(age):.0f} seconds away from our clock", fix="set both clocks, or it is an old request"
        )
    signed = f"{event_id}.{said}.".encode("utf-8", "replace") + octets
    given = [part[3:] for part in named.get("webhook-signature", "").split() if part.startswith("v1,")]
    secrets = [secret] if isinstance(secret, str) else list(secret or ())
    ours = [_signature(one, signed) for one in secrets]  # once of each, however many a stranger has written down
    good = [hmac.compare_digest(one, theirs.encode("utf-8", "replace")) for one in ours for theirs in given]
    if not any(good):
        raise BadSignature("the signature is not made with this secret", fix="compare: pyeonji webhook list")
    try:
        told = json.loads(octets)
    except ValueError as error:
        raise BadSignature("what is signed is no JSON") from error
    if not isinstance(told, dict):
        raise BadSignature("what is signed is no event")
    return Event.of(event_id, told)


def _signature(secret: str, signed: bytes) -> bytes:
    text = secret.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error, or letters that are not ASCII
        raise BadSignature("the secret is no base64", fix="copy it whole, with whsec_") from error
    if not key:  # anybody could sign with it
        raise BadSignature("there is no secret", fix="set the one that pyeonji webhook add has shown")
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
