"""What every server of ours answers in a browser: /livez and /readyz."""

from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.web.security import Secured

Routes = list[Route]


class Site(Protocol):
    """The server whose pages these are."""

    @property
    def home(self) -> Home: ...


def health_routes(homes: tuple[Home, ...]) -> Routes:
    """/livez: the process answers.  /readyz: its stores answer, too."""

    async def livez(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        try:
            for home in homes:
                await home.engine.read(_look)
        except StoreError as error:
            return PlainTextResponse(f"not ready: {error}\n", 503)
        return PlainTextResponse("ok\n")

    return [Route("/livez", livez), Route("/readyz", readyz)]


def health_app(site: Site) -> ASGIApp:
    return Secured(Starlette(routes=health_routes((site.home,))), hosts=None)


def _look(tx: Tx) -> None:
    tx.one("SELECT 1")
