"""The OpenID Connect issuer whose tokens are believed: where its keys are, and what a token of it says of who comes.

Its description and keys are fetched when a token first needs them and kept for an hour.  A token with a key we have not
heard of makes us look again, once a minute at most, so that tokens of strangers cannot make us ask and ask.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.http import Fetched, Fetcher, FetchError
from pyeonji.net.resolver import Resolver
from pyeonji.proto.jose import BadToken, Key, check, parse_token, read_keys

KEEP_US = 3_600 * SECOND_US  # how long keys are believed without looking again
ASK_US = 60 * SECOND_US  # between two looks, whatever strangers send
DESCRIPTION = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0 §4
EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """Who gives out tokens that log in (OAUTHBEARER, XOAUTH2).  Nothing is offered without issuer and audience."""

    issuer: str = field(
        default="",
        metadata={
            "unit": "https URL",
            "rfc": "RFC 7628",
            "doc": "The OpenID Connect issuer, as its tokens name it (iss); its description is fetched from there.",
        },
    )
    audience: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "names",
            "rfc": "RFC 7519 §4.1.3",
            "doc": "For whom its tokens must be made (aud); one for another application of the issuer is refused.",
        },
    )
    claim: str = field(
        default=EMAIL,
        metadata={
            "unit": "name of a claim",
            "doc": 'What of a token is the address of an account; "email" only where email_verified is true.',
        },
    )

    @property
    def is_on(self) -> bool:
        return bool(self.issuer and self.audience)

    @property
    def description(self) -> str:
        return self.issuer.rstrip("/") + DESCRIPTION


class Fetch(Protocol):
    async def get(self, url: str) -> Fetched:
        """Raises FetchError."""
        ...


def anywhere(resolver: Resolver) -> Fetcher:
    """Fetches from private addresses, too: the administrator has named the issuer, which may be a server of his."""
    return Fetcher(resolver, may_dial=lambda address: True)


class Unreachable(Exception):
    """The issuer does not answer, or not as one should: nobody can say whether the token is good."""


class Issuer:
    """One, with the keys it had when we last looked."""

    def __init__(self, settings: OAuthSettings, fetch: Fetch, clock: Clock) -> None:
        self.settings = settings
        self._fetch = fetch
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._known_us = 0  # when they were fetched
        self._asked_us = 0  # when we last tried to
        self._why = ""  # it came to nothing
        self._turn = asyncio.Lock()

    async def login(self, text: str) -> str:
        """Whose token this is, as it says; raises BadToken and Unreachable."""
        token = parse_token(text)
        if not self._is_fresh or token.kid not in {key.kid for key in self._keys}:
            await self._look()
        now_s = self._clock.now_us() // SECOND_US
        claims = token.believed(self._keys)
        check(claims, issuer=self.settings.issuer, audiences=self.settings.audience, now_s=now_s)
        return self._named(claims)

    def _named(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self.settings.claim)
        if not isinstance(name, str) or not name:
            raise BadToken(f"it has no {self.settings.claim}")
        if self.settings.claim == EMAIL and claims.get("email_verified") is not True:
            raise BadToken("nobody has checked that the address is the bearer's")
        return name

    @property
    def _is_fresh(self) -> bool:
        now = self._clock.now_us()
        return self._known_us <= now < self._known_us + KEEP_US

    async def _look(self) -> None:
        """Fetch the keys, unless somebody just has.  Keys we had stay when it comes to nothing."""
        async with self._turn:
            now = self._clock.now_us()
            if not self._asked_us <= now < self._asked_us + ASK_US:
                self._asked_us = now
                try:
                    self._keys = await self._fetched()
                    self._known_us, self._why = now, ""
                except (FetchError, BadToken) as error:
                    self._why = str(error)
            if not self._is_fresh:
                raise Unreachable(self._why)

    async def _fetched(self) -> tuple[Key, ...]:
        described = _object(await self._fetch.get(self.settings.description))
        if described.get("issuer") != self.settings.issuer:  # OpenID Connect Discovery 1.0 §4.3
            raise BadToken("the description is that of another issuer")
        where = described.get("jwks_uri")
        if not isinstance(where, str):
            raise BadToken("the description names no keys")
        answer = await self._fetch.get(where)
        if answer.status != 200 or not (keys := read_keys(answer.body)):
            raise BadToken("the issuer shows no key we can use")
        return keys


def _object(answer: Fetched) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise BadToken("the description is not JSON") from error
    if answer.status != 200 or not isinstance(found, dict):
        raise BadToken("there is no description of the issuer")
    return found
