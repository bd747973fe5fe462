"""The way in: /signin, its code page, its passkeys and its links, and /signout.

Whoever is refused hears the same, whether there is such an account or not, and hears it after the same time
(`directory.exchange`); every attempt is counted by the guard of all ports and told to the account's owner.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.directory.exchange import Answer, Caller, Exchange
from pyeonji.directory.login import app_digest
from pyeonji.net.clock import SECOND_US
from pyeonji.proto import totp, webauthn
from pyeonji.proto.webauthn import BadPasskey
from pyeonji.store import directory, login_links, passkeys, second_factors
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.logins import IN
from pyeonji.store.passkeys import Passkey
from pyeonji.store.second_factors import SecondFactor
from pyeonji.web.forms import NotOurForm, safe_next, typed
from pyeonji.web.pages import language_of, render
from pyeonji.web.security import peer_of
from pyeonji.web.signin import proofs
from pyeonji.web.signin.sessions import Sessions, digest_of
from pyeonji.web.site import Site

SERVICE = "web"  # as the owner of an account reads it in `pyeonji account logins`
LANGUAGE = "ko"  # of who says nothing
SIGN_INS_A_MINUTE = 60  # tries of one address at all workers together; ours: a class of thirty, twice
MINUTE_US = 60 * SECOND_US
Handle = Callable[[Request, dict[str, str]], Awaitable[Response]]


class Door:
    """Routes by which one signs in and out."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._site = site
        self._sessions = sessions
        self.routes = [
            Route("/signin", self.form, methods=["GET"]),
            Route("/signin", self._tried(self.password), methods=["POST"]),
            Route("/signin/code", self._tried(self.code), methods=["POST"]),
            Route("/signin/passkey", self._tried(self.passkey), methods=["POST"]),
            Route("/signin/link/{token}", self.link, methods=["GET"]),
            Route("/signin/link/{token}", self._tried(self.by_link), methods=["POST"]),
            Route("/signout", self._posted(self.out), methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        return self.page(request, safe_next(request.query_params.get("next", "/")))

    def page(self, request: Request, next_: str, *, wrong: str = "", status: int = 200, login: str = "") -> Response:
        """The form, with a word on why what was said opened nothing."""
        return self._with_before(
            request, "signin.html", status, next=next_, wrong=wrong, login=login[:254], passkeys=self._site_of(request)
        )

    async def password(self, request: Request, form: dict[str, str]) -> Response:
        login, next_ = form.get("login", "").strip(), safe_next(form.get("next", "/"))
        peer = peer_of(request)
        if self._site.guard.bars(peer):
            return self.page(request, next_, wrong="signin.wait", status=429, login=login)
        caller = Caller(peer, SERVICE, encrypted=request.url.scheme == "https")
        exchange: Exchange[Account] = Exchange(self._site.logins, self._site.guard, caller, "PASSWORD")
        await exchange.password(login, form.get("password", ""))
        if exchange.found is None:
            wrong = "signin.wait" if exchange.barred else "signin.wrong"
            return self.page(request, next_, wrong=wrong, status=429 if exchange.barred else 401, login=login)
        account = exchange.found
        factor = await self._site.home.engine.read(second_factors.of_account, account.id)
        if factor is not None and factor.confirmed:
            proof = proofs.half(self._sessions, request, account.id, self._site.clock.now_us())
            return self._code_page(request, proof, next_)
        return await self._in(request, account.id, next_)

    async def code(self, request: Request, form: dict[str, str]) -> Response:
        """The second question, to who has answered the first."""
        proof, next_ = form.get("proof", ""), safe_next(form.get("next", "/"))
        now = self._site.clock.now_us()
        account_id = proofs.account_of_half(self._sessions, request, proof, now)
        account = await self._site.home.engine.read(_good_account, account_id) if account_id else None
        if account is None:
            return self.page(request, next_, wrong="signin.late", status=401)
        if self._site.guard.bars_strangers(peer_of(request), account.address):
            return self._code_page(request, proof, next_, wrong="signin.wait", status=429)
        with self._site.guard.trying(account.address):  # many guesses at once are counted before they have failed
            good = await self._site.home.engine.write(_take_code, account.id, form.get("code", ""), now // 1_000_000)
        if good:
            return await self._in(request, account.id, next_)
        await self._site.guard.login_failed(peer_of(request), account.address)
        return self._code_page(request, proof, next_, wrong="signin.wrong_code", status=401)

    async def passkey(self, request: Request, form: dict[str, str]) -> Response:
        next_ = safe_next(form.get("next", "/"))
        try:
            used = await self._answered(request, form)
        except BadPasskey:
            used = None
        if used is None:
            await self._site.guard.login_failed(peer_of(request))
            return self.page(request, next_, wrong="signin.wrong_passkey", status=401)
        account = await self._site.home.engine.read(_good_account, used.account_id)
        if account is None:
            return self.page(request, next_, wrong="signin.wrong_passkey", status=401)
        place = self._site.guard.place(peer_of(request), exempt=False)
        self._site.logins.note(account.address, place, SERVICE, "PASSKEY", Answer(account, IN))
        return await self._in(request, account.id, next_)

    async def link(self, request: Request) -> Response:
        """Opened by a person or by a program that looks at links: only the button uses it up."""
        return self._with_before(request, "signin_link.html", 200, token=request.path_params["token"][:100])

    async def by_link(self, request: Request, form: dict[str, str]) -> Response:
        digest = digest_of(request.path_params["token"])
        account_id = await self._site.home.engine.write(login_links.use, digest, self._site.clock.now_us())
        if await self._site.home.engine.read(_good_account, account_id) is None:
            await self._site.guard.login_failed(peer_of(request))
            return self.page(request, "/", wrong="signin.old_link", status=401)
        return await self._in(request, account_id, "/account")

    async def out(self, request: Request, form: dict[str, str]) -> Response:
        visitor = await self._sessions.visitor(request)
        response = RedirectResponse("/signin", 303)
        if visitor is not None:
            await self._sessions.end(visitor, response)
        return response

    # ── below ──

    def _tried(self, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
        """So often in a minute from one address, however it ends: also a form that is not ours costs a page.

        What is wrong in it is counted by the guard besides, and sooner too often.
        """
        posted = self._posted(handle)

        async def tried(request: Request) -> Response:
            now = self._site.clock.now_us()
            place = self._site.guard.place(peer_of(request))
            if not place or self._site.home.tallies.add(f"sign-in {place}", now // MINUTE_US) <= SIGN_INS_A_MINUTE:
                return await posted(request)
            response = self.page(request, "/", wrong="signin.too_many", status=429)
            response.headers["retry-after"] = str(max(1, (MINUTE_US - now % MINUTE_US) // SECOND_US))
            return response

        return tried

    def _posted(self, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
        """Only forms of our own pages; a page that was open for too long gives a new one."""

        async def handled(request: Request) -> Response:
            try:
                form = await typed(request)
            except NotOurForm:
                return self.page(request, "/", wrong="signin.not_ours", status=403)
            if not self._sessions.is_token(request, form.get("token", "")):
                return self.page(request, safe_next(form.get("next", "/")), wrong="signin.not_ours", status=403)
            try:
                return await handle(request, form)
            except StoreError:
                return self.page(request, "/", wrong="signin.later", status=503)

        return handled

    async def _in(self, request: Request, account_id: int, next_: str) -> Response:
        response = RedirectResponse(next_, 303)
        await self._sessions.begin(request, response, account_id)
        return response

    async def _answered(self, request: Request, form: dict[str, str]) -> Passkey | None:
        """The passkey that has signed our challenge; raises BadPasskey."""
        site, now = self._site_of(request), self._site.clock.now_us()
        said = form.get("challenge", "")
        at = proofs.asked_at(self._sessions, request, said, now)
        key = await self._site.home.engine.read(passkeys.find, form.get("credential", ""))
        if site is None or not at or key is None:
            return None
        parts = (form.get("client", ""), form.get("data", ""), form.get("signature", ""))
        counter = webauthn.used(replace(site, challenge=said), key.cose, key.counter, *parts)
        good = await self._site.home.engine.write(passkeys.use, key.credential, counter, at, now)
        return key if good else None

    def _code_page(self, request: Request, proof: str, next_: str, *, wrong: str = "", status: int = 200) -> Response:
        return self._with_before(request, "signin_code.html", status, proof=proof, next=next_, wrong=wrong)

    def _with_before(self, request: Request, template: str, status: int, **values: object) -> Response:
        """A page with a form for who is not signed in: bound to the browser by a cookie of its own."""
        response = Response()
        cookie = self._sessions.before(request, response)
        challenge = proofs.challenge(self._sessions, cookie, self._site.clock.now_us())
        language = language_of(request, LANGUAGE)
        page = render(
            request, template, language, status=status, challenge=challenge,
            form_token=self._sessions.mark("form", cookie),
            again=request.headers.get("sec-fetch-site") == "cross-site" and request.method == "GET", **values,
        )  # fmt: skip
        page.raw_headers += [header for header in response.raw_headers if header[0] == b"set-cookie"]
        return page

    def _site_of(self, request: Request) -> webauthn.Asked | None:
        return proofs.site_of(request, self._site.hostname)


def _good_account(tx: Tx, account_id: int) -> Account | None:
    account = directory.account_by_id(tx, account_id)
    return account if account is not None and not account.disabled else None


def _take_code(tx: Tx, account_id: int, code: str, now_s: int) -> bool:
    """A code by the clock, or one of those for who has lost it; either is used up."""
    factor = second_factors.of_account(tx, account_id)
    if factor is None:
        return False
    if step := matching(factor, code, now_s):
        return second_factors.use(tx, account_id, step)
    return second_factors.use_recovery_code(tx, account_id, app_digest(code))


def matching(factor: SecondFactor, code: str, now_s: int) -> int:
    """The time step whose code this is; 0 for none."""
    return totp.matching_step(totp.read(factor.secret), code, now_s, factor.last_step)
