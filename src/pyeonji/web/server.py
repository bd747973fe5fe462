"""Web pages on a socket of ours, in the loop that runs everything else."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pyeonji.net.listener import Admits, nobody
from pyeonji.web.app import site_app
from pyeonji.web.encrypted import Connection, https
from pyeonji.web.introduced import Visits, behind, uncounted
from pyeonji.web.patient import Patient
from pyeonji.web.site import Site
from pyeonji.web.to_https import Certified, Encrypted, Remembered, ToHttps

GRACEFUL_S = 2  # seconds for pages under way when the server stops
KEEP_ALIVE_S = 30  # seconds an idle browser connection is kept
Socket = Any  # socket.socket, opened by net: nobody else needs that module
MAX_CONNECTIONS = 1_000  # beyond it a browser gets 503
LOUD = "error"  # from what uvicorn says on stderr: defects of ours, but not each bad request of a stranger


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process belongs to the mail server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()  # or else whoever waits for a start that fails waits for ever

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_app(
    sock: Socket, app: ASGIApp, introduces: Admits = nobody, visits: Visits = uncounted
) -> Callable[[], Awaitable[None]]:
    """Serve `app` on a listening socket; the result stops it.  Whom `introduces` knows must say a PROXY header."""
    asked = introduces is not nobody or visits is not uncounted
    server = _Server(_config(app, behind(introduces, visits) if asked else Patient))
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[sock]))
    await server.ready.wait()
    if task.done():
        await task  # raises what went wrong

    async def stop() -> None:
        server.should_exit = True
        await task

    return stop


def _config(app: ASGIApp, protocol: type[HttpToolsProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=LOUD,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACEFUL_S,
        limit_concurrency=MAX_CONNECTIONS,
    )


async def serve_web(
    sock: Socket, site: Site, introduces: Admits = nobody, encrypted: Encrypted | None = None
) -> Callable[[], Awaitable[None]]:
    """Everything that a mail server answers over HTTP, in clear; where it does in HTTPS, too, most are sent there."""
    app = site_app(site)
    app = app if encrypted is None else ToHttps(app, encrypted)
    return await serve_app(sock, app, introduces, site.guard.visit_pages)


def pages(site: Site, certificate: Certified) -> Connection:
    """The same for streams that are encrypted already."""
    return https(_config(Remembered(site_app(site), certificate), behind(nobody, site.guard.visit_pages)))
