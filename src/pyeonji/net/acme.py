"""The client side of ACME: how a certificate authority is asked, step by step (RFC 8555).

What it does not know: files, clocks, and how a challenge is met; `daemon.renewal` does.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pyeonji.net.http import Fetched, Fetcher, FetchError

MAX_ANSWER = 1 << 20  # octets of an answer; a chain has ten thousand
ERROR = "urn:ietf:params:acme:error:"  # RFC 8555 §6.7
ATTEMPTS = 10  # at one request whose nonce was used up (RFC 8555 §6.5)
POLLS = 60  # looks at something that is under way
POLL_S = 2.0  # seconds between two, where the authority does not say
MAX_POLL_S = 30.0
MAX_DETAIL = 400  # characters of the authority's words
MAX_NONCES = 10  # kept for later requests
UNDER_WAY = frozenset({"pending", "processing"})

Json = dict[str, Any]


class AcmeError(Exception):
    """It did not work.  `kind` is the last word of the authority's error type (RFC 8555 §6.7); "unreachable",
    "malformed_answer", "no_challenge" and "too_slow" are ours."""

    def __init__(self, kind: str, detail: str = "", name: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = "".join(char if char.isprintable() else " " for char in detail)[:MAX_DETAIL]
        self.name = name  # the domain it is about


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to prove that a name is ours."""

    kind: str  # "http-01", "tls-alpn-01", "dns-01"
    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """What has to be proved for one name."""

    url: str
    name: str
    status: str
    challenges: tuple[Challenge, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate that was asked for."""

    url: str
    status: str
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """An account elsewhere that ours is bound to (RFC 8555 §7.3.4)."""

    kid: str
    key: bytes


class Client:
    """One account at one authority.  All methods raise AcmeError."""

    def __init__(
        self,
        fetcher: Fetcher,
        directory: str,
        key: ec.EllipticCurvePrivateKey,
        wait: Callable[[float], Awaitable[None]],
        kid: str = "",
    ) -> None:
        self._fetcher = fetcher
        self._directory_url = directory
        self._directory: Json = {}
        self._key = key
        self._wait = wait
        self._nonces: list[str] = []
        self.kid = kid  # the account's URL, "" before `register`

    async def register(self, contact: str, *, agreed: bool, outside: Outside | None = None) -> None:
        """Make the account, or find the one this key has already (RFC 8555 §7.3)."""
        url = await self._where("newAccount")
        asked: Json = {"termsOfServiceAgreed": agreed}
        if contact:
            asked["contact"] = [f"mailto:{contact}"]
        if outside is not None:
            asked["externalAccountBinding"] = bound(outside, url, jwk(self._key))
        answer = await self._post(url, asked, by_key=True)
        self.kid = answer.fields.get("location", "")
        if not self.kid:
            raise AcmeError("malformed_answer", "no account URL")

    async def order(self, names: tuple[str, ...]) -> Order:
        """Ask for a certificate for these names (RFC 8555 §7.4)."""
        asked = {"identifiers": [{"type": "dns", "value": name} for name in names]}
        answer = await self._post(await self._where("newOrder"), asked)
        return _order(answer.fields.get("location", ""), _object(answer))

    async def authorization(self, url: str) -> Authorization:
        return _authorization(url, _object(await self._post(url, None)))

    async def begin(self, challenge: Challenge) -> None:
        """Say that the challenge can be looked at (RFC 8555 §7.5.1)."""
        await self._post(challenge.url, {})

    async def proved(self, authorization: Authorization) -> None:
        """Wait until the authority has looked; raises AcmeError with what it says if it is not content."""
        found = await self._settled(authorization.url)
        if found.get("status") != "valid":
            raise _refused(found, authorization.name)

    async def finish(self, order: Order, csr: bytes) -> str:
        """The chain in PEM for a request in DER (RFC 8555 §7.4, §7.4.2)."""
        await self._post(order.finalize, {"csr": b64(csr)})
        found = await self._settled(order.url)
        if found.get("status") != "valid" or not isinstance(found.get("certificate"), str):
            raise _problem(found.get("error"))
        answer = await self._post(found["certificate"], None)
        return answer.body.decode("ascii", "replace")

    async def revoke(self, certificate: bytes, reason: int) -> None:
        """Take a certificate (DER) back; reasons are those of RFC 5280 §5.3.1 (RFC 8555 §7.6)."""
        await self._post(await self._where("revokeCert"), {"certificate": b64(certificate), "reason": reason})

    def key_authorization(self, challenge: Challenge) -> str:
        """What proves that whoever answers a challenge has this account (RFC 8555 §8.1)."""
        return f"{challenge.token}.{thumbprint(self._key)}"

    # ── below ──

    async def _where(self, what: str) -> str:
        """The URL of a resource (RFC 8555 §7.1.1)."""
        if not self._directory:
            answer = await self._fetch(self._fetcher.get(self._directory_url, max_body=MAX_ANSWER))
            if answer.status != 200:
                raise AcmeError("malformed_answer", f"HTTP {answer.status} at {self._directory_url}")
            self._directory = _object(answer)
        url = self._directory.get(what)
        if not isinstance(url, str):
            raise AcmeError("malformed_answer", f"the directory has no {what}")
        return url

    async def _post(self, url: str, payload: Json | None, *, by_key: bool = False) -> Fetched:
        """A signed request (RFC 8555 §6.2); None asks only (§6.3)."""
        for _ in range(ATTEMPTS):
            head: Json = {"alg": "ES256", "nonce": await self._nonce(), "url": url}
            head |= {"jwk": jwk(self._key)} if by_key else {"kid": self.kid}
            octets = b"" if payload is None else json.dumps(payload).encode()
            body = json.dumps(signed(head, octets, lambda text: _es256(self._key, text))).encode()
            said = {"Content-Type": "application/jose+json"}
            answer = await self._fetch(self._fetcher.post(url, body, said, max_body=MAX_ANSWER))
            self._keep_nonce(answer)
            if answer.status < 400:
                return answer
            problem = _problem(_object(answer))
            if problem.kind != "badNonce":
                raise problem
        raise problem

    async def _nonce(self) -> str:
        """One that is good once (RFC 8555 §7.2)."""
        if not self._nonces:
            self._keep_nonce(await self._fetch(self._fetcher.get(await self._where("newNonce"))))
        if not self._nonces:
            raise AcmeError("malformed_answer", "no nonce")
        return self._nonces.pop()

    def _keep_nonce(self, answer: Fetched) -> None:
        nonce = answer.fields.get("replay-nonce", "")
        if nonce:
            self._nonces = [*self._nonces, nonce][-MAX_NONCES:]

    async def _settled(self, url: str) -> Json:
        """Something of the authority's, as soon as nothing of it is under way any more."""
        for _ in range(POLLS):
            answer = await self._post(url, None)
            found = _object(answer)
            if found.get("status") not in UNDER_WAY:
                return found
            await self._wait(_pause(answer))
        raise AcmeError("too_slow", url)

    @staticmethod
    async def _fetch(asked: Awaitable[Fetched]) -> Fetched:
        try:
            return await asked
        except FetchError as error:
            raise AcmeError("unreachable", str(error)) from error


# ── values ──


def b64(octets: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half of a P-256 key (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    return {
        "crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big")),
    }  # fmt: skip


def thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """RFC 7638."""
    text = json.dumps(jwk(key), sort_keys=True, separators=(",", ":"))
    return b64(hashlib.sha256(text.encode()).digest())


def signed(head: Json, payload: bytes, sign: Callable[[bytes], bytes]) -> dict[str, str]:
    """A JWS in its flattened form (RFC 7515 §7.2.2)."""
    protected, body = b64(json.dumps(head).encode()), b64(payload)
    return {"protected": protected, "payload": body, "signature": b64(sign(f"{protected}.{body}".encode()))}


def bound(outside: Outside, url: str, public: dict[str, str]) -> dict[str, str]:
    """Our key, vouched for by an account elsewhere (RFC 8555 §7.3.4)."""
    head = {"alg": "HS256", "kid": outside.kid, "url": url}
    return signed(head, json.dumps(public).encode(), lambda text: hmac.digest(outside.key, text, "sha256"))


def dns_value(key_authorization: str) -> str:
    """The TXT record of _acme-challenge.NAME (RFC 8555 §8.4)."""
    return b64(hashlib.sha256(key_authorization.encode()).digest())


def signing_request(names: tuple[str, ...], key: ec.EllipticCurvePrivateKey) -> bytes:
    """A CSR in DER."""
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, names[0])] if len(names[0]) <= 64 else []
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(subject))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def _es256(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    """RFC 7518 §3.4: both numbers, 32 octets each."""
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _object(answer: Fetched) -> Json:
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise AcmeError("malformed_answer", f"HTTP {answer.status} without JSON") from error
    if not isinstance(found, dict):
        raise AcmeError("malformed_answer", f"HTTP {answer.status} without an object")
    return found


def _order(url: str, found: Json) -> Order:
    names = found.get("authorizations")
    if not url or not isinstance(names, list) or not isinstance(found.get("finalize"), str):
        raise AcmeError("malformed_answer", "an order without authorizations")
    return Order(url, str(found.get("status")), tuple(map(str, names)), found["finalize"])


def _authorization(url: str, found: Json) -> Authorization:
    try:
        challenges = tuple(
            Challenge(str(one["type"]), str(one["url"]), str(one.get("token", ""))) for one in found["challenges"]
        )
        return Authorization(url, str(found["identifier"]["value"]), str(found["status"]), challenges)
    except (KeyError, TypeError) as error:
        raise AcmeError("malformed_answer", "an authorization without challenges") from error


def _refused(found: Json, name: str) -> AcmeError:
    """What was wrong with the challenge that was looked at."""
    challenges = found.get("challenges")
    for one in challenges if isinstance(challenges, list) else ():
        if isinstance(one, dict) and one.get("error"):
            return _problem(one["error"], name)
    return AcmeError("unauthorized", str(found.get("status", "")), name)


def _problem(found: Any, name: str = "") -> AcmeError:
    """A problem document (RFC 8555 §6.7)."""
    if not isinstance(found, dict):
        return AcmeError("malformed_answer", "an error that says nothing", name)
    kind = str(found.get("type", "")).removeprefix(ERROR)
    return AcmeError(kind or "malformed_answer", str(found.get("detail", "")), name)


def _pause(answer: Fetched) -> float:
    """Seconds to wait (RFC 8555 §8.2)."""
    said = answer.fields.get("retry-after", "")
    return min(float(said), MAX_POLL_S) if said.isdecimal() and len(said) < 6 else POLL_S
