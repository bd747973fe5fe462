"""/j/NUMBER and what belongs to it: as page, text, JSON and stream, and what people do there.

A letter to a thousand people has a page of megabytes: it is made beside the loop, which has mail to carry.
"""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pyeonji.acceptance.wake import Wake
from pyeonji.address import NotAnAddress
from pyeonji.catalog.say import say
from pyeonji.journey import tell
from pyeonji.journey.event import Decided
from pyeonji.journey.instants import clock, lasting
from pyeonji.journey.receipt import written
from pyeonji.journey.story import Story
from pyeonji.journey.view import OWNERS, Viewer, redact
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.ids import number_at
from pyeonji.store import finding, support
from pyeonji.store.accept import record
from pyeonji.store.again import SentBefore
from pyeonji.store.finding import ALL, Whose
from pyeonji.store.home import Home
from pyeonji.submission.again import NotThere, UnderWay
from pyeonji.submission.door import Door, Refusal
from pyeonji.web.archive import Archive
from pyeonji.web.forms import NotOurForm, typed
from pyeonji.web.journey.acts import DECISIONS, Pace, TooSoon, reason
from pyeonji.web.journey.keeping import Keeping, in_junk, whys
from pyeonji.web.journey.live import Streams, is_settled
from pyeonji.web.journey.page import LEVELS, Asked, acts, chosen, journey_page
from pyeonji.web.journey.resending import Resending
from pyeonji.web.journey.seen import (
    LEVEL,
    Gate,
    Seen,
    as_file,
    level_of,
    mood_of,
    more,
    number_in,
    query,
    receipt_in,
    sole,
    to_sign_in,
)
from pyeonji.web.letter import Reader
from pyeonji.web.pages import language_of, local_zone, render
from pyeonji.web.qr import qr_of_link
from pyeonji.web.signin.sessions import digest_of
from pyeonji.web.viewer import OPENED, Watcher, viewer_of

YEAR_S = 365 * 86_400
HISTORY_US = 30 * 86_400_000_000  # how far back one looks for how it went before
DONE = frozenset(("retry", "cancel", "hold", "release", "inbox", "allow", "again", "nothing"))


class JourneyPages:
    """The pages of letters in `homes`; `wakes` say when something happened there."""

    def __init__(
        self, homes: Mapping[str, Home], wakes: Mapping[str, Wake], clock: Clock, gate: Gate, language: str,
        doors: Mapping[str, Door] | None = None, base_url: Callable[[], str] = str,
    ) -> None:  # fmt: skip
        """`doors` take letters that are sent again; without one of its server nobody is asked.

        `base_url` is where people reach these pages, without a "/" at the end; "" where nobody knows.
        """
        self.archive = Archive(homes)
        self._homes, self._wakes, self._clock, self._gate = homes, wakes, clock, gate
        self._language, self._base_url, self._resending = language, base_url, Resending(homes, doors or {})
        self._streams, self._pace, self._keeping = Streams(), _pace(homes, clock), Keeping(homes, wakes, clock)
        self.routes = [
            Route("/j/{number}.json", self._seen(self.as_json)),
            Route("/j/{number}.txt", self._seen(self.as_text)),
            Route("/j/{number}/live", self._seen(self.live)),
            Route("/j/{number}/again", self._posted(self.again), methods=["POST"]),
            Route("/j/{number}/open", self._posted(self.open), methods=["POST"]),
            *(Route(f"/j/{{number}}/{act}", self._posted(self.keep), methods=["POST"]) for act in sorted(OWNERS)),
            Route("/j/{number}/{act}", self._posted(self.act), methods=["POST"]),
            Route("/j/{number}", self._seen(self.page), methods=["GET"]),
            Route("/s/{number}", self.connection, methods=["GET"]),
            Route("/p/{token}", self.public, methods=["GET"]),
        ]

    def language(self, request: Request) -> str:
        return language_of(request, self._language)

    def reader(self, request: Request) -> Reader:
        now = self._clock.now_us()
        return Reader(self.language(request), now, local_zone(now))

    # ── to read ──

    async def page(self, request: Request, seen: Seen) -> Response:
        return await self.shown(request, seen)

    async def shown(
        self, request: Request, seen: Seen, *, done: str = "", status: int = 200, n: int = 0, to: str = ""
    ) -> Response:
        """`n` is the recipient and `to` what was typed, where a form of the page comes back with a word (`done`)."""
        reader, story = self.reader(request), seen.story
        asked = Asked(level_of(request, seen.viewer), n or number_in(request.query_params.get("r", "")))
        live = "" if is_settled(story) or seen.is_public else seen.here + "/live" + query(seen, lang=reader.language)
        response = await to_thread(
            render, request, "letter.html", reader.language, status=status, place=seen.found.place, session="", to=to,
            done=done or self._done(request, reader.language), here=seen.here, base="", as_address=seen.as_address,
            seen_by=seen.as_address, live=live, more=more(seen, r=asked.n or ""), keeping=more(seen),
            only=query(seen), form_token=self._gate.token(request), views=self._views(seen),
            mood=mood_of(request.query_params.get("done", ""), status),
            **await self._about(seen, asked, reader),
        )  # fmt: skip
        if request.query_params.get(LEVEL) in LEVELS:
            response.set_cookie(LEVEL, asked.level, max_age=YEAR_S, samesite="lax", httponly=True)
        return response

    async def _about(self, seen: Seen, asked: Asked, reader: Reader) -> dict[str, Any]:
        """What the page says of one recipient, and what it offers."""
        page = await to_thread(journey_page, seen.story, seen.viewer, reader, asked)
        one, link = chosen(seen.story, asked.n), self._base_url() + seen.here
        mine = await self._keeping.lying(seen.found, seen.viewer)
        if mine is not None and mine.is_junk and page["person"] is not None:
            page["person"] = in_junk(page["person"], mine, reader)
        return page | {
            "mine": mine, "whys": whys(seen.story, mine, reader), "link": link,
            "qr": qr_of_link(link), "history": await self._before(seen, asked, reader),
            "resend": await self._resending.about(seen.found, seen.viewer, one),
        }  # fmt: skip

    async def connection(self, request: Request) -> Response:
        """A connection that brought no letter: refused mail has a story, which whoever runs the server reads."""
        watcher = await self._gate.watcher(request)
        if watcher is None:
            return to_sign_in(request)
        number = receipt_in(request.path_params["number"])
        found = await self.archive.connection(number) if number and (watcher.is_admin or watcher.sees_all) else None
        if found is None:
            return self.missing(request)
        reader, viewer = self.reader(request), Viewer("admin", opened=True)
        return render(
            request, "letter.html", reader.language, place=found.place, session=written(number), done="", mood="",
            here=f"/s/{written(number)}", base="", as_address="", seen_by="", live="", more="", keeping="", only="",
            form_token="", history=[], views=[], mine=None, whys=(), resend=None, to="", link="", qr="",
            **journey_page(found.story, viewer, reader, Asked(level_of(request, viewer))),
        )  # fmt: skip

    async def as_json(self, request: Request, seen: Seen) -> Response:
        """As `pyeonji trace --json`."""
        return await to_thread(lambda: JSONResponse(tell.to_json(seen.story), headers=as_file(request, seen, "json")))

    async def as_text(self, request: Request, seen: Seen) -> Response:
        """As `pyeonji trace`, and with ?level=raw as `pyeonji trace --raw`."""
        reader = self.reader(request)
        raw = level_of(request, seen.viewer) == "raw"
        text = await to_thread(
            tell.story_text, seen.story, reader.language, now=reader.now_us, zone=reader.zone, raw=raw
        )  # fmt: skip
        return PlainTextResponse(text + "\n", headers=as_file(request, seen, "txt"))

    async def live(self, request: Request, seen: Seen) -> Response:
        if self._streams.is_full(seen.watcher.address):
            return PlainTextResponse("Too many streams are open.\n", 503)

        async def look() -> Story | None:
            again = await self._look(request)
            return again.story if again else None

        wake = self._wakes.get(seen.found.place)
        who = seen.watcher.address
        return self._streams.answer(who, seen.story.id, wake, look, lambda: self.reader(request))

    async def public(self, request: Request) -> Response:
        """For anybody who has the link; what is not theirs to know is not there."""
        link = digest_of(request.path_params["token"])
        for home in self._homes.values():
            code = await home.engine.read(support.by_link, link)
            found = await self.archive.letter(code.message_id) if code else None
            if code is not None and found is not None:
                viewer = Viewer("public")
                story = redact(found.story, viewer, code.named or sole(found.story))
                seen = Seen(found, story, viewer, Watcher(), "", f"/p/{request.path_params['token']}")
                return await self.shown(request, seen)
        return self.missing(request)

    # ── to do ──

    async def keep(self, request: Request, seen: Seen, form: dict[str, str]) -> Response:
        """What a reader does with the own letter: out from among junk, and its author's for ever."""
        act = request.url.path.rpartition("/")[2]
        if act not in seen.viewer.acts:
            return self.missing(request)
        mine = await self._keeping.lying(seen.found, seen.viewer)
        if mine is None or not mine.is_junk:
            return self._back(seen, 0, "nothing")
        if act == "allow" and not await self._keeping.allow(seen.found, seen.viewer, mine):
            return self._back(seen, 0, "nothing")
        done = await self._keeping.to_inbox(seen.found, mine)
        return self._back(seen, 0, act if done else "nothing")

    async def act(self, request: Request, seen: Seen, form: dict[str, str]) -> Response:
        act, n = request.path_params["act"], number_in(form.get("n", ""))
        one = chosen(seen.story, n)
        if one is None or one.n != n or act not in acts(one, seen.viewer):
            may = act in seen.viewer.acts
            return self._back(seen, n, "nothing") if may else self.missing(request)
        place = seen.found.place
        if act == "retry":
            domain = one.address.rpartition("@")[2]
            try:
                self._pace.ask(domain)
            except TooSoon as soon:
                lang = self.language(request)
                words = say(lang, "page.too_soon", domain=soon.domain, when=lasting(lang, soon.wait_us))
                return await self.shown(request, seen, done=words, status=429)
        because = reason(seen.watcher.address or "web", form.get("because", ""))
        changed = await self._homes[place].engine.write(
            DECISIONS[act], seen.story.id, n, because, self._clock.now_us()
        )  # fmt: skip
        if wake := self._wakes.get(place):
            wake.tell_letters([seen.story.id])
            wake.tell_queue()
        return self._back(seen, n, act if changed else "nothing")

    async def again(self, request: Request, seen: Seen, form: dict[str, str]) -> Response:
        """A new letter to the address that was typed; a second press leads to the letter that the first one made."""
        n, to = number_in(form.get("n", "")), form.get("to", "").strip()
        one = chosen(seen.story, n)
        about = await self._resending.about(seen.found, seen.viewer, one)
        if one is None or one.n != n or about is None:
            return self._back(seen, n, "nothing") if "again" in seen.viewer.acts else self.missing(request)
        lang = self.language(request)
        try:
            number = await self._resending.send(seen.found, one, to, seen.watcher.address or seen.as_address or "web")
        except SentBefore as before:
            number = before.number
        except NotAnAddress:
            return await self.shown(request, seen, done=say(lang, "page.again_no_address"), status=422, n=n, to=to)
        except Refusal as no:
            words = say(lang, "page.again_refused", words=no.reply.text)
            return await self.shown(request, seen, done=words, status=422, n=n, to=to)
        except (NotThere, UnderWay):
            return self._back(seen, n, "nothing")
        return RedirectResponse(f"/j/{written(number)}" + query(seen, done="again"), 303)

    async def open(self, request: Request, seen: Seen, form: dict[str, str]) -> Response:
        """An administrator looks at content: the journey says so before anything is shown."""
        if seen.viewer.role != "admin":
            return self.missing(request)
        now = self._clock.now_us()
        event = Decided(now, OPENED, seen.watcher.address, "subject")
        home = self._homes[seen.found.place]
        await home.engine.write(record, None, seen.story.id, now, (event,))
        return RedirectResponse(seen.here, 303)

    # ── below ──

    def missing(self, request: Request) -> Response:
        """The same for what is not there and for what is somebody else's."""
        return render(request, "missing.html", self.language(request), status=404, query="")

    def _seen(self, show: Callable[[Request, Seen], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def handled(request: Request) -> Response:
            if await self._gate.watcher(request) is None:
                return to_sign_in(request)
            seen = await self._look(request)
            return await show(request, seen) if seen is not None else self.missing(request)

        return handled

    def _posted(
        self, do: Callable[[Request, Seen, dict[str, str]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handled(request: Request) -> Response:
            if await self._gate.watcher(request) is None:
                return RedirectResponse("/signin", 303)
            try:
                form = await typed(request)
            except NotOurForm:
                return PlainTextResponse("This form was sent from another site.\n", 403)
            if not self._gate.is_token(request, form.get("token", "")):
                return PlainTextResponse("This page is too old: open it again.\n", 403)
            seen = await self._look(request, form.get("as", ""))
            return await do(request, seen, form) if seen is not None else self.missing(request)

        return handled

    async def _look(self, request: Request, as_address: str = "") -> Seen | None:
        """The letter, as whoever asks may see it now."""
        watcher = await self._gate.watcher(request)
        number = receipt_in(request.path_params["number"])
        found = await self.archive.letter(number) if number and watcher else None
        if found is None or watcher is None:
            return None
        as_address = as_address or request.query_params.get("as", "")
        if watcher.sees_all and as_address:
            viewer = self.archive.as_seen_by(found, as_address)
        else:
            as_address, viewer = "", viewer_of(found, watcher)
        if viewer is None:
            return None
        return Seen(found, await self.archive.redacted(found, viewer), viewer, watcher, as_address)

    def _views(self, seen: Seen) -> list[str]:
        """Through whose eyes one may look, where everything is shown to everybody."""
        if not seen.watcher.sees_all or seen.as_address:
            return []
        told = seen.found.story
        return [
            address
            for address in dict.fromkeys((told.reverse_path, *(one.address for one in told.recipients)))
            if address
        ]

    async def _before(self, seen: Seen, asked: Asked, reader: Reader) -> list[str]:
        """How letters to this domain and address went before: a writer hears of the own ones only."""
        one = chosen(seen.story, asked.n)
        if one is None or not seen.viewer.acts or one.certainty == "in_mailbox":
            return []
        engine = self._homes[seen.found.place].engine
        whose = Whose(seen.watcher.address) if seen.viewer.role == "writer" and not seen.watcher.sees_all else ALL
        domain = one.address.rpartition("@")[2]
        since = number_at((reader.now_us - HISTORY_US) // 1000)
        before = await engine.read(finding.to_domain, domain, whose, since)
        last = await engine.read(finding.last_good, one.address.casefold(), whose, seen.story.id)
        found = []
        if before.count > 1:
            found.append(
                say(reader.language, "page.history.domain", domain=domain, count=before.count, good=before.good)
            )
            if before.median_s is not None:
                span = lasting(reader.language, max(1, before.median_s) * SECOND_US)
                found.append(say(reader.language, "page.history.median", span=span))
        if last:
            when = clock(last, reader.now_us, reader.zone)
            found.append(say(reader.language, "page.history.address", when=when))
        return found

    def _done(self, request: Request, lang: str) -> str:
        word = request.query_params.get("done", "")
        return say(lang, f"page.done.{word}") if word in DONE else ""

    def _back(self, seen: Seen, n: int, done: str) -> Response:
        return RedirectResponse(seen.here + query(seen, r=n, done=done), 303)


def _pace(homes: Mapping[str, Home], clock: Clock) -> Pace:
    """One for all of them: in the lab any server may try any other."""
    return Pace(clock, next(iter(homes.values())).tallies)
