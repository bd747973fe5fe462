"""The session of a browser: 256 random bits in a cookie that only this host gets, their digest in the store."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request
from starlette.responses import Response

from pyeonji.net.clock import SECOND_US
from pyeonji.store import administrators, directory, web_sessions
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.web_sessions import MINUTE_US, WHOLE_US, WebSession
from pyeonji.web.security import peer_of
from pyeonji.web.site import Site

COOKIE = "__Host-pyeonji"  # __Host-: by HTTPS only, for this host only, never set by a neighbour
BEFORE = "__Host-pyeonji-before"  # of who is not signed in yet: its form is bound to this browser, too
ID = 32  # octets
PROVED_US = 600 * SECOND_US  # so long after the password was said, what guards the account may be changed
MAX_AGE_S = WHOLE_US // SECOND_US


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in."""

    account_id: int
    address: str
    is_admin: bool
    session: WebSession

    def has_proved(self, now_us: int) -> bool:
        """Has the password been said lately?"""
        return now_us < self.session.proved_us + PROVED_US


class Sessions:
    """Those of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @cached_property
    def secret(self) -> bytes:
        """Of this installation: what is signed by it is good in all workers, and after a restart."""
        return self._site.home.engine.write_now(directory.secret, "web", secrets.token_hex(32)).encode()

    async def visitor(self, request: Request) -> Visitor | None:
        """Who has this cookie; nobody while the store does not answer."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return None
        now = self._site.clock.now_us()
        try:
            found = await self._site.home.engine.read(_visitor, digest_of(cookie), now)
            if found is not None and found.session.seen_us < now - MINUTE_US:
                await self._site.home.engine.write(web_sessions.seen, found.session.digest, now)
        except StoreError:
            return None
        return found

    async def begin(self, request: Request, response: Response, account_id: int) -> None:
        """A new session with a new id, whatever the browser brought: nobody can have laid one out for it."""
        cookie, now = secrets.token_urlsafe(ID), self._site.clock.now_us()
        peer = peer_of(request)
        place = self._site.guard.place(peer, exempt=False) or peer
        program = "".join(char for char in request.headers.get("user-agent", "") if char.isprintable())
        one = WebSession(digest_of(cookie), account_id, now, now, now, place, program)
        await self._site.home.engine.write(_begin, one, digest_of(request.cookies.get(COOKIE, "")))
        _set(response, COOKIE, cookie, MAX_AGE_S)
        response.delete_cookie(BEFORE, path="/", secure=True, httponly=True, samesite="strict")

    async def end(self, visitor: Visitor, response: Response) -> None:
        """Signed out, here and in the store."""
        await self._site.home.engine.write(web_sessions.end, visitor.account_id, visitor.session.digest)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")

    async def prove(self, visitor: Visitor) -> None:
        await self._site.home.engine.write(web_sessions.prove, visitor.session.digest, self._site.clock.now_us())

    # ── forms ──

    def token(self, request: Request) -> str:
        """What a form of this browser must bring; another browser's is another."""
        return self.mark("form", request.cookies.get(COOKIE, ""))

    def is_token(self, request: Request, token: str) -> bool:
        """Of a page for who is signed in, or of one for who is not: both are bound to cookies of this browser."""
        typed = token.encode("utf-8", "surrogateescape")
        return any(hmac.compare_digest(self.mark("form", cookie).encode(), typed) for cookie in secrets_of(request))

    def before(self, request: Request, response: Response) -> str:
        """The cookie of a browser that is not signed in; set if it has none."""
        cookie = request.cookies.get(BEFORE) or secrets.token_urlsafe(ID)
        if BEFORE not in request.cookies:
            _set(response, BEFORE, cookie, None)
        return cookie

    def mark(self, what: str, of: str) -> str:
        """What only we can make of something."""
        return hmac.digest(self.secret, f"{what}\0{of}".encode("utf-8", "surrogateescape"), "sha256").hex()


def secrets_of(request: Request) -> list[str]:
    """The cookies of ours that this browser has."""
    return [cookie for name in (COOKIE, BEFORE) if (cookie := request.cookies.get(name))]


def digest_of(secret: str) -> str:
    """As it is kept: of 256 random bits nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _set(response: Response, name: str, value: str, max_age_s: int | None) -> None:
    response.set_cookie(name, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="strict")


def _visitor(tx: Tx, digest: str, now_us: int) -> Visitor | None:
    session = web_sessions.find(tx, digest, now_us)
    account = directory.account_by_id(tx, session.account_id) if session else None
    if session is None or account is None or account.disabled:
        return None
    return Visitor(account.id, account.address, administrators.is_administrator(tx, account.id), session)


def _begin(tx: Tx, one: WebSession, old: str) -> None:
    """What the browser had before is good no more, if it was this account's."""
    web_sessions.end(tx, one.account_id, old)
    web_sessions.begin(tx, one)
