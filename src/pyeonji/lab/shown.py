"""What was caught, as pages: /caught/, /caught/NUMBER, its octets (.eml), and the list for programs (/caught.json)."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyeonji.journey.event import Decided
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt, written
from pyeonji.lab.catch import CATCHER
from pyeonji.message.header import parse_header
from pyeonji.message.text import header_text, readable
from pyeonji.store import directory, entries, journey, messages
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.pages import render

SHOWN = 100  # letters in the list, the newest first
FIELDS = ("from", "to", "cc", "date", "subject")
MAX_HEADER = 64 * 1024  # octets looked at for the list


@dataclass(frozen=True, slots=True)
class Letter:
    """One that was caught.  `envelope` are the forward-paths as they were said."""

    number: int
    at_us: int
    reverse_path: str
    envelope: tuple[str, ...]
    octets: bytes

    @property
    def fields(self) -> dict[str, str]:
        header = parse_header(self.octets)
        return {name: header_text(header, name.encode()) for name in FIELDS}


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
                "subject": letter.fields["subject"], "author": letter.fields["from"] or letter.reverse_path,
                "readers": ", ".join(letter.envelope),
            }
            for letter in await self._home.engine.scan(caught, self._home, SHOWN)
        ]  # fmt: skip
        return render(request, "caught.html", reader.language, letters=rows, letter=None)

    async def list_json(self, request: Request) -> Response:
        found = await self._home.engine.scan(caught, self._home, SHOWN)
        return JSONResponse({"letters": [_as_json(letter) for letter in found]})

    async def letter(self, request: Request) -> Response:
        found = await self._find(request)
        reader = self._journeys.reader(request)
        if found is None:
            return render(request, "missing.html", reader.language, status=404, query="")
        shown = {"number": written(found.number), "envelope": found.envelope, "reverse_path": found.reverse_path}
        text = readable(found.octets)
        return render(
            request, "caught.html", reader.language, letters=[],
            letter={**shown, "fields": {k: v for k, v in found.fields.items() if v}, "text": text},
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
        found = await self._home.engine.scan(caught, self._home, 1, number)
        return found[0] if found else None


def caught(tx: Tx, home: Home, limit: int, number: int = 0) -> list[Letter]:
    """The newest letters in the catcher's INBOX, or the one of this number; of a list only the header is read."""
    inbox = directory.inbox(tx, CATCHER)
    if inbox is None:
        return []
    numbers = [entry.message_id for entry in entries.entries(tx, inbox.mailbox_id)]
    found = []
    for one in [known for known in reversed(numbers) if number in (0, known)][:limit]:
        facts = journey.message(tx, one)
        if facts is None:
            continue
        octets = messages.content(tx, home.blobs, one, 0, -1 if number else MAX_HEADER)
        found.append(Letter(one, facts.at_us, facts.reverse_path, envelope_of(tx, one), octets))
    return found


def envelope_of(tx: Tx, number: int) -> tuple[str, ...]:
    """All forward-paths: one copy was filed, and the journey says for whom else."""
    first = [one.address for one in journey.recipients(tx, number)]
    others = [
        event.value for row in journey.of_message(tx, number) if row.message_id == number for event in row.events
        if isinstance(event, Decided) and event.rule == "one copy"
    ]  # fmt: skip
    return (*first, *others)


def _as_json(letter: Letter) -> dict[str, Any]:
    return {
        "id": compact(letter.number), "at": rfc3339(letter.at_us), "reverse_path": letter.reverse_path,
        "envelope": list(letter.envelope), **letter.fields,
        "text_url": f"/caught/{written(letter.number)}", "source_url": f"/caught/{written(letter.number)}.eml",
        "journey_url": f"/j/{written(letter.number)}",
    }  # fmt: skip
