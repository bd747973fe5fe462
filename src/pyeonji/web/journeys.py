"""The journey pages: /, /j/NUMBER, /j/NUMBER.json, /s/NUMBER.  Made here, complete without a script.

They show everything to everybody who reaches them, so they are served only where that is wanted: in the lab.
"""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyeonji.journey import tell
from pyeonji.journey.instants import clock
from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written
from pyeonji.net.clock import Clock
from pyeonji.store.home import Home
from pyeonji.web.app import Routes, health_routes
from pyeonji.web.archive import Archive, Found
from pyeonji.web.letter import Page, Reader, page
from pyeonji.web.pages import STYLE, language_of, local_zone, render
from pyeonji.web.security import Secured

MAX_QUERY = 998  # characters of a search


class Journeys:
    """The pages over some homes; `routes` are further pages of the same site."""

    def __init__(self, homes: Mapping[str, Home], clock: Clock, *, language: str, routes: Routes | None = None) -> None:
        self.archive = Archive(homes)
        self._clock = clock
        self._language = language
        own = [
            Route("/", self.front),
            Route("/j/{number}.json", self.letter_json),
            Route("/j/{number}", self.letter),
            Route("/s/{number}", self.connection),
            STYLE,
            *health_routes(tuple(homes.values())),
        ]
        self.app = Secured(Starlette(routes=[*own, *(routes or [])], exception_handlers={404: self._unknown}))

    def language(self, request: Request) -> str:
        return language_of(request, self._language)

    def reader(self, request: Request) -> Reader:
        now = self._clock.now_us()
        return Reader(self.language(request), now, local_zone(now))

    async def front(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:MAX_QUERY].strip()
        reader = self.reader(request)
        found = await (self.archive.search(query) if query else self.archive.latest())
        refused = [] if query else await self.archive.refused()
        sessions = [
            {
                "number": written(session.id), "service": session.service, "peer": session.peer, "place": place,
                "time": clock(session.opened_us, reader.now_us, reader.zone),
            }
            for place, session in refused
        ]  # fmt: skip
        letters = [_entry(one, reader) for one in found]
        return render(request, "front.html", reader.language, query=query, letters=letters, sessions=sessions)

    async def letter(self, request: Request) -> Response:
        found = await self._find(request)
        if found is None:
            return self._missing(request)
        told, seen_by = found.story, request.query_params.get("as", "")
        views = () if seen_by else (told.reverse_path, *(one.address for one in told.recipients))
        if seen_by:
            redacted = await self.archive.seen_by(found, seen_by)
            if redacted is None:
                return self._missing(request)
            told = redacted
        reader = self.reader(request)
        return render(
            request, "letter.html", reader.language, page=page(told, reader), place=found.place, session="",
            seen_by=seen_by, views=[address for address in dict.fromkeys(views) if address],
        )  # fmt: skip

    async def letter_json(self, request: Request) -> Response:
        """As `pyeonji trace --json`."""
        found = await self._find(request)
        told = found.story if found else None
        if found and (seen_by := request.query_params.get("as", "")):
            told = await self.archive.seen_by(found, seen_by)
        if told is None:
            return JSONResponse({"error": "not found"}, 404)
        return JSONResponse(tell.to_json(told))

    async def connection(self, request: Request) -> Response:
        number = _number(request)
        found = await self.archive.connection(number) if number else None
        if found is None:
            return self._missing(request)
        reader = self.reader(request)
        return render(
            request, "letter.html", reader.language, page=page(found.story, reader), place=found.place,
            session=written(number), seen_by="", views=[],
        )  # fmt: skip

    # ── below ──

    async def _find(self, request: Request) -> Found | None:
        number = _number(request)
        return await self.archive.letter(number) if number else None

    def _missing(self, request: Request) -> Response:
        return render(request, "missing.html", self.language(request), status=404, query="")

    async def _unknown(self, request: Request, error: Exception) -> Response:
        return self._missing(request)


def _number(request: Request) -> int:
    try:
        return parse_receipt(request.path_params["number"]).number
    except NotAReceipt:
        return 0


def _entry(found: Found, reader: Reader) -> dict[str, str]:
    """One row of a list."""
    shown: Page = page(found.story, reader)
    answer = shown.answer
    return {
        "number": shown.number,
        "subject": shown.subject,
        "author": shown.author,
        "readers": ", ".join(person.address for person in shown.people[:5]),
        "time": clock(found.story.accepted_at, reader.now_us, reader.zone),
        "glyph": answer.glyph if answer else "?",
        "mood": answer.mood if answer else "",
        "state": answer.state if answer else "",
        "place": found.place,
    }
