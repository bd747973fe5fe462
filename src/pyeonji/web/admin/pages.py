"""/admin/: today, the queue, what was refused, what nobody can explain, who tried to log in.  No script is needed.

Every act on a letter is a line of its journey that says who did it and why.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.journey.troubles import alike, grouped
from pyeonji.net.clock import SECOND_US
from pyeonji.store import lately, logins, queue
from pyeonji.store.engine.base import StoreError
from pyeonji.store.state import DAY_US, state
from pyeonji.web.admin import shown
from pyeonji.web.admin.deciding import Deciding, Decision, NotSo, places_of
from pyeonji.web.admin.shown import Eyes
from pyeonji.web.admin.who import LANGUAGE, Page, require_admin
from pyeonji.web.forms import NotOurForm, typed
from pyeonji.web.journey.acts import TooSoon
from pyeonji.web.letter import Reader
from pyeonji.web.pages import language_of, local_zone, render
from pyeonji.web.signin.sessions import Sessions, Visitor
from pyeonji.web.site import Site

LETTERS = 200  # of one destination, listed
REFUSALS = 200
ATTEMPTS = 200
LOOKED_DAYS = 7  # how far back refusals and unexplained replies are looked for


class AdminPages:
    """The pages of one site; `routes` are theirs."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._site = site
        self._sessions = sessions
        self._deciding = Deciding(site)
        self.routes = [
            self._route("/admin/", self.today),
            self._route("/admin/queue", self.queue),
            self._route("/admin/queue", self.decide, "POST"),
            self._route("/admin/refused", self.refused),
            self._route("/admin/unexplained", self.unexplained),
            self._route("/admin/attempts", self.attempts),
        ]

    async def today(self, request: Request, visitor: Visitor) -> Response:
        """Oldest undecided first, then why, then what failed: what somebody should do today."""
        eyes = self._eyes(request)
        found = await self._site.home.engine.scan(state, self._site.home, eyes.reader.now_us)
        until = min((until_s for _, until_s in self._site.certificates), default=None)
        return self._page(
            request, "admin_today.html", eyes,
            oldest=[shown.undecided(row, eyes) for row in found.oldest],
            since=eyes.ago(found.oldest_us), undecided=sum(found.queue.values()), counts=found.queue,
            waiting=[shown.group(one, eyes, "admin.would_go") for one in grouped(found.waiting)],
            failed=[shown.group(one, eyes, "admin.failed") for one in grouped(found.failed)],
            days=None if until is None else (until - eyes.reader.now_us // 1_000_000) // 86_400,
            free=shown.octets(found.storage["free"]),
            used=shown.octets(sum(count for kind, count in found.storage.items() if kind != "free")),
            backup=eyes.ago(found.backup_s * 1_000_000), never=not found.backup_s,
        )  # fmt: skip

    async def queue(self, request: Request, visitor: Visitor) -> Response:
        return await self._queue(request, request.query_params.get("domain", "")[:255].lower())

    async def decide(self, request: Request, visitor: Visitor) -> Response:
        """Hold, release, retry, cancel: of a destination, or of one recipient."""
        try:
            form = await typed(request)
        except NotOurForm:
            form = {}
        domain = form.get("domain", "")[:255]
        if not self._sessions.is_token(request, form.get("token", "")):
            return await self._queue(request, domain, wrong="admin.not_our_form", status=403)
        decision = Decision(form.get("act", ""), domain, form.get("id", "")[:64], form.get("because", "").strip())
        if decision.act == "cancel" and form.get("sure") != "yes":
            return await self._sure(request, decision)
        try:
            done = await self._deciding.done(decision, visitor.address)
        except NotSo as error:
            return await self._queue(request, domain, wrong=error.key, status=422)
        except TooSoon as error:
            eyes = self._eyes(request)
            return await self._queue(
                request, domain, wrong="admin.too_often", status=429, destination=domain or "–",
                seconds=max(1, error.wait_us // SECOND_US), when=eyes.when(eyes.reader.now_us + error.wait_us),
            )  # fmt: skip
        except StoreError:
            return await self._queue(request, domain, wrong="admin.store_away", status=503)
        return RedirectResponse(f"/admin/queue?done={decision.act}&n={done}", 303)

    async def refused(self, request: Request, visitor: Visitor) -> Response:
        eyes = self._eyes(request)
        since = eyes.reader.now_us - LOOKED_DAYS * DAY_US
        found = await self._site.home.engine.scan(lately.refusals, since, REFUSALS)
        reasons: dict[str, int] = {}
        for one in found:
            reasons[one.because] = reasons.get(one.because, 0) + 1
        ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        named = [(shown.because(word, eyes), count) for word, count in ranked]
        rows = [shown.refusal(one, eyes) for one in found]
        return self._page(request, "admin_refused.html", eyes, refusals=rows, reasons=named, days=LOOKED_DAYS)

    async def unexplained(self, request: Request, visitor: Visitor) -> Response:
        eyes = self._eyes(request)
        since = eyes.reader.now_us - LOOKED_DAYS * DAY_US
        found = alike(await self._site.home.engine.scan(lately.unexplained, since))
        rows = [shown.reply(one, eyes) for one in found[:LETTERS]]
        return self._page(request, "admin_unexplained.html", eyes, replies=rows, days=LOOKED_DAYS)

    async def attempts(self, request: Request, visitor: Visitor) -> Response:
        eyes = self._eyes(request)
        await self._site.logins.attempts.flush()
        found = await self._site.home.engine.scan(logins.latest, ATTEMPTS)
        return self._page(
            request, "admin_attempts.html", eyes, attempts=[shown.attempt(one, eyes) for one in found],
            barred=[shown.barred(one, eyes) for one in self._site.guard.barred()],
        )  # fmt: skip

    # ── below ──

    def _route(self, path: str, page: Page, method: str = "GET") -> Route:
        return Route(path, require_admin(self._sessions, page), methods=[method])

    def _eyes(self, request: Request) -> Eyes:
        now = self._site.clock.now_us()
        return Eyes(Reader(language_of(request, LANGUAGE), now, local_zone(now)))

    def _page(self, request: Request, template: str, eyes: Eyes, *, status: int = 200, **values: object) -> Response:
        return render(
            request, template, eyes.lang, status=status, form_token=self._sessions.token(request),
            here=request.url.path, **values,
        )  # fmt: skip

    async def _queue(
        self, request: Request, domain: str, *, wrong: str = "", status: int = 200, **slots: str | int
    ) -> Response:
        eyes, engine = self._eyes(request), self._site.home.engine
        destinations = await engine.scan(lately.destinations)
        rows = await engine.scan(lately.listing, domain, LETTERS) if domain else []
        params = request.query_params
        done = params.get("done", "") if params.get("done") in queue.DECISIONS else ""
        count = params.get("n", "0")
        return self._page(
            request, "admin_queue.html", eyes, status=status, domain=domain, wrong=wrong, slots=slots, done=done,
            count=int(count) if count.isdecimal() and len(count) < 10 else 0,
            destinations=[shown.destination(one, eyes) for one in destinations],
            letters=[shown.undecided(row, eyes) for row in rows],
        )  # fmt: skip

    async def _sure(self, request: Request, decision: Decision) -> Response:
        """To take back is final: it is asked once more, with what it would touch."""
        eyes = self._eyes(request)
        count = len(await self._site.home.engine.read(places_of, decision))
        return self._page(request, "admin_sure.html", eyes, decision=decision, count=count)
