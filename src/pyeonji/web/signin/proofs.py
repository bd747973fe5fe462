"""What is signed and given to a browser to bring back: that a password was right, and what a passkey must answer."""

import hmac
import secrets

from starlette.requests import Request

from pyeonji.net.clock import SECOND_US
from pyeonji.proto.webauthn import Asked, octets, text
from pyeonji.web.security import host_name
from pyeonji.web.signin.sessions import BEFORE, Sessions, secrets_of

PATIENCE_US = 300 * SECOND_US  # to type a code, or to find the telephone
NONCE = 16  # octets
MARK = 32  # hexadecimal digits


def half(sessions: Sessions, request: Request, account_id: int, now_us: int) -> str:
    """That this browser has said the right password of an account; a code is asked for before anything is opened."""
    facts = f"{account_id}.{now_us}"
    return f"{facts}.{sessions.mark('half', _bound(request, facts))}"


def account_of_half(sessions: Sessions, request: Request, proof: str, now_us: int) -> int:
    """Whose password it was; 0 when it was nobody's, another browser's, or too long ago."""
    facts, _, mark = proof.rpartition(".")
    expected = sessions.mark("half", _bound(request, facts))
    if not hmac.compare_digest(expected.encode(), mark.encode("utf-8", "surrogateescape")):
        return 0
    account_id, _, at = facts.partition(".")
    return int(account_id) if now_us < int(at) + PATIENCE_US else 0


def challenge(sessions: Sessions, cookie: str, now_us: int) -> str:
    """What a passkey has to sign: random, of this browser, good for some minutes."""
    facts = secrets.token_bytes(NONCE) + now_us.to_bytes(8, "big")
    return text(facts + _challenge_mark(sessions, cookie, facts))


def asked_at(sessions: Sessions, request: Request, said: str, now_us: int) -> int:
    """When we asked it; 0 when we did not, or too long ago.  Raises BadPasskey."""
    raw = octets(said)
    facts, mark = raw[: NONCE + 8], raw[NONCE + 8 :]
    ours = [_challenge_mark(sessions, cookie, facts) for cookie in secrets_of(request)]
    at = int.from_bytes(facts[NONCE:], "big")
    good = any(hmac.compare_digest(expected, mark) for expected in ours)
    return at if good and at <= now_us < at + PATIENCE_US else 0


def site_of(request: Request, hostname: str) -> Asked | None:
    """What passkeys are for here (but for the challenge); None where there can be none: they belong to a name."""
    host = request.headers.get("host", "")
    name = host_name(host)
    if name not in (hostname, "localhost"):
        return None
    scheme = "http" if name == "localhost" and request.url.scheme == "http" else "https"
    return Asked("", f"{scheme}://{host}", name)


def _challenge_mark(sessions: Sessions, cookie: str, facts: bytes) -> bytes:
    return bytes.fromhex(sessions.mark("challenge", f"{cookie}\0{facts.hex()}")[:MARK])


def _bound(request: Request, facts: str) -> str:
    return f"{request.cookies.get(BEFORE, '')}\0{facts}"
