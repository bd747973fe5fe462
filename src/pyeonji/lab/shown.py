"""What was caught, as pages: /caught/, /caught/NUMBER, its octets (.eml), and the list for programs (/caught.json)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt, written
from pyeonji.lab.caught import Letter, latest, one
from pyeonji.store.home import Home
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.pages import render

SHOWN = 100  # letters in the list, the newest first
FIELDS = ("from", "to", "cc", "date", "subject")


class CaughtPages:
    """The pages over the catcher's INBOX."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.journeys: Journeys | None = None
        self.routes: Routes = [
            Route("/caught.json", self.list_json),
            Route("/caught/", self.list),
            Route("/caught/{number}.eml", self.source),
            Route("/caught/{number}", self.letter),
        ]

    async def list(self, request: Request) -> Response:
        reader = self._journeys.reader(request)
        rows = [
            {
                "number": written(letter.number), "time": clock(letter.at_us, reader.now_us, reader.zone),
                "subject": letter.subject, "author": letter.field("from") or letter.reverse_path,
                "readers": ", ".join(letter.envelope),
            }
            for letter in await self._home.engine.scan(latest, self._home, SHOWN)
        ]  # fmt: skip
        return render(request, "caught.html", reader.language, letters=rows, letter=None)

    async def list_json(self, request: Request) -> Response:
        found = await self._home.engine.scan(latest, self._home, SHOWN)
        return JSONResponse({"letters": [_as_json(letter) for letter in found]})

    async def letter(self, request: Request) -> Response:
        found = await self._find(request)
        reader = self._journeys.reader(request)
        if found is None:
            return render(request, "missing.html", reader.language, status=404, query="")
        shown = {"number": written(found.number), "envelope": found.envelope, "reverse_path": found.reverse_path}
        return render(
            request, "caught.html", reader.language, letters=[],
            letter={**shown, "fields": _fields(found), "text": found.text},
        )  # fmt: skip

    async def source(self, request: Request) -> Response:
        """The octets, as something to be saved: a browser must not show them as a page of ours (W11)."""
        found = await self._find(request)
        if found is None:
            return PlainTextResponse("not found\n", 404)
        headers = {"content-disposition": f'attachment; filename="{compact(found.number)}.eml"'}
        return Response(found.octets, media_type="message/rfc822", headers=headers)

    # ── below ──

    @property
    def _journeys(self) -> Journeys:
        assert self.journeys is not None, "they are shown only with the other pages"
        return self.journeys

    async def _find(self, request: Request) -> Letter | None:
        try:
            number = parse_receipt(request.path_params["number"]).number
        except NotAReceipt:
            return None
        return await self._home.engine.scan(one, self._home, number)


def _fields(letter: Letter) -> dict[str, str]:
    return {name: text for name in FIELDS if (text := letter.field(name))}


def _as_json(letter: Letter) -> dict[str, Any]:
    return {
        "id": compact(letter.number), "at": rfc3339(letter.at_us), "reverse_path": letter.reverse_path,
        "envelope": list(letter.envelope), **{name: letter.field(name) for name in FIELDS},
        "text_url": f"/caught/{written(letter.number)}", "source_url": f"/caught/{written(letter.number)}.eml",
        "journey_url": f"/j/{written(letter.number)}",
    }  # fmt: skip
