"""What every server of ours answers over HTTP: /livez and /readyz, the MTA-STS policy of the domains here, how
programs are set up, what an authority asks of who wants a certificate, and the API below /api/ (`web.api`).
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pyeonji.catalog.say import say
from pyeonji.net.challenge import HTTP_PATH, http_answer
from pyeonji.relay.trust.sts import PATH
from pyeonji.store.directory import domain_exists
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.web.admin.pages import AdminPages
from pyeonji.web.api.app import API, api_app
from pyeonji.web.clients import client_routes
from pyeonji.web.journey.finding import FindingPages
from pyeonji.web.journey.routes import JourneyPages
from pyeonji.web.metrics import metrics_route
from pyeonji.web.pages import SCRIPTS, STYLE, language_of
from pyeonji.web.security import Secured, host_name
from pyeonji.web.signin.account import AccountPages
from pyeonji.web.signin.door import LANGUAGE, Door
from pyeonji.web.signin.gate import SignedIn
from pyeonji.web.signin.sessions import Sessions
from pyeonji.web.site import Site

Routes = list[Route]
STS_LABEL = "mta-sts"
NOT_READY = "not ready: the store does not answer\n"  # why is in the log: where it lies is no stranger's business


def health_routes(homes: tuple[Home, ...]) -> Routes:
    """/livez: the process answers.  /readyz: its stores answer, too."""

    async def livez(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        try:
            for home in homes:
                await home.engine.read(_look)
        except StoreError:
            return PlainTextResponse(NOT_READY, 503)
        return PlainTextResponse("ok\n")

    return [Route("/livez", livez), Route("/readyz", readyz)]


def site_app(site: Site) -> ASGIApp:
    """All of it: a page is a route among `pages`."""
    sessions = Sessions(site)
    gate = SignedIn(sessions)
    letters = JourneyPages(
        {"": site.home}, {"": site.wake}, site.clock, gate, LANGUAGE, {"": site.door}, lambda: site.base_url
    )  # fmt: skip
    routes = [
        *health_routes((site.home,)), sts_route(site), *client_routes(site), challenge_route(site),
        metrics_route(site), *Door(site, sessions).routes, *AccountPages(site, sessions).routes,
        *AdminPages(site, sessions).routes, *FindingPages(site.home, gate, letters).routes, *letters.routes,
        STYLE, *SCRIPTS,
    ]  # fmt: skip
    pages = Starlette(routes=routes, exception_handlers={StoreError: _away})
    pages.state.frame = "site"
    return Parted(api_app({"": site}), Secured(pages, hosts=None))


class Parted:
    """The API and the pages: one is asked by programs with keys, the other by browsers with cookies."""

    def __init__(self, api: ASGIApp, pages: ASGIApp) -> None:
        self._api = api
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of_api = scope["type"] == "http" and scope["path"].startswith(API)
        await (self._api if of_api else self._pages)(scope, receive, send)


def sts_route(site: Site) -> Route:
    """RFC 8461 §3.3.  Whoever stands in front of us with the certificate for mta-sts.DOMAIN hands the name on."""

    async def policy(request: Request) -> Response:
        label, _, domain = host_name(request.headers.get("host", "")).partition(".")
        try:
            here = label == STS_LABEL and await site.home.engine.read(domain_exists, domain)
        except StoreError:
            return PlainTextResponse(NOT_READY, 503)
        text = site.sts_policy(domain) if here else ""
        return PlainTextResponse(text or "No policy here.\n", 200 if text else 404)

    return Route(PATH, policy)


def challenge_route(site: Site) -> Route:
    """Whoever gives us certificates asks here whether a name is ours (RFC 8555 §8.3)."""

    async def answer(request: Request) -> Response:
        text = http_answer(site.home.data, request.path_params["token"])
        return PlainTextResponse(text or "Nobody asked for that.\n", 200 if text else 404)

    return Route(HTTP_PATH + "{token}", answer)


async def _away(request: Request, error: Exception) -> Response:
    """The store does not answer: that is said, and nobody sees a traceback."""
    return PlainTextResponse(say(language_of(request, LANGUAGE), "signin.later") + "\n", 503)


def _look(tx: Tx) -> None:
    tx.one("SELECT 1")
