"""/account: where one is signed in, and what one signs in with.

What guards the account is changed only by who has just said its password: an open browser is not its owner.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.directory.exchange import Caller, Exchange
from pyeonji.directory.login import app_digest, random_password
from pyeonji.journey.instants import clock
from pyeonji.proto import totp, webauthn
from pyeonji.proto.webauthn import BadPasskey
from pyeonji.store import allowed, passkeys, second_factors, web_sessions
from pyeonji.store.allowed import Allowed
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.passkeys import Passkey
from pyeonji.web.forms import NotOurForm, safe_next, typed
from pyeonji.web.pages import language_of, local_zone, render
from pyeonji.web.qr import qr
from pyeonji.web.security import peer_of
from pyeonji.web.signin import proofs
from pyeonji.web.signin.browsers import named
from pyeonji.web.signin.door import LANGUAGE, SERVICE, matching
from pyeonji.web.signin.sessions import COOKIE, Sessions, Visitor
from pyeonji.web.site import Site

RECOVERY_CODES = 10
MAX_NAME = 80  # characters of what somebody calls a passkey

Change = Callable[[Request, Visitor, dict[str, str]], Awaitable[Response]]


class AccountPages:
    """The page of who is signed in."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._site = site
        self._sessions = sessions
        guarded = {
            "/account/codes": self.propose_codes, "/account/codes/confirm": self.confirm_codes,
            "/account/codes/remove": self.remove_codes, "/account/recovery": self.recovery,
            "/account/passkeys": self.add_passkey, "/account/passkeys/remove": self.remove_passkey,
        }  # fmt: skip
        self.routes = [
            Route("/account", self.look, methods=["GET"]),
            Route("/account/prove", self._posted(self.prove), methods=["POST"]),
            Route("/account/allowed/remove", self._posted(self.remove_allowed), methods=["POST"]),
            Route("/account/sessions/end", self._posted(self.end_session), methods=["POST"]),
            *(Route(path, self._posted(change, guarded=True), methods=["POST"]) for path, change in guarded.items()),
        ]

    async def look(self, request: Request) -> Response:
        visitor = await self._sessions.visitor(request)
        if visitor is None:
            return RedirectResponse("/signin?next=/account", 303)
        return await self._page(request, visitor)

    async def prove(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        exchange: Exchange[Account] = Exchange(
            self._site.logins, self._site.guard, Caller(peer_of(request), SERVICE, encrypted=True), "PASSWORD"
        )
        await exchange.password(visitor.address, form.get("password", ""))
        if exchange.found is None or exchange.found.id != visitor.account_id:
            return await self._page(request, visitor, wrong="signin.wrong", status=401)
        await self._sessions.prove(visitor)
        return RedirectResponse(safe_next(form.get("next", "/account"), "/account"), 303)

    async def end_session(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """One of one's own, or all but this."""
        digest = form.get("session", "")
        if digest:
            await self._site.home.engine.write(web_sessions.end, visitor.account_id, digest)
        else:
            await self._site.home.engine.write(web_sessions.end_others, visitor.account_id, visitor.session.digest)
        return _back()

    async def remove_allowed(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """Letters of this author are judged like all others again."""
        address = form.get("address", "")
        await self._site.home.engine.write(allowed.remove, visitor.account_id, address)
        return _back("allowed")

    # ── codes by the clock ──

    async def propose_codes(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        secret = totp.written(secrets.token_bytes(totp.SECRET))
        now = self._site.clock.now_us()
        await self._site.home.engine.write(second_factors.propose, visitor.account_id, secret, now)
        return _back("codes")

    async def confirm_codes(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """Asked for from now on, as the telephone shows the right one."""
        factor = await self._site.home.engine.read(second_factors.of_account, visitor.account_id)
        step = matching(factor, form.get("code", ""), self._site.clock.now_us() // 1_000_000) if factor else 0
        if not step or not await self._site.home.engine.write(second_factors.use, visitor.account_id, step):
            return await self._page(request, visitor, wrong="signin.wrong_code", status=401)
        return await self.recovery(request, visitor, form)

    async def remove_codes(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        await self._site.home.engine.write(second_factors.remove, visitor.account_id)
        return _back("codes")

    async def recovery(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """Shown now and never again."""
        codes = [random_password() for _ in range(RECOVERY_CODES)]
        digests = [app_digest(code) for code in codes]
        await self._site.home.engine.write(second_factors.set_recovery_codes, visitor.account_id, digests)
        return await self._page(request, visitor, codes=codes)

    # ── passkeys ──

    async def add_passkey(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        site, said = proofs.site_of(request, self._site.hostname), form.get("challenge", "")
        now = self._site.clock.now_us()
        name = "".join(char for char in form.get("name", "") if char.isprintable())[:MAX_NAME]
        try:
            if site is None or not proofs.asked_at(self._sessions, request, said, now):
                raise BadPasskey("not asked")
            made = webauthn.made(replace(site, challenge=said), form.get("client", ""), form.get("attestation", ""))
            one = Passkey(made.credential, visitor.account_id, name or "passkey", made.cose, made.counter, now, 0)
            good = await self._site.home.engine.write(passkeys.add, one)
        except (BadPasskey, Conflict):
            good = False
        return _back("passkeys") if good else await self._page(request, visitor, wrong="signin.no_passkey", status=422)

    async def remove_passkey(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        credential = form.get("credential", "")
        await self._site.home.engine.write(passkeys.remove, visitor.account_id, credential)
        return _back("passkeys")

    # ── below ──

    def _posted(self, change: Change, *, guarded: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def handled(request: Request) -> Response:
            visitor = await self._sessions.visitor(request)
            if visitor is None:
                return RedirectResponse("/signin?next=/account", 303)
            try:
                form = await typed(request)
            except NotOurForm:
                return await self._page(request, visitor, wrong="signin.not_ours", status=403)
            if not self._sessions.is_token(request, form.get("token", "")):
                return await self._page(request, visitor, wrong="signin.not_ours", status=403)
            if guarded and not visitor.has_proved(self._site.clock.now_us()):
                return await self._page(request, visitor, wrong="account.prove", status=403)
            return await change(request, visitor, form)

        return handled

    async def _page(
        self, request: Request, visitor: Visitor, *, wrong: str = "", status: int = 200, codes: list[str] | None = None
    ) -> Response:
        now = self._site.clock.now_us()
        language, told = language_of(request, LANGUAGE), partial(clock, now_us=now, zone=local_zone(now))
        facts = await self._site.home.engine.read(_facts, visitor.account_id)
        factor = facts[1]
        proved = visitor.has_proved(now)
        confirmed = factor is not None and factor.confirmed
        cookie = request.cookies.get(COOKIE, "")
        link = totp.link(factor.secret, visitor.address, self._site.hostname) if factor and proved else ""
        return render(
            request, "account.html", language, status=status, visitor=visitor, wrong=wrong, codes=codes or [],
            form_token=self._sessions.token(request), proved=proved, confirmed=confirmed,
            secret=factor.secret if factor and proved and not confirmed else "",
            link=link, qr=qr(link) if link and not confirmed else "",
            sessions=[(one, named(one.program), told(one.made_us), told(one.seen_us)) for one in facts[0]],
            passkeys=[(one, told(one.made_us)) for one in facts[2]], left=facts[3], allowed=facts[4],
            challenge=proofs.challenge(self._sessions, cookie, now),
            site=proofs.site_of(request, self._site.hostname), user=webauthn.text(str(visitor.account_id).encode()),
        )  # fmt: skip


def _facts(
    tx: Tx, account_id: int
) -> tuple[list[web_sessions.WebSession], second_factors.SecondFactor | None, list[Passkey], int, list[Allowed]]:
    return (
        web_sessions.of_account(tx, account_id), second_factors.of_account(tx, account_id),
        passkeys.of_account(tx, account_id), second_factors.recovery_codes_left(tx, account_id),
        allowed.of_account(tx, account_id),
    )  # fmt: skip


def _back(part: str = "") -> Response:
    return RedirectResponse(f"/account#{part}" if part else "/account", 303)
