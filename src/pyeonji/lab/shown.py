"""What was caught, as pages: /caught/, /caught/NUMBER, its octets (.eml), and the list for programs (/caught.json)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt, written
from pyeonji.lab.caught import Letter, latest, one
from pyeonji.message.charset import Decoded
from pyeonji.message.part import Part
from pyeonji.store.home import Home
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.pages import render
from pyeonji.web.security import CONTENT_SECURITY_POLICY

SHOWN = 100  # letters in the list, the newest first
# Of a letter's HTML: styles and pictures that are in it, and nothing else; no origin of ours, no way out.
BOXED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
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
            Route("/caught/{number}.html", self.frame),
            Route("/caught/{number}/{part}", self.file),
            Route("/caught/{number}", self.letter),
        ]

    async def list(self, request: Request) -> Response:
        """The newest first; with ?live=1 it looks again by itself."""
        reader = self._journeys.reader(request)
        rows = [
            {
                "number": written(letter.number), "time": clock(letter.at_us, reader.now_us, reader.zone),
                "subject": letter.subject, "author": letter.field("from") or letter.reverse_path,
                "readers": ", ".join(letter.envelope),
            }
            for letter in await self._home.engine.scan(latest, self._home, SHOWN)
        ]  # fmt: skip
        live = request.query_params.get("live", "") == "1"
        return render(request, "caught.html", reader.language, letters=rows, letter=None, live=live)

    async def list_json(self, request: Request) -> Response:
        found = await self._home.engine.scan(latest, self._home, SHOWN)
        return JSONResponse({"letters": [_as_json(letter) for letter in found]})

    async def letter(self, request: Request) -> Response:
        found = await self._find(request)
        reader = self._journeys.reader(request)
        if found is None:
            return render(request, "missing.html", reader.language, status=404, query="")
        shown = {
            "number": written(found.number), "envelope": found.envelope, "reverse_path": found.reverse_path,
            "fields": _fields(found), "text": found.text, "has_html": bool(found.html), "ok": found.charset_ok,
            "charsets": [_charset(part, text) for part, text in found.texts()],
            "files": [_file(at, part, octets) for at, (part, octets) in enumerate(found.files, 1)],
        }  # fmt: skip
        answer = render(request, "caught.html", reader.language, letters=[], letter=shown, live=False)
        answer.headers["content-security-policy"] = CONTENT_SECURITY_POLICY + "; frame-src 'self'"
        return answer

    async def frame(self, request: Request) -> Response:
        """The HTML of a letter, in a box: no script, nothing fetched from anywhere, no page of ours around it."""
        found = await self._find(request)
        if found is None or not found.html:
            return PlainTextResponse("not found\n", 404)
        return HTMLResponse(found.html, headers={"content-security-policy": BOXED, "x-frame-options": "SAMEORIGIN"})

    async def file(self, request: Request) -> Response:
        """An attachment, to be saved."""
        found = await self._find(request)
        wanted = request.path_params["part"]
        files = [octets for at, (_, octets) in enumerate(found.files, 1) if str(at) == wanted] if found else []
        if not files:
            return PlainTextResponse("not found\n", 404)
        headers = {"content-disposition": "attachment"}
        return Response(files[0], media_type="application/octet-stream", headers=headers)

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


def _charset(part: Part, text: Decoded) -> dict[str, str]:
    """What a text said of itself, and what it was."""
    return {"type": f"{part.type}/{part.subtype}", "label": text.declared or "", "used": text.charset_used,
            "how": text.how.value, "encoding": part.encoding}  # fmt: skip


def _file(at: int, part: Part, octets: bytes) -> dict[str, str | int]:
    return {"at": at, "name": part.filename or "", "type": f"{part.type}/{part.subtype}", "size": len(octets)}


def _as_json(letter: Letter) -> dict[str, Any]:
    return {
        "id": compact(letter.number), "at": rfc3339(letter.at_us), "reverse_path": letter.reverse_path,
        "envelope": list(letter.envelope), **{name: letter.field(name) for name in FIELDS},
        "text_url": f"/caught/{written(letter.number)}", "source_url": f"/caught/{written(letter.number)}.eml",
        "journey_url": f"/j/{written(letter.number)}",
    }  # fmt: skip
