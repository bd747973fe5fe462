"""The calls of Mailpit's HTTP API that test suites use, over what `lab --catch` has caught.

Served below /api/mailpit/v1, and at Mailpit's own paths (/api/v1/messages, /api/v1/message/ID, ...) for programs that
know nothing of us.  Our own API has /api/v1/messages, too: whoever brings its key (Authorization: Bearer) means ours.
Shapes and names are those that Mailpit documents; what we do not have (tags, chaos, relaying) is not there.
"""

import asyncio
import binascii
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.lab.caught import Letter, discard, latest, numbers_of, one
from pyeonji.lab.mailpit.search import fitting
from pyeonji.lab.mailpit.shapes import Chosen, Sent, as_ours, summary, whole
from pyeonji.lab.roster import LOOPBACK
from pyeonji.lab.writer import Envelope, NotTaken, write_letter
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store.home import Home
from pyeonji.web.api.letter import written
from pyeonji.web.api.problem import Problem
from pyeonji.web.security import HERE, is_for, is_from_here, with_headers

PREFIX = "/api/mailpit/v1"
OWN = "/api/v1"  # where Mailpit itself has them
NAMES = ("messages", "message", "search", "send", "info")  # that are Mailpit's below it
VERSION = "pyeonji lab"
USUAL, MOST = 50, 1_000  # letters in one answer
MAX_BODY = 35 * 1024 * 1024  # octets of a request to send: a letter of 25 MiB in base64
MAX_SEARCH = 1_000  # letters looked through, the newest


class Mailpit:
    """One catcher's letters."""

    def __init__(self, home: Home, clock: Clock, port: int) -> None:
        """`port` takes what is sent."""
        self._home = home
        self._clock = clock
        self._port = port
        self._read: set[int] = set()  # letters that somebody has looked at
        routes = [
            Route("/messages", self.messages, methods=["GET"]),
            Route("/messages", self.delete, methods=["DELETE"]),
            Route("/message/{id}", self.message),
            Route("/message/{id}/raw", self.raw),
            Route("/message/{id}/headers", self.headers),
            Route("/message/{id}/part/{part}", self.part),
            Route("/search", self.search, methods=["GET"]),
            Route("/search", self.delete_found, methods=["DELETE"]),
            Route("/send", self.send, methods=["POST"]),
            Route("/info", self.info),
        ]
        self.app = _OnlyHere(Starlette(routes=routes))

    async def messages(self, request: Request) -> Response:
        """The newest first."""
        numbers = await self._numbers()
        start, limit = _page(request)
        letters = (await self._letters(start + limit))[start:]
        return JSONResponse(self._summary(letters, start, numbers, numbers))

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("query", "").strip()
        if not query:
            return PlainTextResponse("Error: no search query", 400)
        found = await self._found(query)
        start, limit = _page(request)
        numbers = [letter.number for letter in found]
        return JSONResponse(self._summary(found[start : start + limit], start, await self._numbers(), numbers))

    async def message(self, request: Request) -> Response:
        letter = await self._letter(request)
        if letter is None:
            return _nothing()
        self._read.add(letter.number)
        return JSONResponse(whole(letter))

    async def raw(self, request: Request) -> Response:
        letter = await self._letter(request)
        # As text: a browser must not show what a stranger wrote as a page of ours.
        return _nothing() if letter is None else Response(letter.octets, media_type="text/plain; charset=utf-8")

    async def headers(self, request: Request) -> Response:
        letter = await self._letter(request)
        if letter is None:
            return _nothing()
        found: dict[str, list[str]] = {}
        for field in letter.header.fields:
            name = "-".join(word.capitalize() for word in field.name.decode("latin-1").split("-"))
            value = letter.header.octets[field.value_start : field.end].decode("utf-8", "replace")
            found.setdefault(name, []).append(" ".join(value.split()))
        return JSONResponse(found)

    async def part(self, request: Request) -> Response:
        letter = await self._letter(request)
        wanted = request.path_params["part"]
        found = [octets for at, (_, octets) in enumerate(letter.files, 1) if str(at) == wanted] if letter else []
        if not found:
            return _nothing()
        headers = {"content-disposition": "attachment"}
        return Response(found[0], media_type="application/octet-stream", headers=headers)

    async def delete(self, request: Request) -> Response:
        """Those that are named, or all."""
        body = await request.body()
        try:
            ids = msgspec.json.decode(body, type=Chosen).ids if body.strip() else []
        except msgspec.DecodeError as error:
            return PlainTextResponse(str(error), 400)
        await self._discard({number for text in ids if (number := _number(text))} if ids else None)
        return PlainTextResponse("ok")

    async def delete_found(self, request: Request) -> Response:
        query = request.query_params.get("query", "").strip()
        if not query:
            return PlainTextResponse("Error: no search query", 400)
        await self._discard({letter.number for letter in await self._found(query)})
        return PlainTextResponse("ok")

    async def send(self, request: Request) -> Response:
        """Written here and handed in by SMTP like everything else."""
        try:
            sent = msgspec.json.decode(await request.body(), type=Sent)
            letter = written(
                as_ours(sent), date_s=self._clock.now_us() // SECOND_US,
                message_id=f"{self._clock.now_us()}@mailpit.lab.test",
            )  # fmt: skip
            envelope = Envelope(str(letter.author), tuple(str(address) for address in letter.recipients))
            receipt, _ = await write_letter(
                self._port, LOOPBACK, envelope, letter.octets, lambda beat: None, lock=False
            )
        except (msgspec.DecodeError, binascii.Error) as error:
            return JSONResponse({"Error": str(error)}, 400)
        except Problem as problem:
            return JSONResponse(
                {"Error": f"{problem.code} {problem.near} {problem.slots.get('what', '')}".strip()}, 400
            )
        except (NotTaken, OSError, TimeoutError) as error:
            return JSONResponse({"Error": str(error)}, 400)
        return JSONResponse({"ID": receipt})

    async def info(self, request: Request) -> Response:
        numbers = await self._numbers()
        return JSONResponse(
            {
                "Version": VERSION, "LatestVersion": VERSION, "Database": str(self._home.data), "DatabaseSize": 0,
                "Messages": len(numbers), "Unread": self._unread(numbers), "Tags": {},
                "RuntimeStats": {"SMTPAccepted": len(numbers)},
            }
        )  # fmt: skip

    # ── below ──

    async def _numbers(self) -> list[int]:
        return await self._home.engine.scan(numbers_of)

    async def _letters(self, limit: int) -> list[Letter]:
        return await self._home.engine.scan(_whole, self._home, limit)

    async def _letter(self, request: Request) -> Letter | None:
        """By its id, or the latest; of those that fit ?query=, where it is there."""
        text = request.path_params["id"]
        if text == "latest":
            query = request.query_params.get("query", "").strip()
            found = await (self._found(query) if query else self._letters(1))
            return found[0] if found else None
        return await self._home.engine.scan(one, self._home, _number(text))

    async def _found(self, query: str) -> list[Letter]:
        letters = await self._letters(MAX_SEARCH)
        return await asyncio.to_thread(fitting, letters, query)

    async def _discard(self, numbers: set[int] | None) -> None:
        await self._home.engine.write(discard, numbers, self._clock.now_us())

    def _unread(self, numbers: Iterable[int]) -> int:
        return sum(number not in self._read for number in numbers)

    def _summary(self, letters: list[Letter], start: int, total: list[int], found: list[int]) -> dict[str, Any]:
        return {
            "total": len(total), "unread": self._unread(total), "count": len(letters), "messages_count": len(found),
            "messages_unread": self._unread(found), "start": start, "tags": [],
            "messages": [summary(letter, letter.number in self._read) for letter in letters],
        }  # fmt: skip


class AsMailpit:
    """Mailpit's calls before everything else, at both places."""

    def __init__(self, mailpit: ASGIApp, others: ASGIApp) -> None:
        self._mailpit = mailpit
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/" and not scope["query_string"]:  # where people look for what Mailpit has caught
            await RedirectResponse("/caught/")(scope, receive, send)
            return
        if path.startswith(f"{PREFIX}/"):
            await self._mailpit({**scope, "path": path.removeprefix(PREFIX)}, receive, send)
        elif path.startswith(f"{OWN}/") and path.split("/")[3] in NAMES and not _brings_our_key(scope):
            await self._mailpit({**scope, "path": path.removeprefix(OWN)}, receive, send)
        else:
            await self._others(scope, receive, send)


class _OnlyHere:
    """For this machine; what changes anything comes from a program, or from a page of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        app = self._app
        if not is_for(scope, HERE) or not is_from_here(scope):
            app = PlainTextResponse("This is only for programs on this computer.\n", 403)
        elif scope["method"] not in ("GET", "HEAD") and int(_length(headers) or 0) > MAX_BODY:
            app = PlainTextResponse("This is too long.\n", 413)
        await app(scope, receive, with_headers(send))


def _length(headers: dict[bytes, str]) -> str:
    said = headers.get(b"content-length", "")
    return said if said.isdecimal() else str(MAX_BODY + 1) if b"transfer-encoding" in headers else "0"


def _brings_our_key(scope: Scope) -> bool:
    return any(name == b"authorization" and value[:7].lower() == b"bearer " for name, value in scope["headers"])


def _whole(tx: Any, home: Home, limit: int) -> list[Letter]:
    return latest(tx, home, limit, whole=True)


def _page(request: Request) -> tuple[int, int]:
    def number(name: str, usual: int) -> int:
        text = request.query_params.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else usual

    return number("start", 0), min(number("limit", USUAL), MOST)


def _number(text: str) -> int:
    try:
        return parse_receipt(text).number
    except NotAReceipt:
        return 0


def _nothing() -> Response:
    return PlainTextResponse("404 page not found\n", 404)
