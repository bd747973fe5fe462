"""The API as an ASGI application: finds the operation, asks who calls, answers mistakes as problems (RFC 9457)."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pyeonji.store.engine.base import StoreError
from pyeonji.web.api import (
    accounts,
    aliases,
    apps,
    content,
    domains,
    events,
    explain,
    journey,
    messages,
    recipients,
    routes,
    sending,
    support,
    suppressions,
    webhooks,
)
from pyeonji.web.api.call import JSON, Call
from pyeonji.web.api.keys import STRANGER, Caller, Keys, KeysOfApps, Rates, key_of, unauthorized, who
from pyeonji.web.api.openapi import document
from pyeonji.web.api.operation import Operation
from pyeonji.web.api.page import NOBODYS, page_routes
from pyeonji.web.api.problem import Problem, answer
from pyeonji.web.pages import language_of
from pyeonji.web.security import is_for, with_headers
from pyeonji.web.site import Site

API = "/api/"  # everything below belongs to this application
BASE = "/api/v1"

OPERATIONS: tuple[Operation, ...] = (
    *sending.OPERATIONS,
    *messages.OPERATIONS,
    *recipients.OPERATIONS,
    *journey.OPERATIONS,
    *content.OPERATIONS,
    *support.OPERATIONS,
    *events.OPERATIONS,
    *webhooks.OPERATIONS,
    *routes.OPERATIONS,
    *suppressions.OPERATIONS,
    *domains.OPERATIONS,
    *accounts.OPERATIONS,
    *aliases.OPERATIONS,
    *apps.OPERATIONS,
    *explain.OPERATIONS,
)


def api_app(
    sites: Mapping[str, Site],
    *,
    keys: Keys | None = None,
    hosts: Iterable[str] | None = None,
    language: str = "en",
    more: Sequence[Operation] = (),
    frame: str = "site",
) -> ASGIApp:
    """The API of one server (`sites` has one), or of all in the lab; the first is asked where it does not matter.

    `hosts` are the names we answer to, None for all; `more` are operations that only this server has,
    `frame` is what its pages are (`pages.render`).
    """
    served = Served(sites, keys or KeysOfApps(), None if hosts is None else frozenset(hosts), language)
    paths: dict[str, dict[str, Operation]] = {}
    operations = (*OPERATIONS, *more)
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation

    described = cache(lambda: msgspec.json.encode(document(operations)))

    async def openapi(request: Request) -> Response:
        return Response(described(), media_type=JSON)

    routes = [
        *(Route(BASE + path, Endpoint(by_method, served)) for path, by_method in paths.items()),
        Route(f"{BASE}/openapi.json", openapi),
        *page_routes(operations, served.language, next(iter(sites)) if frame == "lab" else NOBODYS),
    ]
    handlers: Mapping[Any, Any] = {404: served.not_found, 405: served.not_allowed, 500: served.defect}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.frame = frame
    return Gate(app, served)


class Served:
    """What all endpoints share."""

    def __init__(self, sites: Mapping[str, Site], keys: Keys, hosts: frozenset[str] | None, language: str) -> None:
        self.sites = sites
        self.keys = keys
        self.hosts = hosts
        self.site = next(iter(sites.values()))
        self.rates: Rates | None = None
        self._language = language

    def language(self, request: Request) -> str:
        return language_of(request, self._language)

    def counted(self) -> Rates:
        self.rates = self.rates or Rates(self.site.clock, self.site.home.tallies)
        return self.rates

    async def not_found(self, request: Request, error: Exception) -> Response:
        return answer(Problem("not_found"), self.language(request))

    async def not_allowed(self, request: Request, error: Exception) -> Response:
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return answer(Problem("method_not_allowed", headers=headers), self.language(request))

    async def defect(self, request: Request, error: Exception) -> Response:
        """The error itself goes on to the server's log."""
        return answer(Problem("defect"), self.language(request))


class Gate:
    """Headers for all answers; names that are not ours get none (DNS rebinding)."""

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self._app = app
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and not is_for(scope, self._served.hosts):
            app = answer(Problem("not_for_this_host"), self._served.language(Request(scope)))
        await app(scope, receive, with_headers(send))


class Endpoint:
    """All methods of one path."""

    def __init__(self, operations: Mapping[str, Operation], served: Served) -> None:
        self._operations = operations
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        served, caller = self._served, STRANGER
        language = served.language(request)
        try:
            operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
            if operation is None:
                raise Problem("method_not_allowed", headers={"allow": ", ".join(sorted(self._operations))})
            caller = await who(request, served.site, served.keys, operation, served.counted())
            return answered(operation, await operation.do(
                Call(request, operation, served.site, served.sites, caller, language, served.counted(), served.keys)
            ))  # fmt: skip
        except Problem as problem:
            return answer(problem, language)
        except StoreError:
            return answer(await self._unkept(request, caller), language)

    async def _unkept(self, request: Request, caller: Caller) -> Problem:
        """Why nothing could be written: the app was removed meanwhile, or the store is away."""
        served = self._served
        with contextlib.suppress(StoreError):
            if caller != STRANGER and await served.keys.caller(served.site, key_of(request)) is None:
                return unauthorized("key_taken_back")
        return Problem("not_ready", retry_after=5)


def answered(operation: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if operation.status == 204:
        return Response(status_code=204)
    return Response(msgspec.json.encode(result), operation.status, media_type=JSON)
