"""An OpenID Connect issuer of our own: real keys, a real HTTPS server, and tokens of any kind, also bad ones."""

import base64
import json

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kit.web import FakeWeb, page, served_by

NAME = "id.issuer.test"
ISSUER = f"https://{NAME}/realm"
OURS = "pyeonji"


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


class Rsa:
    algorithm = "RS256"

    def __init__(self, kid="r", bits=2048):
        self.kid, self.key = kid, rsa.generate_private_key(65537, bits)

    def jwk(self, **more):
        public = self.key.public_key().public_numbers()
        return {"kty": "RSA", "kid": self.kid, "n": number(public.n), "e": number(public.e), **more}

    def sign(self, signed):
        return self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def public_pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form)


class P256:
    algorithm = "ES256"

    def __init__(self, kid="e"):
        self.kid, self.key = kid, ec.generate_private_key(ec.SECP256R1())

    def jwk(self, **more):
        public = self.key.public_key().public_numbers()
        x, y = (b64(one.to_bytes(32)) for one in (public.x, public.y))
        return {"kty": "EC", "crv": "P-256", "kid": self.kid, "x": x, "y": y, **more}

    def sign(self, signed):
        return b"".join(
            half.to_bytes(32) for half in decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        )


class Ed25519:
    algorithm = "EdDSA"

    def __init__(self, kid="d"):
        self.kid, self.key = kid, ed25519.Ed25519PrivateKey.generate()

    def jwk(self, **more):
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": self.kid,
            "x": b64(self.key.public_key().public_bytes_raw()),
            **more,
        }

    def sign(self, signed):
        return self.key.sign(signed)


class Secret:
    """HMAC with a secret everybody knows."""

    algorithm = "HS256"

    def __init__(self, secret, kid):
        self.secret, self.kid = secret, kid

    def sign(self, signed):
        made = hmac.HMAC(self.secret, hashes.SHA256())
        made.update(signed)
        return made.finalize()


def claims(now_s, **other):
    found = {
        "iss": ISSUER, "aud": OURS, "sub": "1", "email": "kim@here.test", "email_verified": True,
        "iat": now_s, "exp": now_s + 300,
    }  # fmt: skip
    return {name: value for name, value in (found | other).items() if value is not None}


def token(key, payload, **header):
    header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"} | header
    parts = [b64(json.dumps({name: value for name, value in one.items() if value is not None}).encode())
             for one in (header, payload)]  # fmt: skip
    signed = ".".join(parts)
    return f"{signed}.{b64(key.sign(signed.encode()))}"


class FakeIssuer(FakeWeb):
    """Answers by path; `keys` are those it shows."""

    def __init__(self, *keys):
        super().__init__(b"", served_by(NAME))
        self.shows(*keys)
        self.description = {"issuer": ISSUER, "jwks_uri": f"https://{NAME}/keys"}
        self.status = "200 OK"

    def shows(self, *keys):
        self.jwks = {"keys": [key.jwk() for key in keys]}

    def count(self, path):
        return sum(f"GET {path} ".encode() in request for request in self.requests)

    @property
    def answer(self):
        at_keys = self.requests and b"GET /keys " in self.requests[-1]
        return page(json.dumps(self.jwks if at_keys else self.description), self.status, "application/json")

    @answer.setter
    def answer(self, value):
        pass
