"""The pages of the lab: /, /j/NUMBER and what belongs to it, /s/NUMBER.  Complete without a script.

They show everything to everybody who reaches them, so they are served only where that is wanted.
"""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pyeonji.acceptance.wake import Wake
from pyeonji.journey.instants import clock
from pyeonji.journey.receipt import written
from pyeonji.net.clock import Clock
from pyeonji.store.home import Home
from pyeonji.store.support import SupportCode
from pyeonji.submission.door import Door
from pyeonji.web.app import Routes, health_routes
from pyeonji.web.archive import Found
from pyeonji.web.journey.finding import behind
from pyeonji.web.journey.routes import JourneyPages
from pyeonji.web.letter import Page, Reader, page
from pyeonji.web.pages import SCRIPTS, STYLE, render
from pyeonji.web.security import Secured
from pyeonji.web.viewer import Watcher

MAX_QUERY = 998  # characters of a search
EVERYBODY = Watcher(sees_all=True)


class OpenGate:
    """Where everybody sees everything; `Secured` lets in only this computer, and forms only from here."""

    async def watcher(self, request: Request) -> Watcher | None:
        return EVERYBODY

    def token(self, request: Request) -> str:
        return ""

    def is_token(self, request: Request, token: str) -> bool:
        return True


class Journeys:
    """The pages over some homes; `routes` are further pages of the same site."""

    def __init__(
        self, homes: Mapping[str, Home], clock: Clock, *, language: str, routes: Routes | None = None,
        wakes: Mapping[str, Wake] | None = None, doors: Mapping[str, Door] | None = None, base_url: str = "",
    ) -> None:  # fmt: skip
        self._pages = JourneyPages(homes, wakes or {}, clock, OpenGate(), language, doors, lambda: base_url)
        self.archive = self._pages.archive
        own = [
            Route("/", self.front),
            *self._pages.routes,
            STYLE,
            *SCRIPTS,
            *health_routes(tuple(homes.values())),
        ]
        self.app = Secured(Starlette(routes=[*own, *(routes or [])], exception_handlers={404: self._unknown}))

    def language(self, request: Request) -> str:
        return self._pages.language(request)

    def reader(self, request: Request) -> Reader:
        return self._pages.reader(request)

    async def front(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:MAX_QUERY].strip()
        reader = self.reader(request)
        code = await self.archive.support(query) if query else None
        found = await (self._behind(code, query) if query else self.archive.latest())
        refused = [] if query else await self.archive.refused()
        sessions = [
            {
                "number": written(session.id), "service": session.service, "peer": session.peer, "place": place,
                "time": clock(session.opened_us, reader.now_us, reader.zone),
            }
            for place, session in refused
        ]  # fmt: skip
        letters = [_entry(one, reader) for one in found]
        return render(
            request, "front.html", reader.language, query=query, letters=letters, sessions=sessions,
            support=behind(code, reader),
        )  # fmt: skip

    async def _behind(self, code: SupportCode | None, query: str) -> list[Found]:
        """The letter of a support code, else what else is called so."""
        if code is None:
            return await self.archive.search(query)
        found = await self.archive.letter(code.message_id) if code.message_id else None
        return [found] if found else []

    async def _unknown(self, request: Request, error: Exception) -> Response:
        return self._pages.missing(request)


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
